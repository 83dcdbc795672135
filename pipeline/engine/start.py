"""From what was asked to a sampler that is about to begin: noise, schedule, settings."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from torch import Tensor

from pipeline.models.model import Model
from pipeline.requests import GenerationRequest, Pass
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


def start_image(
    request: GenerationRequest,
    index: int,
    model: Model,
    levels: NoiseLevels,
    init_latents: Tensor | None = None,  # (1, C, h, w), clean
    stage: Pass | None = None,  # None: the first
) -> Start:
    """The sampler of one image of a request, from nothing but noise or from a picture under it."""
    info, _ = find_sampler(request.sampler)
    stage = stage or request.passes[0]
    if info.id in LEVEL_SAMPLERS:
        return start_on_levels(request, index, model, levels, init_latents, stage)
    plan = stage.plan
    whole = sigmas_of(request, info, levels, stage)
    # Some schedules repeat a sigma when they are long, and between equal ones nothing happens.
    sigmas = list(dict.fromkeys(plan.rest(whole))) if plan else whole
    lowest = min(sigma for sigma in whole if sigma > 0)
    noise = noise_of(request, index, model, stage, (lowest, max(whole)))
    first = first_noise(request, noise, model, init_latents)
    latents = under_noise(init_latents, first, sigmas[0], Scaling.VE)
    sampler = start_sampler(info.id, latents, sigmas, noise, settings_of(request, info))
    way = (sigmas[0], lowest) if info.adaptive else None
    return Start(sampler, num_calls(info, sigmas), way)


def start_on_levels(
    request: GenerationRequest,
    index: int,
    model: Model,
    levels: NoiseLevels,
    init_latents: Tensor | None,
    stage: Pass,
) -> Start:
    """The same for a sampler that only levels of its own choice suit."""
    info, _ = find_sampler(request.sampler)
    chosen = LEVEL_SAMPLERS[info.id]
    plan = stage.plan
    num_steps = min(num_steps_of(request, info, stage), levels.num_timesteps)
    if plan and chosen.rest:
        noised_at, visited = chosen.rest(levels, num_steps, plan.num_timesteps)
    else:
        whole = chosen.levels(levels, num_steps)
        visited = plan.rest(whole) if plan else whole
        noised_at = visited[0]
    noise = noise_of(request, index, model, stage)
    first = first_noise(request, noise, model, init_latents)
    latents = under_noise(init_latents, first, noised_at.sigma, chosen.scaling)
    settings = settings_of(request, info)
    sampler = start_level_sampler(info.id, latents, visited, noise, settings)
    return Start(sampler, info.num_evaluations(num_steps, plan))


def first_noise(
    request: GenerationRequest, noise: ImageNoise, model: Model, clean: Tensor | None
) -> Tensor:
    """The noise that an image begins from; on an input picture, as much of it as was asked for."""
    first = noise.next().to(model.device)
    # A second pass begins from a picture too, but its noise is left alone, as in the reference.
    is_input = clean is not None and request.init_image is not None
    return first * request.noise_multiplier if is_input else first


def under_noise(clean: Tensor | None, noise: Tensor, sigma: float, scaling: Scaling) -> Tensor:
    """Clean latents under as much noise as a sigma says; without any, the noise of that level."""
    if scaling is Scaling.VE:
        return noise * sigma if clean is None else clean + noise * sigma
    if clean is None:
        return noise  # as in the reference: its level is not quite the highest there is
    return (clean + noise * sigma) / math.sqrt(1 + sigma**2)


def noise_of(
    request: GenerationRequest,
    index: int,
    model: Model,
    stage: Pass,
    brownian_range: tuple[float, float] | None = None,
) -> ImageNoise:
    """The noises of one image in one of its passes, as its request asks for them."""
    resized_from = None
    if request.resized_from:
        width, height = request.resized_from
        resized_from = model.latent_shape(width, height)[1:]
    return ImageNoise(
        seed=request.seeds[index],
        shape=model.latent_shape(stage.width, stage.height),
        source=request.noise_source,
        variation_seed=request.variation_seed + index,
        variation_strength=request.variation_strength,
        resized_from=resized_from,
        eta_noise_seed_delta=request.eta_noise_seed_delta,
        brownian_range=brownian_range,
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


def num_steps_of(request: GenerationRequest, info: SamplerInfo, stage: Pass) -> int:
    """Steps that the schedule is made for: one more where its penultimate sigma is left out.

    As in webui, samplers with levels of their own take one more then and leave none out.
    """
    num_steps = stage.plan.schedule_steps if stage.plan else stage.num_steps
    return num_steps + discards_penultimate(request, info)


def discards_penultimate(request: GenerationRequest, info: SamplerInfo) -> bool:
    """Whether the last sigma but the 0 is left out."""
    return info.discards_penultimate_sigma or request.discard_penultimate_sigma


def sigmas_of(
    request: GenerationRequest, info: SamplerInfo, levels: NoiseLevels, stage: Pass
) -> list[float]:
    """The sigmas that an image visits, all of them even if an input picture skips the first.

    As in webui, samplers with a schedule of their own follow an ordinary one on a picture.
    """
    if info.id in OWN_SCHEDULES and not stage.plan:
        return OWN_SCHEDULES[info.id](levels, stage.num_steps)
    schedule = SCHEDULES[info.noise_schedule(request.noise_schedule)]
    sigmas = schedule(levels, num_steps_of(request, info, stage))
    return without_penultimate(sigmas) if discards_penultimate(request, info) else sigmas


def num_calls(info: SamplerInfo, sigmas: Sequence[float]) -> int:
    """How many denoiser calls a sampler takes down these sigmas."""
    if not info.second_order:
        return info.num_evaluations(len(sigmas) - 1)
    steps = steps_with_restarts(sigmas) if info.id == "restart" else pairwise(sigmas)
    # A step that ends without noise takes one call.
    return sum(2 if sigma_next > 0 else 1 for _, sigma_next in steps)
