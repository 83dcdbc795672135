"""Checkpoints in one file, under the names that Stable Diffusion's first programs gave.

Those are turned into the names of diffusers' modules, mostly by its own conversion, and the
modules are made by the settings in `pipeline/models/configs`. It works without a network.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelerate import init_empty_weights
from diffusers.loaders.single_file_utils import (
    convert_ldm_unet_checkpoint,
    convert_open_clip_checkpoint,
)
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from pipeline.checkpoint import (
    CLIP,
    CLIP_G,
    CLIP_L,
    CONFIGS,
    OPEN_CLIP,
    UNET,
    VAE,
    Family,
    family_of,
    hashes_of,
)
from pipeline.checkpoint_folder import IN_CHANNELS, read_json
from pipeline.errors import ModelUnavailable
from pipeline.model_config import ModelConfig
from pipeline.models.parts import Parts, Placement, TextEncoder
from pipeline.models.vae import named_vae, vae_of
from pipeline.models.weights import Module, filled, read_weights, without_prefix

INPUT_LAYER = f"{UNET}input_blocks.0.0.weight"


def read_single_file(config: ModelConfig, placement: Placement) -> Parts:
    """Load a single file onto a device.

    Raises `ModelUnavailable` with a sentence for anything that is no whole checkpoint.
    """
    hashes = hashes_of(config.path)
    weights = read_weights(config.path)
    family = family_of(config.path, weights)
    file = SingleFile(config.path, weights, family, config.configs or CONFIGS / family, placement)
    return Parts(
        family=family,
        unet=file.unet(),
        vae=named_vae(config.vae, family, config, placement) if config.vae else file.vae(),
        text_encoders=file.text_encoders(),
        tokenizer=CLIPTokenizer.from_pretrained(config.tokenizer, local_files_only=True),
        scheduler=file.scheduler(),
        hashes=hashes,
    )


@dataclass(frozen=True, slots=True, eq=False)
class SingleFile:
    """The weights of one file, and how modules are made of them.

    What makes a module raises `ModelUnavailable` where the file has not all of it.
    """

    path: Path
    weights: Mapping[str, Tensor]
    family: Family
    settings: Path  # of the parts, as a folder in diffusers' layout
    placement: Placement

    def unet(self) -> UNet2DConditionModel:
        """The UNet, for as many channels as its first layer takes."""
        if INPUT_LAYER not in self.weights:
            raise ModelUnavailable(f"`{self.path}` lacks its UNet's first layer: it is not whole.")
        channels = self.weights[INPUT_LAYER].shape[1]
        if channels not in IN_CHANNELS:
            raise ModelUnavailable(
                f"`{self.path}` is a checkpoint with {channels} input channels, for another task "
                "than making pictures from words; only those with 4 or 9 can be loaded."
            )
        settings = UNet2DConditionModel.load_config(self.settings / "unet")
        settings |= {"in_channels": channels}
        with init_empty_weights():
            unet = UNet2DConditionModel.from_config(settings)
        # Averaged weights (`model_ema.`), where a trainer left them too, are not those in use.
        weights = {name: each for name, each in self.weights.items() if name.startswith(UNET)}
        return self._filled(unet, convert_ldm_unet_checkpoint(weights, settings))

    def vae(self) -> AutoencoderKL:
        """The VAE."""
        own = without_prefix(self.weights, VAE)
        return vae_of(own, self.settings / "vae", self.path, self.placement)

    def text_encoders(self) -> tuple[TextEncoder, ...]:
        """One text encoder, of Stable Diffusion XL two."""
        if self.family == "sd1":
            return (self._text_encoder(CLIPTextModel, "text_encoder", CLIP),)
        if self.family == "sd2":
            return (self._text_encoder(CLIPTextModel, "text_encoder", OPEN_CLIP),)
        return (
            self._text_encoder(CLIPTextModel, "text_encoder", CLIP_L),
            self._text_encoder(CLIPTextModelWithProjection, "text_encoder_2", CLIP_G),
        )

    def _text_encoder(self, kind: type[TextEncoder], folder: str, prefix: str) -> TextEncoder:
        with init_empty_weights():
            encoder = kind(CLIPTextConfig.from_pretrained(self.settings / folder))
        if prefix in (OPEN_CLIP, CLIP_G):
            weights = convert_open_clip_checkpoint(encoder, self.weights, prefix)
        else:
            weights = without_prefix(self.weights, prefix)
        # Files and libraries have a tower's names with `text_model.` before them or without.
        before = "text_model." if hasattr(encoder, "text_model") else ""
        named = {
            name
            if name.startswith("text_projection")
            else before + name.removeprefix("text_model."): weight
            for name, weight in weights.items()
        }
        return self._filled(encoder, named)

    def scheduler(self) -> dict[str, Any]:
        """The noise levels, and what the UNet predicts; None where only it can tell."""
        scheduler = read_json(self.settings / "scheduler" / "scheduler_config.json")
        if "v_pred" in self.weights:
            scheduler["prediction_type"] = "v_prediction"
        elif self.family == "sd2":
            scheduler["prediction_type"] = None
        if "ztsnr" in self.weights:
            scheduler["rescale_betas_zero_snr"] = True
        return scheduler

    def _filled(self, module: Module, weights: Mapping[str, Tensor]) -> Module:
        return filled(module, weights, self.path, self.placement.device, self.placement.dtype)
