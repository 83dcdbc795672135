"""From what was asked to a sampler that is about to begin: noise, schedule, settings."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from pipeline.models.model import Model
from pipeline.requests import GenerationRequest
from pipeline.samplers import SamplerInfo, find_sampler
from pipeline.sampling.evaluation import Sampler, Scaling
from pipeline.sampling.noise import ImageNoise
from pipeline.sampling.restart import steps_with_restarts
from pipeline.sampling.samplers import (
    LEVEL_SAMPLERS,
    OWN_SCHEDULES,
    start_level_sampler,
    start_sampler,
)
from pipeline.sampling.schedules import SCHEDULES, without_penultimate
from pipeline.sampling.settings import SamplerSettings
from pipeline.sampling.sigmas import NoiseLevels


class Start(NamedTuple):
    """One image at its first noise."""

    sampler: Sampler
    num_calls: int  # denoiser calls it will take; of an adaptive sampler a guess
    adaptive_range: tuple[float, float] | None = None  # sigmas between which that one goes down


def start_image(request: GenerationRequest, index: int, model: Model, levels: NoiseLevels) -> Start:
    """The sampler of one image of a request, from nothing but noise."""
    info, _ = find_sampler(request.sampler)
    noise = noise_of(request, index, model)
    latents = noise.next().to(model.device)
    settings = settings_of(request, info)
    if info.id in LEVEL_SAMPLERS:
        visited = LEVEL_SAMPLERS[info.id].levels(levels, num_steps_of(request, info))
        if LEVEL_SAMPLERS[info.id].scaling is Scaling.VE:
            latents = latents * visited[0].sigma
        sampler = start_level_sampler(info.id, latents, visited, noise, settings)
        return Start(sampler, info.num_evaluations(num_steps_of(request, info)))
    sigmas = sigmas_of(request, info, levels)
    latents = latents * sigmas[0]
    sampler = start_sampler(info.id, latents, sigmas, noise, settings)
    way = (sigmas[0], sigmas[-1]) if info.adaptive else None
    return Start(sampler, num_calls(info, sigmas), way)


def noise_of(request: GenerationRequest, index: int, model: Model) -> ImageNoise:
    """The noises of one image, as its request asks for them."""
    resized_from = None
    if request.resized_from:
        width, height = request.resized_from
        resized_from = model.latent_shape(width, height)[1:]
    return ImageNoise(
        seed=request.seeds[index],
        shape=model.latent_shape(request.width, request.height),
        source=request.noise_source,
        variation_seed=request.variation_seed + index,
        variation_strength=request.variation_strength,
        resized_from=resized_from,
        eta_noise_seed_delta=request.eta_noise_seed_delta,
    )


def settings_of(request: GenerationRequest, info: SamplerInfo) -> SamplerSettings:
    """How much noise the sampler adds, as its request asks for it."""
    eta = info.default_eta if request.eta is None else request.eta
    return SamplerSettings(
        eta=eta,
        s_churn=request.s_churn,
        s_tmin=request.s_tmin,
        s_tmax=request.s_tmax or math.inf,
        s_noise=request.s_noise,
    )


def num_steps_of(request: GenerationRequest, info: SamplerInfo) -> int:
    """Steps that the schedule is made for: one more where its penultimate sigma is left out.

    As in webui, samplers with levels of their own take one more then and leave none out.
    """
    return request.num_steps + (
        info.discards_penultimate_sigma or request.discard_penultimate_sigma
    )


def sigmas_of(request: GenerationRequest, info: SamplerInfo, levels: NoiseLevels) -> list[float]:
    """The sigmas that an image visits."""
    if info.id in OWN_SCHEDULES:
        return OWN_SCHEDULES[info.id](levels, request.num_steps)
    num_steps = num_steps_of(request, info)
    sigmas = SCHEDULES[info.noise_schedule(request.noise_schedule)](levels, num_steps)
    return without_penultimate(sigmas) if num_steps > request.num_steps else sigmas


def num_calls(info: SamplerInfo, sigmas: Sequence[float]) -> int:
    """How many denoiser calls a sampler takes down these sigmas."""
    if not info.second_order:
        return info.num_evaluations(len(sigmas) - 1)
    steps = steps_with_restarts(sigmas) if info.id == "restart" else pairwise(sigmas)
    # A step that ends without noise takes one call.
    return sum(2 if sigma_next > 0 else 1 for _, sigma_next in steps)
