"""The demo model's autoencoder: 8x smaller, 4 channels, as Stable Diffusion has it."""

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch.nn import functional as F

from pipeline.models.demo.beginnings import start_evenly
from pipeline.models.demo.pictures import draw
from pipeline.models.demo.scenes import (
    NATIVE,
    Random,
    anything,
    random_attributes,
    random_source,
    scene_for,
)
from pipeline.models.demo.starting import started, starting_vae
from pipeline.models.demo.training import Plan, Training

BOTH = Plan(name="vae", steps=620, learning_rate=2e-3, decay_from=0.99)
DECODER = Plan(name="vae_decoder", steps=5000, learning_rate=1.5e-3)
CROP = 64
KL_WEIGHT = 5e-4
COLOUR_WEIGHT = 0.5
COLOUR_SCALE = 1.5


def new_vae() -> AutoencoderKL:
    """Few channels where the picture is large: those layers cost the most."""
    torch.manual_seed(1)
    vae = AutoencoderKL(
        block_out_channels=(16, 32, 48, 64),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=2,  # a flat picture keeps its colour only in the ratios within a group
        sample_size=NATIVE[0],
    )
    start_evenly(vae)
    return vae


def as_tensor(pictures: list[np.ndarray]) -> Tensor:
    """(n, 3, height, width) in -1..1."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous() * 2 - 1


def random_picture(rng: Random) -> np.ndarray:
    if rng.random() < 0.3:
        return draw(anything(NATIVE, rng))
    return draw(scene_for(random_attributes(rng), NATIVE, rng).picture)


def cropped(picture: np.ndarray, rng: Random) -> np.ndarray:
    top, left = rng.integers(0, picture.shape[0] - CROP + 1, 2)
    return picture[top : top + CROP, left : left + CROP]


def batch(rng: Random) -> Tensor:
    """Mostly crops, which cost a quarter of a picture; some pictures for the attention."""
    if rng.random() < 0.25:
        return as_tensor([random_picture(rng)])
    return as_tensor([cropped(random_picture(rng), rng) for _ in range(5)])


def edges(pictures: Tensor) -> tuple[Tensor, Tensor]:
    return pictures.diff(dim=-1), pictures.diff(dim=-2)


def unlikeness(rebuilt: Tensor, pictures: Tensor) -> Tensor:
    """Pixels, and once more where they change."""
    pairs = zip(edges(rebuilt), edges(pictures), strict=True)
    sharp = sum((F.l1_loss(ours, theirs) for ours, theirs in pairs), torch.zeros(()))
    return F.l1_loss(rebuilt, pictures) + 2 * F.mse_loss(rebuilt, pictures) + 0.5 * sharp


def vae_loss(vae: AutoencoderKL, rng: Random, noise: torch.Generator) -> Tensor:
    """Rebuild the picture, pull the latents towards a unit Gaussian, and hold on to colour.

    Left alone, the autoencoder takes a thousand steps to find that flat pictures have a colour;
    so the first three channels are asked to follow the shrunken picture.
    """
    pictures = batch(rng)
    latents = vae.encode(pictures).latent_dist
    rebuilt = vae.decode(latents.sample(noise)).sample
    kl = 0.5 * (latents.mean.square() + latents.var - 1 - latents.logvar).mean()
    shrunken = COLOUR_SCALE * F.avg_pool2d(pictures, 8)
    colour = F.mse_loss(latents.mean[:, :3], shrunken)
    return unlikeness(rebuilt, pictures) + KL_WEIGHT * kl + COLOUR_WEIGHT * colour


def decoder_loss(vae: AutoencoderKL, rng: Random, noise: torch.Generator) -> Tensor:
    """Rebuild the picture from latents that are a little off, as a sampler's will be."""
    pictures = batch(rng)
    with torch.no_grad():
        latents = vae.encode(pictures).latent_dist.sample(noise)
    return unlikeness(vae.decode(latents).sample, pictures)


def train_vae(work: Path) -> None:
    """Train (or go on training) the autoencoder."""
    training = Training(new_vae(), BOTH, work)
    training.run(lambda rng, noise: vae_loss(training.model, rng, noise))


def train_decoder(work: Path) -> None:
    """Go on with the decoder alone: the latents stay what the UNet learns to make."""
    vae = load_snapshot(work / f"{BOTH.name}.pt").requires_grad_(False)
    for part in (vae.decoder, vae.post_quant_conv):
        part.requires_grad_(True)
    training = Training(vae, DECODER, work)
    training.run(lambda rng, noise: decoder_loss(training.model, rng, noise))


def load_snapshot(snapshot: Path) -> AutoencoderKL:
    """The averaged weights of a snapshot."""
    vae = new_vae()
    vae.load_state_dict(torch.load(snapshot, weights_only=True)["averaged"])
    return vae.eval()


def load_vae(work: Path) -> AutoencoderKL:
    """The autoencoder as it is by now, with the scale that makes its latents unit variance."""
    if started(work):
        return starting_vae(work).requires_grad_(False)
    snapshots = [work / f"{plan.name}.pt" for plan in (DECODER, BOTH)]
    vae = load_snapshot(next(snapshot for snapshot in snapshots if snapshot.exists()))
    vae = vae.requires_grad_(False)
    vae.register_to_config(scaling_factor=round(1 / float(native_latents(vae).std()), 4))
    return vae


@torch.no_grad()
def native_latents(vae: AutoencoderKL, count: int = 64) -> Tensor:
    """Unscaled latents of ordinary pictures."""
    rng = random_source("latents", 0)
    scenes = [scene_for(random_attributes(rng), NATIVE, rng) for _ in range(count)]
    return vae.encode(as_tensor([draw(scene.picture) for scene in scenes])).latent_dist.mean
