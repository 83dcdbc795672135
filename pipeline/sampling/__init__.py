"""Sampling: from noise to latents, knowing nothing of models, prompts or requests."""

from pipeline.sampling.denoiser import Prediction, denoised_from, guide, input_scale
from pipeline.sampling.evaluation import Evaluation, Sampler
from pipeline.sampling.noise import ImageNoise, NoiseSource
from pipeline.sampling.samplers import SAMPLERS, start_sampler
from pipeline.sampling.sigmas import SCHEDULES, NoiseLevels

__all__ = [
    "SAMPLERS",
    "SCHEDULES",
    "Evaluation",
    "ImageNoise",
    "NoiseLevels",
    "NoiseSource",
    "Prediction",
    "Sampler",
    "denoised_from",
    "guide",
    "input_scale",
    "start_sampler",
]
