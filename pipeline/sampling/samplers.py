"""Every sampler by the id that `pipeline.samplers` lists it under."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from torch import Tensor

from pipeline.sampling.ancestral import dpm_2_ancestral, dpmpp_2s_ancestral, euler_ancestral
from pipeline.sampling.consistency import lcm
from pipeline.sampling.dpm_solver import dpm_adaptive, dpm_fast
from pipeline.sampling.evaluation import Sampler, Scaling
from pipeline.sampling.multistep import lms
from pipeline.sampling.noise import ImageNoise
from pipeline.sampling.ode import dpm_2, dpmpp_2m, euler, heun
from pipeline.sampling.restart import restart
from pipeline.sampling.schedules import NoiseSchedule, end_to_end
from pipeline.sampling.sde import dpmpp_2m_sde, dpmpp_2m_sde_heun, dpmpp_3m_sde, dpmpp_sde
from pipeline.sampling.settings import SamplerSettings
from pipeline.sampling.sigmas import Level, NoiseLevels
from pipeline.sampling.timestep import ddim, ddim_cfgpp, plms
from pipeline.sampling.timesteps import (
    Rest,
    ddim_levels,
    ddim_rest,
    lcm_levels,
    unipc_levels,
    unipc_rest,
)
from pipeline.sampling.unipc import unipc

SigmaSampler: TypeAlias = Callable[[Tensor, Sequence[float], ImageNoise, SamplerSettings], Sampler]
StartOnLevels: TypeAlias = Callable[[Tensor, Sequence[Level], ImageNoise, SamplerSettings], Sampler]


class LevelSampler(NamedTuple):
    """A sampler that only levels of its own choice suit, and that choice."""

    start: StartOnLevels
    levels: Callable[[NoiseLevels, int], list[Level]]
    rest: Callable[[NoiseLevels, int, int], Rest] | None = None  # None: the last of the levels
    scaling: Scaling = Scaling.VP


SIGMA_SAMPLERS: Mapping[str, SigmaSampler] = {
    "euler_a": euler_ancestral,
    "euler": euler,
    "lms": lms,
    "heun": heun,
    "dpm_2": dpm_2,
    "dpm_2_a": dpm_2_ancestral,
    "dpmpp_2s_a": dpmpp_2s_ancestral,
    "dpmpp_2m": dpmpp_2m,
    "dpmpp_sde": dpmpp_sde,
    "dpmpp_2m_sde": dpmpp_2m_sde,
    "dpmpp_2m_sde_heun": dpmpp_2m_sde_heun,
    "dpmpp_3m_sde": dpmpp_3m_sde,
    "dpm_fast": dpm_fast,
    "dpm_adaptive": dpm_adaptive,
    "restart": restart,
}
"""Samplers that any noise schedule may lead; all but the ends of it are nothing to the DPM two."""

OWN_SCHEDULES: Mapping[str, NoiseSchedule] = {"dpm_fast": end_to_end, "dpm_adaptive": end_to_end}

LEVEL_SAMPLERS: Mapping[str, LevelSampler] = {
    "ddim": LevelSampler(ddim, ddim_levels, ddim_rest),
    "ddim_cfgpp": LevelSampler(ddim_cfgpp, ddim_levels, ddim_rest),
    "plms": LevelSampler(plms, ddim_levels, ddim_rest),
    "unipc": LevelSampler(unipc, unipc_levels, unipc_rest),
    "lcm": LevelSampler(lcm, lcm_levels, scaling=Scaling.VE),
}

PLAIN = SamplerSettings()


def start_sampler(
    sampler: str,
    latents: Tensor,
    sigmas: Sequence[float],
    noise: ImageNoise,
    settings: SamplerSettings = PLAIN,
) -> Sampler:
    """A sampler about to carry one image's `latents`, [1, C, H, W], down all of `sigmas`.

    The latents already stand at the first sigma: from nothing, that is the first noise times it.
    """
    return SIGMA_SAMPLERS[sampler](latents, sigmas, noise, settings)


def start_level_sampler(
    sampler: str,
    latents: Tensor,
    levels: Sequence[Level],
    noise: ImageNoise,
    settings: SamplerSettings = PLAIN,
) -> Sampler:
    """The same down levels of the sampler's own; with scaling VP it starts from the bare noise."""
    return LEVEL_SAMPLERS[sampler].start(latents, levels, noise, settings)
