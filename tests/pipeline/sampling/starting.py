"""Any sampler of the catalogue, about to begin on its own or a given schedule."""

from pipeline.sampling import (
    LEVEL_SAMPLERS,
    SCHEDULES,
    SIGMA_SAMPLERS,
    ImageNoise,
    NoiseLevels,
    Sampler,
    SamplerSettings,
    Scaling,
    start_level_sampler,
    start_sampler,
)
from pipeline.sampling.noise import Shape
from pipeline.sampling.samplers import OWN_SCHEDULES, PLAIN

SHAPE: Shape = (4, 8, 8)
ALL = sorted({*SIGMA_SAMPLERS, *LEVEL_SAMPLERS})


def start(
    name: str,
    levels: NoiseLevels,
    num_steps: int = 6,
    *,
    schedule: str = "karras",
    noise: ImageNoise | None = None,
    settings: SamplerSettings = PLAIN,
) -> Sampler:
    """One image at its first noise; with `noise` its source is another than seed 1."""
    noise = noise or ImageNoise(1, SHAPE)
    latents = noise.next()
    if name in LEVEL_SAMPLERS:
        visited = LEVEL_SAMPLERS[name].levels(levels, num_steps)
        scale = visited[0].sigma if LEVEL_SAMPLERS[name].scaling is Scaling.VE else 1.0
        return start_level_sampler(name, latents * scale, visited, noise, settings)
    sigmas = (OWN_SCHEDULES.get(name) or SCHEDULES[schedule])(levels, num_steps)
    return start_sampler(name, latents * sigmas[0], sigmas, noise, settings)
