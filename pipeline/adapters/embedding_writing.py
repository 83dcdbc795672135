"""Embeddings written in the layouts that others read: webui's, diffusers', SDXL's, picture cards.

Which layout follows from the file's name, as it does in reading (spec: webui §5.1, 5.2).
"""

import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from PIL import Image
from torch import Tensor

from pipeline.adapters.card import TENSOR
from pipeline.adapters.card_writing import make_card
from pipeline.adapters.embedding import Embedding

WEBUI_TOKEN = "*"  # the token and its number in the first trainer's vocabulary
WEBUI_TOKEN_ID = 265


def write_embedding(path: Path, embedding: Embedding, picture: Image.Image | None = None) -> None:
    """Write a `.pt`, `.bin`, `.safetensors` or `.png`; a card needs a picture to be on.

    A kill in the middle leaves whatever was there before. Raises `ValueError` for other suffixes
    and for layouts that cannot hold SDXL's two parts.
    """
    content = embedding_bytes(path.suffix.lower(), embedding, picture)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)


def embedding_bytes(suffix: str, embedding: Embedding, picture: Image.Image | None) -> bytes:
    """The file's bytes."""
    if suffix == ".safetensors":
        return safetensors.torch.save(safe_tensors(embedding))
    if embedding.clip_l_width is not None:
        raise ValueError("An embedding of SDXL has two parts: write it as .safetensors.")
    if suffix == ".pt":
        return pickled(webui_values(embedding, embedding.vectors.clone()))
    if suffix == ".bin":
        vectors = embedding.vectors.clone()
        return pickled({embedding.name: vectors[0].clone() if len(vectors) == 1 else vectors})
    if suffix == ".png":
        if picture is None:
            raise ValueError("A card needs a picture to be on.")
        nested = {TENSOR: embedding.vectors.tolist()}
        steps = f"{len(embedding.vectors)}v {embedding.step or 0}s"
        footers = embedding.checkpoint_name or "", f"[{embedding.checkpoint or ''}]", steps
        return make_card(picture, webui_values(embedding, nested), embedding, footers)
    raise ValueError(
        f"There is no layout for embeddings in `{suffix}` files: take .pt, .bin, .safetensors or "
        ".png."
    )


def safe_tensors(embedding: Embedding) -> dict[str, Tensor]:
    """kohya's one tensor, or of SDXL the two that webui wants."""
    vectors, split = embedding.vectors, embedding.clip_l_width
    if split is None:
        return {"emb_params": vectors.contiguous()}
    return {
        "clip_l": vectors[:, :split].contiguous(),
        "clip_g": vectors[:, split:].contiguous(),
    }


def webui_values(embedding: Embedding, vectors: object) -> dict[str, Any]:
    """webui's mapping around vectors, which cards hold as nested lists."""
    return {
        "string_to_token": {WEBUI_TOKEN: WEBUI_TOKEN_ID},
        "string_to_param": {WEBUI_TOKEN: vectors},
        "name": embedding.name,
        "step": embedding.step,
        "sd_checkpoint": embedding.checkpoint,
        "sd_checkpoint_name": embedding.checkpoint_name,
    }


def pickled(values: Mapping[str, Any]) -> bytes:
    file = BytesIO()
    torch.save(dict(values), file)
    return file.getvalue()
