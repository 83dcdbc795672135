"""Super-resolution models (ESRGAN and its kin) that people bring: read by spandrel, run in tiles.

spandrel is an extra; only here is it imported, and only where such a model is asked for.
"""

import logging
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from pipeline.errors import UnknownUpscaler, UpscalerUnavailable
from pipeline.models.tiling import in_tiles

logger = logging.getLogger(__name__)

TILE, OVERLAP = 256, 32  # pixels of the smaller picture
MAX_ROUNDS = 3  # how often a model goes over its own result to reach a size


class SuperResolution:
    """The models of one folder on one device; the one used last is kept."""

    def __init__(self, files: Mapping[str, Path], device: torch.device) -> None:
        self.files = files
        self.device = device
        self._loaded: tuple[str, Any] | None = None

    def enlarge(self, name: str, picture: Image.Image, size: tuple[int, int]) -> Image.Image:
        """A picture at least as large as `size`, unless the model makes nothing larger.

        Raises `UnknownUpscaler` and `UpscalerUnavailable`.
        """
        model = self._model(name)
        for _ in range(MAX_ROUNDS):
            if picture.width >= size[0] and picture.height >= size[1]:
                break
            picture = self._round(model, picture)
            if model.scale == 1:
                break
        return picture

    def forget(self) -> bool:
        """Let go of the model used last; whether there was any."""
        had_any = self._loaded is not None
        self._loaded = None
        return had_any

    def _round(self, model: Any, picture: Image.Image) -> Image.Image:
        levels = torch.from_numpy(np.array(picture)).permute(2, 0, 1).unsqueeze(0)
        pixels = levels.to(self.device).float() / 255
        large = in_tiles(lambda tile, *_: model(tile), pixels, TILE, OVERLAP, Fraction(model.scale))
        levels = (large[0].clamp(0, 1) * 255).round().to("cpu", torch.uint8)
        return Image.fromarray(levels.permute(1, 2, 0).contiguous().numpy())

    def _model(self, name: str) -> Any:
        if self._loaded and self._loaded[0] == name:
            return self._loaded[1]
        if name not in self.files:
            raise UnknownUpscaler(name, list(self.files))
        self._loaded = None
        self._loaded = name, self._load(name)
        return self._loaded[1]

    def _load(self, name: str) -> Any:
        try:
            from spandrel import ImageModelDescriptor, ModelLoader
        except Exception as error:  # its own imports may fail at whatever torchvision is there
            logger.exception("spandrel cannot be imported")
            raise UpscalerUnavailable(
                f"The upscaler `{name}` needs spandrel: install athanor with the extra `upscale`."
            ) from error
        try:
            model = ModelLoader(self.device).load_from_file(self.files[name])
        except Exception as error:  # a stranger's file may fail in any way
            logger.exception("upscaler %s cannot be loaded", name)
            raise UpscalerUnavailable(
                f"The upscaler `{name}` cannot be loaded: its file is damaged or of another kind."
            ) from error
        if not isinstance(model, ImageModelDescriptor) or model.input_channels != 3:
            raise UpscalerUnavailable(f"`{name}` is a model, but none that makes pictures larger.")
        return model.eval()
