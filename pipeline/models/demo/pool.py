"""Thousands of pictures drawn and encoded once, so that the UNet never waits for a brush."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch import distributed as dist
from torch.nn import functional as F

from pipeline.models.demo.pictures import coverage, draw
from pipeline.models.demo.scenes import (
    NATIVE,
    OTHER_SIZES,
    Random,
    Scene,
    Size,
    random_attributes,
    random_pair,
    random_source,
    scene_for,
)
from pipeline.models.demo.vae import as_tensor, load_vae

SHARD = 400
NATIVE_SHARDS = 12
PAIR_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class Shard:
    """Scenes of one size, their scaled latents, and where in these the things stand."""

    number: int
    scenes: list[Scene]
    latents: Tensor
    occupied: Tensor


def random_scene(size: Size, rng: Random) -> Scene:
    """One thing, or rarely two."""
    if rng.random() < PAIR_SHARE:
        return random_pair(size, rng)
    return scene_for(random_attributes(rng), size, rng)


def scenes_of(number: int, size: Size) -> list[Scene]:
    """The scenes of one shard, always the same."""
    rng = random_source("pool", number)
    return [random_scene(size, rng) for _ in range(SHARD)]


def occupied(scene: Scene) -> Tensor:
    """The latent pixels (1, height, width) that a thing touches, and their neighbours."""
    picture = scene.picture
    covers = [coverage(thing, picture.width, picture.height) for thing in picture.things]
    touched = F.max_pool2d(torch.from_numpy(np.max(covers, axis=0))[None], 8)
    return F.max_pool2d(touched, 3, stride=1, padding=1) > 0.05


@torch.no_grad()
def encoded(scenes: list[Scene], vae: AutoencoderKL) -> Tensor:
    """Scaled latents, in half precision to save memory."""
    parts = [
        vae.encode(as_tensor([draw(scene.picture) for scene in scenes[start : start + 4]]))
        for start in range(0, len(scenes), 4)
    ]
    latents = torch.cat([part.latent_dist.mean for part in parts])
    return (latents * vae.config.scaling_factor).half()


def plan() -> list[Size]:
    """The size of every shard by its number: one for each other size, the rest native."""
    return [*OTHER_SIZES, *[NATIVE] * NATIVE_SHARDS]


def encode_pool(work: Path) -> None:
    """Draw and encode what is missing; processes that work together each take their share."""
    folder = work / "pool"
    folder.mkdir(exist_ok=True)
    share, shares = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    vae = load_vae(work)
    for number, size in list(enumerate(plan()))[share::shares]:
        path = folder / f"{number}.pt"
        if path.exists():
            continue
        scenes = scenes_of(number, size)
        where = torch.stack([occupied(scene) for scene in scenes])
        torch.save({"latents": encoded(scenes, vae), "occupied": where}, path)


def load_pool(work: Path) -> Iterator[Shard]:
    """All shards; the scenes are drawn by lot again, which costs less than storing them."""
    for number, size in enumerate(plan()):
        stored = torch.load(work / "pool" / f"{number}.pt", weights_only=True)
        scenes = scenes_of(number, size)
        yield Shard(number, scenes, stored["latents"], stored["occupied"])
