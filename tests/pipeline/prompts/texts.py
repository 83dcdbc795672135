"""One text as a model's UNet reads it, for tests of what is done with it."""

from pathlib import Path
from typing import Any

from pipeline.adapters.shelf import Shelf
from pipeline.models.attention import TextContext
from pipeline.models.model import Model
from pipeline.prompts.conditioning import Conditioning
from pipeline.prompts.encoder import PromptEncoder
from pipeline.requests import GenerationRequest


def encoder_of(model: Model, folder: Path | None = None) -> PromptEncoder:
    """A new encoder, with the adapters in a folder or without any."""
    return PromptEncoder(model, Shelf(folder))


def request_for(prompt: str, **values: Any) -> GenerationRequest:
    """A request in which only what is read matters."""
    return GenerationRequest(**{"prompt": prompt, "seeds": (1,), "sampler": "euler"} | values)


def conditioning_of(model: Model, prompt: str, **values: Any) -> Conditioning:
    """What a new encoder makes of a prompt."""
    return encoder_of(model).encode(request_for(prompt, **values))


def context_of(model: Model, text: str, **values: Any) -> TextContext:
    """What holds first of a prompt without AND."""
    return conditioning_of(model, text, **values).positive[0].at(0)
