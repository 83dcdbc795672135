"""A picture worked on in tiles that overlap, where all of it at once would take too much memory.

Neighbours are faded into each other over what they share. What is done to a tile is not known here.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction

import torch
from torch import Tensor


def in_tiles(
    work: Callable[[Tensor], Tensor],
    whole: Tensor,
    tile: int,
    overlap: int,
    scale: Fraction,
    grain: int = 1,
) -> Tensor:
    """What `work` makes of `whole` (1, C, h, w), tile by tile; (1, C', h x scale, w x scale).

    `tile` and `overlap` are in pixels of `whole`; tiles begin at multiples of `grain`.
    """
    height, width = whole.shape[-2:]
    total: Tensor | None = None
    weights = torch.zeros(1, 1, int(height * scale), int(width * scale), device=whole.device)
    for top, bottom in spans(height, tile, overlap, grain):
        for left, right in spans(width, tile, overlap, grain):
            done = work(whole[..., top:bottom, left:right])
            if total is None:
                total = done.new_zeros(1, done.shape[1], *weights.shape[-2:])
                weights = weights.to(total)
            down = ramp(top, bottom, height, overlap, scale).to(total).view(-1, 1)
            across = ramp(left, right, width, overlap, scale).to(total)
            place = (
                ...,
                slice(int(top * scale), int(bottom * scale)),
                slice(int(left * scale), int(right * scale)),
            )
            total[place] += done * down * across
            weights[place] += down * across
    assert total is not None
    return total / weights


def spans(length: int, tile: int, overlap: int, grain: int) -> Iterator[tuple[int, int]]:
    """Where tiles of one size begin and end along a side, spread evenly, the ends covered."""
    if length <= tile:
        yield 0, length
        return
    count = -(-(length - overlap) // (tile - overlap))
    for number in range(count):
        start = (length - tile) * number // (count - 1) // grain * grain
        yield (length - tile, length) if number == count - 1 else (start, start + tile)


def ramp(start: int, end: int, length: int, overlap: int, scale: Fraction) -> Tensor:
    """How much each row of a tile counts: less and less towards an edge that is not the whole's."""
    size, fade = int(end * scale) - int(start * scale), max(int(overlap * scale), 1)
    weight = torch.ones(size)
    slope = (torch.arange(fade) + 0.5) / fade
    if start > 0:
        weight[:fade] = slope
    if end < length:
        weight[-fade:] = torch.minimum(weight[-fade:], slope.flip(0))
    return weight
