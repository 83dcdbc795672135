"""Writes the trained parts as an ordinary Stable Diffusion folder, in half precision."""

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F
from transformers import CLIPImageProcessor, CLIPModel, CLIPTokenizer

from pipeline.models.demo.clip import IMAGE_SIZE, load_clip
from pipeline.models.demo.pictures import draw
from pipeline.models.demo.scenes import NATIVE, random_attributes, random_source, scene_for
from pipeline.models.demo.tokenizer import new_tokenizer
from pipeline.models.demo.unet import load_unet, new_scheduler
from pipeline.models.demo.vae import as_tensor, load_vae


def export(work: Path, folder: Path) -> None:
    """Write every part of the last snapshots to one folder."""
    vae, clip = load_vae(work), load_clip(work)
    pipeline = StableDiffusionPipeline(
        vae=vae.half(),
        text_encoder=clip.text_model.half(),
        tokenizer=new_tokenizer(),
        unet=load_unet(work).half(),
        scheduler=new_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    name_as_published(folder / "text_encoder" / "model.safetensors")
    write_plain_vocabulary(new_tokenizer(), folder / "tokenizer")
    write_clip(clip.half(), folder / "clip")
    preview = preview_map(load_vae(work))
    (folder / "preview.json").write_text(json.dumps(preview, indent=1) + "\n")
    for file in folder.rglob("*.safetensors"):
        file.chmod(0o644)  # written for the owner alone otherwise


def name_as_published(file: Path) -> None:
    """Tensor names as every published text encoder has them; newer libraries drop the prefix."""
    tensors = load_file(file)
    save_file({f"text_model.{name}": tensors[name] for name in tensors}, file, {"format": "pt"})


def write_plain_vocabulary(tokenizer: CLIPTokenizer, folder: Path) -> None:
    """The two files that older loaders look for."""
    vocabulary = dict(sorted(tokenizer.get_vocab().items(), key=lambda item: item[1]))
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    merges = json.loads((folder / "tokenizer.json").read_text())["model"]["merges"]
    lines = [pair if isinstance(pair, str) else " ".join(pair) for pair in merges]
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *lines, ""]))


def write_clip(clip: CLIPModel, folder: Path) -> None:
    """Both towers, with what prepares a picture for the image tower."""
    clip.save_pretrained(folder)
    CLIPImageProcessor(
        size={"shortest_edge": IMAGE_SIZE},
        crop_size={"height": IMAGE_SIZE, "width": IMAGE_SIZE},
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
    ).save_pretrained(folder)


@torch.no_grad()
def preview_map(
    vae: AutoencoderKL, pictures: int = 100
) -> dict[str, list[list[float]] | list[float]]:
    """The best linear map from scaled latents to colours in -1..1, by least squares."""
    rng = random_source("preview", 0)
    drawn = as_tensor(
        [draw(scene_for(random_attributes(rng), NATIVE, rng).picture) for _ in range(pictures)]
    )
    latents = vae.encode(drawn).latent_dist.mean * vae.config.scaling_factor
    known = F.pad(_pixels(latents), (0, 1), value=1.0)
    solution = torch.linalg.lstsq(known, _pixels(F.avg_pool2d(drawn, 8))).solution
    return {"weight": solution[:4].tolist(), "bias": solution[4].tolist()}


def _pixels(pictures: Tensor) -> Tensor:
    return pictures.permute(0, 2, 3, 1).flatten(0, 2)
