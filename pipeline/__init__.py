"""Athanor's pipeline: prompts into pictures, on the devices of one or more machines.

This is all that may be used from outside. Importing it does not import torch: torch lives in
the worker processes. It does not know Discord, SQL, or that anyone is watching.
"""

from pipeline.config import ModelConfig, PipelineConfig, read_pipeline_config, read_toml
from pipeline.dispatcher import Dispatcher, open_dispatcher
from pipeline.errors import (
    Cancelled,
    ConfigError,
    GenerationFailed,
    InvalidRequest,
    PipelineError,
    UnknownModel,
)
from pipeline.images.upscale import upscale_lanczos
from pipeline.requests import MAX_SEED, GenerationRequest
from pipeline.results import GeneratedImage, GenerationProgress, Waiting
from pipeline.samplers import SAMPLERS, SamplerInfo, find_sampler

__all__ = [
    "MAX_SEED",
    "SAMPLERS",
    "Cancelled",
    "ConfigError",
    "Dispatcher",
    "GeneratedImage",
    "GenerationFailed",
    "GenerationProgress",
    "GenerationRequest",
    "InvalidRequest",
    "ModelConfig",
    "PipelineConfig",
    "PipelineError",
    "SamplerInfo",
    "UnknownModel",
    "Waiting",
    "find_sampler",
    "open_dispatcher",
    "read_pipeline_config",
    "read_toml",
    "upscale_lanczos",
]
