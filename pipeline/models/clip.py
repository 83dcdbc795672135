"""CLIP's two towers with their projections, from a folder that a setting names.

Checkpoints of Stable Diffusion carry no image tower and no projections, so aesthetic embeddings
need the CLIP itself, in transformers' layout. The towers are loaded apart: making an embedding
needs the one, using it the other. Both stay in float32 whatever the model has.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import torch
from PIL import Image
from safetensors import SafetensorError
from torch import Tensor
from transformers import (
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionModelWithProjection,
    PreTrainedModel,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.utils.logging import disable_progress_bar

from pipeline.errors import ModelUnavailable
from pipeline.models.text_tower import TextTower

Tower = TypeVar("Tower", bound=PreTrainedModel)
IMAGE_BATCH = 16  # pictures that are read at once
MAX_ELONGATION = 16  # of a picture; what goes beyond is cut off before CLIP makes a square of it


class TextPart(CLIPTextModelWithProjection):  # type: ignore[misc]
    """The text tower of a whole CLIP's file, without a word about the other half."""

    _keys_to_ignore_on_load_unexpected = ("vision_model", "visual_projection", "logit_scale")


class ImagePart(CLIPVisionModelWithProjection):  # type: ignore[misc]
    """The image tower of a whole CLIP's file, without a word about the other half."""

    _keys_to_ignore_on_load_unexpected = ("text_model", "text_projection", "logit_scale")


class SpareTower:
    """A text tower that is tuned towards something, one borrower at a time, and then as it was."""

    def __init__(
        self, folder: Path, tower: TextTower, tokenizer: CLIPTokenizer, device: torch.device
    ) -> None:
        """It is read as `tower`, the model's own, is. Raises `ModelUnavailable`."""
        self._clip = load_tower(TextPart, folder, device)
        self._tower = replace(tower, encoder=self._clip, layer="clip_skip")
        # Some models come without the layers of their tower that they never read.
        self._skipped = 1 + self.num_layers - tower.encoder.config.num_hidden_layers
        self._skips_as_asked = tower.layer == "clip_skip"
        self._tokenizer = tokenizer
        self._clip.text_model.requires_grad_(True)  # the projection stays as it is
        # Beside it, in ordinary memory: nobody's tuning may leave a trace in anybody else's.
        self._as_it_was = {
            name: tensor.to("cpu", copy=True)
            for name, tensor in self._clip.text_model.state_dict().items()
        }
        self.in_use = False

    @property
    def width(self) -> int:
        """Of the hidden states, which must be the model's own."""
        return self._tower.width

    @property
    def num_layers(self) -> int:
        return int(self._clip.config.num_hidden_layers)

    @property
    def projected_width(self) -> int:
        """Of what a text and a picture have in common."""
        return int(self._clip.config.projection_dim)

    def parameters(self) -> list[torch.nn.Parameter]:
        """What tuning changes."""
        return list(self._clip.text_model.parameters())

    @contextmanager
    def borrowed(self) -> Iterator[None]:
        """Keep it for oneself; afterwards it is as it was, to the last bit."""
        self.in_use = True
        try:
            yield
        finally:
            self._clip.text_model.load_state_dict(self._as_it_was)
            self._clip.zero_grad(set_to_none=True)
            self.in_use = False

    def features(self, token_ids: Tensor) -> Tensor:
        """Token ids (1, tokens) to the projected vector (1, projected width), not normalised."""
        features: Tensor = self._clip(token_ids.to(self._clip.device)).text_embeds
        return features

    def features_of(self, text: str) -> Tensor:
        """The same for a text, of which what goes beyond 75 tokens is left out."""
        tokens = self._tokenizer(text, truncation=True, max_length=77, return_tensors="pt")
        return self.features(tokens.input_ids)

    def hidden(self, token_ids: Tensor, clip_skip: int) -> Tensor:
        """Token ids (1, tokens) to hidden states (1, tokens, width), as the model itself reads."""
        skip = clip_skip if self._skips_as_asked else self._skipped
        hidden, _ = self._tower.read(token_ids.to(self._clip.device), skip)
        return hidden


def picture_features(
    folder: Path, pictures: Iterable[Image.Image], device: torch.device
) -> Iterator[Tensor]:
    """Pictures to their projected vectors (pictures, projected width), not normalised, on the CPU.

    Some of them at once. Raises `ModelUnavailable` where the folder holds no CLIP.
    """
    tower = load_tower(ImagePart, folder, device)
    try:
        processor = CLIPImageProcessorPil.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise unavailable(folder) from error
    prepared = map(shortened, pictures)
    while batch := list(islice(prepared, IMAGE_BATCH)):
        pixels = processor(images=batch, return_tensors="pt")["pixel_values"]
        with torch.no_grad():
            features: Tensor = tower(pixels.to(device)).image_embeds
        yield features.cpu()


def shortened(picture: Image.Image) -> Image.Image:
    """A strip's middle: resized by its shorter side, one of 1 x 5000 would take gigabytes."""
    longest = min(picture.size) * MAX_ELONGATION
    width, height = min(picture.width, longest), min(picture.height, longest)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.convert("RGB").crop((left, top, left + width, top + height))


def load_tower(kind: type[Tower], folder: Path, device: torch.device) -> Tower:
    """One tower of a CLIP, ready for inference. Raises `ModelUnavailable`."""
    disable_progress_bar()  # transformers would draw one over whatever is shown here
    try:
        tower = kind.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise unavailable(folder) from error
    module: Any = tower.to(device)
    return module.eval().requires_grad_(False)


def unavailable(folder: Path) -> ModelUnavailable:
    return ModelUnavailable(
        f"The CLIP in `{folder}` cannot be loaded: a file is missing, damaged or of another kind. "
        "Name another folder as `aesthetic_clip` in config.toml."
    )
