"""Pictures through a VAE: whole or in tiles, in its own dtype, and once again where that overflows.

A VAE in float16 may answer numbers that are none; the same weights in float32 do not.
"""

import copy
import logging
from collections.abc import Callable
from typing import TypeAlias

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor

from pipeline.models.tiled_vae import decode_tiled, encode_tiled

logger = logging.getLogger(__name__)

Pass: TypeAlias = Callable[[AutoencoderKL, Tensor, int], Tensor]


def encode(vae: AutoencoderKL, pixels: Tensor, tile: int) -> Tensor:
    """Pixels (1, 3, H, W) to the mean of their latents; `tile` in pixels."""
    if max(pixels.shape[2:]) > tile:
        return encode_tiled(vae, pixels, tile).chunk(2, dim=1)[0]
    mean: Tensor = vae.encode(pixels).latent_dist.mode()
    return mean


def decode(vae: AutoencoderKL, latents: Tensor, tile: int) -> Tensor:
    """Scaled latents (1, C, h, w) to pixels; `tile` in pixels."""
    unscaled = latents / vae.config.scaling_factor
    if max(latents.shape[2:]) * 2 ** (len(vae.config.block_out_channels) - 1) > tile:
        return decode_tiled(vae, unscaled, tile)
    pixels: Tensor = vae.decode(unscaled, return_dict=False)[0]
    return pixels


def finite(way: Pass, vae: AutoencoderKL, given: Tensor, tile: int) -> Tensor:
    """What a VAE makes of something, in float32; once again in float32 where it has NaN in it."""
    made = way(vae, given.to(vae.device, vae.dtype), tile).float()
    if vae.dtype == torch.float32 or torch.isfinite(made).all():
        return made
    logger.warning("the VAE overflows in %s; this picture is read once again in float32", vae.dtype)
    return way(copy.deepcopy(vae).float(), given.to(vae.device, torch.float32), tile)
