"""A picture worked on in tiles that overlap, where all of it at once would take too much memory.

Neighbours are faded into each other over what they share. What is done to a tile is not known here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Span:
    """A tile along one side of the whole, in pixels; its core is what no neighbour's core has."""

    start: int
    end: int
    core_start: int
    core_end: int

    def core(self, size: int) -> slice:
        """The core in something of that size made of the tile."""
        scale = size / (self.end - self.start)
        return slice(
            round((self.core_start - self.start) * scale),
            round((self.core_end - self.start) * scale),
        )


Work = Callable[[Tensor, Span, Span], Tensor]  # a tile and where it is, down and across


def in_tiles(
    work: Work, whole: Tensor, tile: int, overlap: int, scale: Fraction, grain: int = 1
) -> Tensor:
    """What `work` makes of `whole` (1, C, h, w), tile by tile; (1, C', h x scale, w x scale).

    `tile` and `overlap` are in pixels of `whole`; tiles begin at multiples of `grain`.
    """
    height, width = whole.shape[-2:]
    total: Tensor | None = None
    weights = torch.zeros(1, 1, int(height * scale), int(width * scale), device=whole.device)
    for down in spans(height, tile, overlap, grain):
        for across in spans(width, tile, overlap, grain):
            part = whole[..., down.start : down.end, across.start : across.end]
            done = work(part, down, across)
            if total is None:
                total = done.new_zeros(1, done.shape[1], *weights.shape[-2:])
                weights = weights.to(total)
            weight = ramp(down, height, overlap, scale).view(-1, 1) * ramp(
                across, width, overlap, scale
            )
            weight = weight.to(total)
            place = (..., scaled(down, scale), scaled(across, scale))
            total[place] += done * weight
            weights[place] += weight
    assert total is not None
    return total / weights


def spans(length: int, tile: int, overlap: int, grain: int) -> Iterator[Span]:
    """Tiles of one size along a side, spread evenly, its ends covered."""
    if length <= tile:
        starts = [0]
    else:
        count = -(-(length - overlap) // (tile - overlap))
        starts = [
            (length - tile) * number // (count - 1) // grain * grain for number in range(count)
        ]
        starts[-1] = length - tile
    tile = min(tile, length)
    middles = [(left + tile + right) // 2 for left, right in pairwise(starts)]
    for start, core_start, core_end in zip(starts, [0, *middles], [*middles, length], strict=True):
        yield Span(start, start + tile, core_start, core_end)


def scaled(span: Span, scale: Fraction) -> slice:
    """Where a tile comes to be in what is made."""
    return slice(int(span.start * scale), int(span.end * scale))


def ramp(span: Span, length: int, overlap: int, scale: Fraction) -> Tensor:
    """How much each row of a tile counts: less and less towards an edge that is not the whole's."""
    place, fade = scaled(span, scale), max(int(overlap * scale), 1)
    weight = torch.ones(place.stop - place.start)
    slope = (torch.arange(fade) + 0.5) / fade
    if span.start > 0:
        weight[:fade] = slope
    if span.end < length:
        weight[-fade:] = torch.minimum(weight[-fade:], slope.flip(0))
    return weight
