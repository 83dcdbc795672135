"""The normals that a CUDA device draws, made on the CPU: the "NV" noise source.

Philox-4x32-10 (Salmon et al. 2011) followed by Box and Muller's transform, as in cuRAND.
"""

import math

import numpy as np
import numpy.typing as npt

NUM_ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_INCREMENTS = (0x9E3779B9, 0xBB67AE85)
MASK_32, MASK_64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF

# float32 constants in float64 arithmetic: cuRAND's own mixture.
UNIT = np.float64(np.float32(2.3283064e-10))  # 2 ** -32
ANGLE = np.float64(np.float32(2.3283064e-10 * 6.2831855))  # 2 ** -32 turns

Words = npt.NDArray[np.uint64]  # each holds 32 bits; the upper half is room for products


class PhiloxGenerator:
    """A stream of normals that depends on the seed and the number of draws before alone."""

    def __init__(self, seed: int) -> None:
        self._key = (seed & MASK_32, (seed & MASK_64) >> 32)
        self._num_draws = 0

    def randn(self, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
        """The next draw: one normal an element, each from a counter of its own."""
        index = np.arange(math.prod(shape), dtype=np.uint64)
        zeros = np.zeros_like(index)
        counter = (zeros + np.uint64(self._num_draws), zeros, index, zeros)
        self._num_draws += 1
        first, second = _philox(counter, self._key)
        return _box_muller(first, second).astype(np.float32).reshape(shape)


def _philox(
    counter: tuple[Words, Words, Words, Words], key: tuple[int, int]
) -> tuple[Words, Words]:
    """Scramble the counters with the key; the first two of the four words that come out."""
    mask, half = np.uint64(MASK_32), np.uint64(32)
    a, b, c, d = counter
    for number in range(NUM_ROUNDS):
        key_a, key_b = (
            np.uint64((word + number * increment) & MASK_32)
            for word, increment in zip(key, KEY_INCREMENTS, strict=True)
        )
        product_a, product_c = a * np.uint64(MULTIPLIERS[0]), c * np.uint64(MULTIPLIERS[1])
        a, b, c, d = (
            (product_c >> half) ^ b ^ key_a,
            product_c & mask,
            (product_a >> half) ^ d ^ key_b,
            product_a & mask,
        )
    return a, b


def _box_muller(first: Words, second: Words) -> npt.NDArray[np.float64]:
    radius = np.sqrt(-2.0 * np.log(first * UNIT + UNIT / 2))
    return radius * np.sin(second * ANGLE + ANGLE / 2)
