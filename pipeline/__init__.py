"""Athanor's pipeline: prompts into pictures, on the devices of one or more machines.

This is all that may be used from outside. Importing it does not import torch: torch lives in
the worker processes. It does not know Discord, SQL, or that anyone is watching.
"""

from pipeline.adapters.names import AdapterNames
from pipeline.artifact import KINDS_BY_FOLDER, ArtifactCard, ArtifactKind, UsedArtifact
from pipeline.artifact_files import (
    checkpoint_files,
    export_artifact,
    read_artifact,
    read_artifact_file,
)
from pipeline.artifact_layouts import Layout, export_layouts
from pipeline.config import PipelineConfig, read_pipeline_config, read_toml
from pipeline.control import Control
from pipeline.controls import CONTROLS, control_rows, controls_table
from pipeline.dispatcher import Dispatcher, open_dispatcher
from pipeline.errors import (
    AdapterUnreadable,
    Cancelled,
    ConfigError,
    GenerationFailed,
    InvalidRequest,
    PipelineError,
    UnknownModel,
)
from pipeline.images.advanced import fields_of, parse_advanced
from pipeline.images.files import read_settings, shrink_to_webp
from pipeline.images.infotext_reading import parse_infotext
from pipeline.images.infotext_requests import ImportedRequest, request_from_infotext
from pipeline.images.learnable import LearnablePicture, learnable_picture, look_alikes
from pipeline.images.masks import (
    mask_of_region,
    mask_of_transparency,
    masked_share,
    preview_mask,
)
from pipeline.images.outpainting import DIRECTIONS, Direction, outpainting
from pipeline.images.plain import PlainPicture, plain_picture
from pipeline.images.regions import Region, parse_region
from pipeline.images.upscale import upscale_lanczos
from pipeline.model_card import ModelCard, model_card, model_hash
from pipeline.model_config import ModelConfig
from pipeline.model_fit import ModelFit, model_fit
from pipeline.presets import PRESETS, Preset
from pipeline.prompts.called import CalledName, called_names, plain_text
from pipeline.prompts.checking import check_prompts
from pipeline.prompts.unspaced import called_within, has_unspaced
from pipeline.requests import MAX_SEED, MAX_SIZE, MIN_SIZE, GenerationRequest
from pipeline.results import (
    Artifact,
    ClassPictures,
    FurnaceReport,
    GeneratedImage,
    GenerationProgress,
    LossPlot,
    Order,
    SamplePictures,
    TrainingNews,
    TrainingNote,
    TrainingProgress,
    Verdict,
    Waiting,
)
from pipeline.samplers import SAMPLERS, SamplerInfo, find_sampler
from pipeline.text_masks import mask_of_text
from pipeline.training_methods import METHODS
from pipeline.training_presets import TRAINING_PRESETS, TrainingWish, training_fields
from pipeline.training_request import TrainingPicture, TrainingRequest
from pipeline.training_sizes import learned_bytes
from pipeline.upscalers import LANCZOS
from pipeline.vocabulary import known_words

__all__ = [
    "CONTROLS",
    "DIRECTIONS",
    "KINDS_BY_FOLDER",
    "LANCZOS",
    "MAX_SEED",
    "MAX_SIZE",
    "METHODS",
    "MIN_SIZE",
    "PRESETS",
    "SAMPLERS",
    "TRAINING_PRESETS",
    "AdapterNames",
    "AdapterUnreadable",
    "Artifact",
    "ArtifactCard",
    "ArtifactKind",
    "CalledName",
    "Cancelled",
    "ClassPictures",
    "ConfigError",
    "Control",
    "Direction",
    "Dispatcher",
    "FurnaceReport",
    "GeneratedImage",
    "GenerationFailed",
    "GenerationProgress",
    "GenerationRequest",
    "ImportedRequest",
    "InvalidRequest",
    "Layout",
    "LearnablePicture",
    "LossPlot",
    "ModelCard",
    "ModelConfig",
    "ModelFit",
    "Order",
    "PipelineConfig",
    "PipelineError",
    "PlainPicture",
    "Preset",
    "Region",
    "SamplePictures",
    "SamplerInfo",
    "TrainingNews",
    "TrainingNote",
    "TrainingPicture",
    "TrainingProgress",
    "TrainingRequest",
    "TrainingWish",
    "UnknownModel",
    "UsedArtifact",
    "Verdict",
    "Waiting",
    "called_names",
    "called_within",
    "check_prompts",
    "checkpoint_files",
    "control_rows",
    "controls_table",
    "export_artifact",
    "export_layouts",
    "fields_of",
    "find_sampler",
    "has_unspaced",
    "known_words",
    "learnable_picture",
    "learned_bytes",
    "look_alikes",
    "mask_of_region",
    "mask_of_text",
    "mask_of_transparency",
    "masked_share",
    "model_card",
    "model_fit",
    "model_hash",
    "open_dispatcher",
    "outpainting",
    "parse_advanced",
    "parse_infotext",
    "parse_region",
    "plain_picture",
    "plain_text",
    "preview_mask",
    "read_artifact",
    "read_artifact_file",
    "read_pipeline_config",
    "read_settings",
    "read_toml",
    "request_from_infotext",
    "shrink_to_webp",
    "training_fields",
    "upscale_lanczos",
]
