"""Every sampler by the id that `pipeline.samplers` lists it under."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from torch import Tensor

from pipeline.sampling.ancestral import euler_ancestral
from pipeline.sampling.evaluation import Sampler
from pipeline.sampling.noise import ImageNoise
from pipeline.sampling.ode import dpmpp_2m, euler, heun
from pipeline.sampling.sde import dpmpp_sde

SamplerFunction: TypeAlias = Callable[[Tensor, Sequence[float], ImageNoise, float], Sampler]

SAMPLERS: Mapping[str, SamplerFunction] = {
    "euler": euler,
    "euler_a": euler_ancestral,
    "heun": heun,
    "dpmpp_2m": dpmpp_2m,
    "dpmpp_sde": dpmpp_sde,
}


def start_sampler(
    sampler: str, latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, eta: float = 1.0
) -> Sampler:
    """A sampler about to carry one image's `latents`, [1, C, H, W], down all of `sigmas`.

    The latents already stand at the first sigma: from nothing, that is the first noise times it.
    """
    return SAMPLERS[sampler](latents, sigmas, noise, eta)
