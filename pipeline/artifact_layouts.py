"""The layouts in which learned things are passed around, by kind: what there is to choose from."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline.artifact import ArtifactKind
from pipeline.errors import InvalidRequest


class Layout(NamedTuple):
    """One layout of files."""

    id: str
    label: str
    suffix: str
    shows_a_picture: bool = False  # it is a picture card, on which a sample stands


LAYOUTS: Mapping[ArtifactKind, Sequence[Layout]] = {
    "embedding": (
        Layout("webui", "webui (.pt)", ".pt"),
        Layout("safetensors", "safetensors", ".safetensors"),
        Layout("diffusers", "diffusers (.bin)", ".bin"),
        Layout("card", "picture card (.png)", ".png", shows_a_picture=True),
    ),
    "hypernetwork": (Layout("webui", "webui (.pt)", ".pt"),),
    "lora": (
        Layout("kohya", "kohya, webui (.safetensors)", ".safetensors"),
        Layout("diffusers", "diffusers, peft (.safetensors)", ".safetensors"),
    ),
    "aesthetic": (
        Layout("webui", "webui (.pt)", ".pt"),
        Layout("safetensors", "safetensors", ".safetensors"),
    ),
    "checkpoint": (
        Layout("single", "one file (.safetensors)", ".safetensors"),
        Layout("lora", "what it has learned, as a LoRA (.safetensors)", ".safetensors"),
    ),
}


def export_layouts(kind: ArtifactKind) -> Sequence[Layout]:
    """The layouts that a thing of this kind can be given away in, the usual one first."""
    return LAYOUTS[kind]


def find_layout(kind: ArtifactKind, layout_id: str) -> Layout:
    """Raises `InvalidRequest` that names those there are."""
    for layout in LAYOUTS[kind]:
        if layout.id == layout_id:
            return layout
    known = ", ".join(f"`{layout.id}`" for layout in LAYOUTS[kind])
    raise InvalidRequest(f"There is no layout called `{layout_id[:50]}`. Try: {known}.")
