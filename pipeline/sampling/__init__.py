"""Sampling: from noise to latents, knowing nothing of models, prompts or requests."""

from pipeline.sampling.denoiser import Prediction, Reading, guide, reading
from pipeline.sampling.evaluation import Evaluation, Sampler, Scaling
from pipeline.sampling.noise import ImageNoise, NoiseSource
from pipeline.sampling.samplers import (
    LEVEL_SAMPLERS,
    SIGMA_SAMPLERS,
    start_level_sampler,
    start_sampler,
)
from pipeline.sampling.schedules import SCHEDULES
from pipeline.sampling.settings import SamplerSettings
from pipeline.sampling.sigmas import Level, NoiseLevels

__all__ = [
    "LEVEL_SAMPLERS",
    "SCHEDULES",
    "SIGMA_SAMPLERS",
    "Evaluation",
    "ImageNoise",
    "Level",
    "NoiseLevels",
    "NoiseSource",
    "Prediction",
    "Reading",
    "Sampler",
    "SamplerSettings",
    "Scaling",
    "guide",
    "reading",
    "start_level_sampler",
    "start_sampler",
]
