"""A Brownian path that is the same in whichever order, and however finely, one looks at it.

The tree is torchsde's `BrownianTree`, node for node: every span's increment is split between its
halves by a normal that follows from the seed and the place in the tree alone. It is written anew
because there the normals have one source for the whole process, and here each image has its own.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import torch
from torch import Tensor

NUM_DIGITS = 6  # times are rounded to this many, which bounds the depth of the tree
POOL_SIZE = 24  # of numpy's SeedSequence
NUM_REMEMBERED = 48  # splits: both ends of a step at the usual depth of 24


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """A stretch of time and how far the path moves in it."""

    start: float
    end: float
    increment: Tensor
    depth: int = 0
    position: int = 0  # among the spans of its depth


class BrownianTree:
    """A Brownian path between two times; `draw` makes normals from a node's seed."""

    def __init__(self, seed: int, start: float, end: float, draw: Callable[[int], Tensor]) -> None:
        increment = draw(_node_seed(seed)) * math.sqrt(end - start)
        self._root = Span(_rounded(start), _rounded(end), increment)
        self._halves = lru_cache(NUM_REMEMBERED)(partial(_halve, seed, draw))

    def increment(self, start: float, end: float) -> Tensor:
        """How far the path moves from one time to a later one."""
        root = self._root
        start, end = max(_rounded(start), root.start), min(_rounded(end), root.end)
        pieces = self._pieces(root, start, end) if start < end else ()  # else too short to be seen
        return sum(pieces, torch.zeros_like(root.increment))

    def _pieces(self, span: Span, start: float, end: float) -> Iterator[Tensor]:
        if (start, end) == (span.start, span.end):
            yield span.increment
            return
        left, right = self._halves(span)
        # The late end first: samplers come from there, so its splits are still remembered.
        if end > right.start:
            yield from self._pieces(right, max(start, right.start), end)
        if start < left.end:
            yield from self._pieces(left, start, min(end, left.end))


def _halve(seed: int, draw: Callable[[int], Tensor], span: Span) -> tuple[Span, Span]:
    """Split a span's increment: half of it, give or take a normal, belongs to the left."""
    middle = _rounded((span.end + span.start) / 2)
    share = (middle - span.start) / (span.end - span.start)
    deviation = math.sqrt(share * (span.end - middle))
    noise = draw(_node_seed(seed, span.position, span.depth))
    left = share * span.increment + deviation * noise
    depth, position = span.depth + 1, 2 * span.position
    return (
        Span(span.start, middle, left, depth, position),
        Span(middle, span.end, span.increment - left, depth, position + 1),
    )


def _node_seed(seed: int, *place: int) -> int:
    sequence = np.random.SeedSequence(seed, spawn_key=place, pool_size=POOL_SIZE)
    return int(sequence.generate_state(1)[0])


def _rounded(time: float) -> float:
    return round(time, NUM_DIGITS)
