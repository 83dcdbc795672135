"""A learned thing's file written anew in another layout, its numbers as they were."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import torch
from PIL import Image

from pipeline.adapters.aesthetic import aesthetic_bytes, read_aesthetic
from pipeline.adapters.embedding import read_embedding
from pipeline.adapters.embedding_writing import embedding_bytes
from pipeline.adapters.files import MEGABYTE, open_adapter
from pipeline.adapters.hypernetwork import read_hypernetwork
from pipeline.adapters.lora import read_lora
from pipeline.adapters.lora_layouts import as_diffusers, as_kohya
from pipeline.artifact import ArtifactKind
from pipeline.artifact_layouts import Layout, find_layout
from pipeline.errors import InvalidRequest
from pipeline.pictures import open_picture

MAX_BYTES = 2048 * MEGABYTE
PLAIN = Image.new("RGB", (512, 512), (58, 52, 70))  # of a card for which there is no sample


def export(path: Path, kind: ArtifactKind, name: str, layout_id: str, sample: bytes) -> bytes:
    """The file's bytes in a layout; `sample` is the picture on a card, empty for none.

    Raises `AdapterUnreadable`, and `InvalidRequest` where the layout cannot hold it.
    """
    if kind == "embedding":
        return export_embedding(path, name, find_layout(kind, layout_id), sample)
    if kind == "hypernetwork":
        return export_hypernetwork(path, name)
    if kind == "lora":
        return export_lora(path, layout_id)
    if kind == "aesthetic":
        return aesthetic_bytes(read_aesthetic(path).vector, find_layout(kind, layout_id).suffix)
    raise InvalidRequest("Only what fits into one small file can be written in another layout.")


def export_embedding(path: Path, name: str, layout: Layout, sample: bytes) -> bytes:
    """An embedding, under a name."""
    embedding = replace(read_embedding(path), name=name)
    if embedding.clip_l_width is not None and layout.suffix != ".safetensors":
        raise InvalidRequest(
            f"The embedding `{name}` is for Stable Diffusion XL, and has two parts that only "
            "safetensors can hold."
        )
    try:
        picture = open_picture(sample) if sample else PLAIN
    except ValueError as error:
        raise InvalidRequest(str(error)) from error
    return embedding_bytes(layout.suffix, embedding, picture)


def export_hypernetwork(path: Path, name: str) -> bytes:
    """A hypernetwork as it is, under a name."""
    read_hypernetwork(path)
    values = open_adapter(path, "hypernetwork", MAX_BYTES).tensors()
    file = BytesIO()
    torch.save({**values, "name": name}, file)
    return file.getvalue()


def export_lora(path: Path, layout_id: str) -> bytes:
    """A LoRA with the same matrices under another layout's names for them."""
    read_lora(path)
    file = open_adapter(path, "LoRA", MAX_BYTES)
    return as_kohya(file, path) if layout_id == "kohya" else as_diffusers(file, path)
