"""VAEs: a checkpoint's own, or another that is named for it, in a file or a folder."""

from collections.abc import Mapping
from pathlib import Path

from accelerate import init_empty_weights
from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor

from pipeline.checkpoint import CONFIGS, VAE, Family, has_part, hashes_of
from pipeline.checkpoint_folder import weights_file
from pipeline.errors import ModelUnavailable
from pipeline.model_config import ModelConfig
from pipeline.models.model import VaeFile
from pipeline.models.parts import Placement
from pipeline.models.weights import filled, load_part, read_weights, without_prefix


def named_vae(
    path: Path, family: Family, config: ModelConfig, placement: Placement
) -> AutoencoderKL:
    """A VAE from a folder in diffusers' layout, or from a file under either kind of names.

    Raises `ModelUnavailable` where a file holds no whole VAE, and of a folder what the libraries
    raise.
    """
    if path.is_dir():
        return vae_in(path, placement)
    weights: Mapping[str, Tensor] = read_weights(path)
    if has_part(weights, VAE):
        weights = without_prefix(weights, VAE)
    if not has_part(weights, "decoder."):
        raise ModelUnavailable(f"`{path}` holds no VAE.")
    return vae_of(weights, (config.configs or CONFIGS / family) / "vae", path, placement)


def vae_in(folder: Path, placement: Placement) -> AutoencoderKL:
    """A VAE from a folder in diffusers' layout. Raises what the libraries raise."""
    return load_part(AutoencoderKL, folder, placement.vae_dtype(AutoencoderKL.load_config(folder)))


def vae_of(
    weights: Mapping[str, Tensor], folder: Path, path: Path, placement: Placement
) -> AutoencoderKL:
    """A VAE made by the settings in a folder; its weights may have either kind of names.

    Raises `ModelUnavailable` where they are not whole.
    """
    settings = AutoencoderKL.load_config(folder)
    with init_empty_weights():
        vae = AutoencoderKL.from_config(settings)
    if not has_part(weights, "encoder.down_blocks."):
        weights = convert_ldm_vae_checkpoint(weights, settings)
    return filled(vae, weights, path, placement.device, placement.vae_dtype(settings))


def vae_file(path: Path | None) -> VaeFile | None:
    """What infotext tells of a VAE that is named."""
    if path is None:
        return None
    file = weights_file(path) if path.is_dir() else path
    return VaeFile(path.name, hashes_of(file).short)
