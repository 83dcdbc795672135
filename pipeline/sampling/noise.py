"""An image's noise: all of it follows from the image's own seeds, whoever shares its batch.

Noise is made on the CPU in float32 and only then moved, so that an image is the same everywhere.
"""

import math
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from pipeline.sampling.brownian import BrownianTree
from pipeline.sampling.philox import PhiloxGenerator

Shape: TypeAlias = tuple[int, int, int]  # channels, height, width of the latents
NoiseSource: TypeAlias = Literal["cpu", "nv"]

NEARLY_PARALLEL = 0.9995  # mean cosine above which slerp would divide by next to nothing


class Normals:
    """A seeded stream of normals, from torch's CPU generator or as a CUDA device makes them."""

    def __init__(self, seed: int, source: NoiseSource) -> None:
        self._generator = (
            PhiloxGenerator(seed) if source == "nv" else torch.Generator().manual_seed(seed)
        )

    def draw(self, shape: Shape) -> Tensor:
        if isinstance(self._generator, PhiloxGenerator):
            return torch.from_numpy(self._generator.randn(shape))
        return torch.randn(shape, generator=self._generator)


class BrownianPath:
    """Unit noise for any step between two sigmas, so that short steps add up to long ones."""

    def __init__(
        self, seed: int, shape: Shape, source: NoiseSource, sigma_min: float, sigma_max: float
    ) -> None:
        self._tree = BrownianTree(
            seed, sigma_min, sigma_max, draw=lambda node: Normals(node, source).draw(shape)
        )

    def noise(self, sigma: float, sigma_next: float) -> Tensor:
        """What the path does on the way down from one sigma to the next, [1, C, H, W]."""
        moved = -self._tree.increment(sigma_next, sigma)
        return (moved / math.sqrt(sigma - sigma_next)).unsqueeze(0)


class ImageNoise:
    """The noises of one image in the order they are asked for; the first is where it starts."""

    def __init__(
        self,
        seed: int,
        shape: Shape,
        *,
        source: NoiseSource = "cpu",
        variation_seed: int = 0,
        variation_strength: float = 0.0,  # 0: none of the variation seed, 1: nothing else
        resized_from: tuple[int, int] | None = None,  # height and width of smaller latents
        eta_noise_seed_delta: int = 0,
        brownian_range: tuple[float, float] | None = None,  # sigmas; None: those that are asked for
    ) -> None:
        self._seed = seed
        self._shape = shape
        self._source = source
        self._variation_seed = variation_seed
        self._variation_strength = variation_strength
        self._drawn_shape = (shape[0], *resized_from) if resized_from else shape
        self._delta = eta_noise_seed_delta
        self._brownian_range = brownian_range
        self._generator = Normals(seed, source)
        self._is_first = True

    def next(self) -> Tensor:
        """The next noise, [1, C, H, W]: first the one to start from, then those for the sampler."""
        noise = self._first() if self._is_first else self._generator.draw(self._shape)
        self._is_first = False
        return noise.unsqueeze(0)

    def brownian_path(self, sigma_min: float, sigma_max: float) -> BrownianPath:
        """The path that an SDE sampler takes its noise from; seed and range alone decide it.

        On an input picture a sampler goes only a part of the range, along the path of the whole.
        """
        ends = self._brownian_range or (sigma_min, sigma_max)
        return BrownianPath(self._seed, self._shape, self._source, *ends)

    def _first(self) -> Tensor:
        resized = self._drawn_shape != self._shape
        noise = (
            Normals(self._seed, self._source).draw(self._drawn_shape)
            if resized
            else self._generator.draw(self._shape)
        )
        if self._variation_strength != 0:
            other = Normals(self._variation_seed, self._source).draw(self._drawn_shape)
            noise = slerp(self._variation_strength, noise, other)
        if resized:
            noise = paste_centred(noise, self._generator.draw(self._shape))
        if self._delta:
            # The sampler's noises come from elsewhere then, and variations play no part in them.
            self._generator = Normals(self._seed + self._delta, self._source)
        return noise


def slerp(share: float, low: Tensor, high: Tensor) -> Tensor:
    """Spherical interpolation of noises [C, H, W], with the reference's two peculiarities.

    Every column has an angle of its own, and nearly parallel noises are mixed the other way round.
    """
    low_unit, high_unit = (noise / noise.norm(dim=1, keepdim=True) for noise in (low, high))
    cosine = (low_unit * high_unit).sum(dim=1)
    if cosine.mean() > NEARLY_PARALLEL:
        return low * share + high * (1 - share)
    angle = cosine.acos()
    low_share, high_share = ((part * angle).sin() / angle.sin() for part in (1.0 - share, share))
    return low_share.unsqueeze(1) * low + high_share.unsqueeze(1) * high


def paste_centred(noise: Tensor, canvas: Tensor) -> Tensor:
    """A copy of `canvas` with `noise` in its middle; what stands over is cut off all round."""
    canvas = canvas.clone()
    rows, columns = (
        _overlap(inner, outer)
        for inner, outer in zip(noise.shape[1:], canvas.shape[1:], strict=True)
    )
    canvas[:, rows[1], columns[1]] = noise[:, rows[0], columns[0]]
    return canvas


def _overlap(inner: int, outer: int) -> tuple[slice, slice]:
    """Where two centred lengths meet, counted along the one and along the other."""
    margin = (outer - inner) // 2
    if margin >= 0:
        return slice(0, inner), slice(margin, margin + inner)
    return slice(-margin, inner + margin), slice(0, inner + 2 * margin)
