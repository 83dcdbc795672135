"""What a checkpoint in diffusers' layout says of itself before it is loaded: family, files.

Settings are read and no weights; no torch is needed.
"""

import json
from pathlib import Path
from typing import Any

from pipeline.checkpoint import Family
from pipeline.errors import ModelUnavailable

KINDS = frozenset(
    {
        f"StableDiffusion{family}{kind}Pipeline"
        for family in ("", "XL")
        for kind in ("", "Img2Img", "Inpaint")
    }
)
IN_CHANNELS = (4, 9)  # of a UNet; 9: made for inpainting
HALF = "fp16"  # what files in half precision have in their names, should both kinds lie there


def family_of_folder(name: str, folder: Path) -> Family:
    """Which family a folder belongs to.

    Raises `ModelUnavailable` for a checkpoint that is whole but of none of them.
    """
    kind = read_json(folder / "model_index.json")["_class_name"]
    channels = read_json(folder / "unet" / "config.json")["in_channels"]
    if kind not in KINDS or channels not in IN_CHANNELS:
        raise ModelUnavailable(
            f"The model `{name}` in `{folder}` is a {kind} with {channels} input channels; only "
            "Stable Diffusion 1, 2 and XL with 4 or 9 can be loaded. Name another folder in "
            "config.toml."
        )
    if "XL" in kind:
        return "sdxl"
    # Stable Diffusion 2 took up OpenCLIP's text tower, whose activation is another one.
    tower = read_json(folder / "text_encoder" / "config.json")
    return "sd2" if tower.get("hidden_act") == "gelu" else "sd1"


def read_json(path: Path) -> dict[str, Any]:
    """A part's settings."""
    settings: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return settings


def weights_file(folder: Path) -> Path:
    """The file that holds a part's weights; of several shards, the first.

    In full precision where there is a choice, and not a pickle where there is. Raises
    `FileNotFoundError`.
    """
    for end in (".safetensors", ".bin", f".{HALF}.safetensors", f".{HALF}.bin"):
        for stem in ("diffusion_pytorch_model", "model", "pytorch_model"):
            if (folder / f"{stem}{end}").is_file():
                return folder / f"{stem}{end}"
    shards = sorted(folder.glob("*-of-*"))
    if not shards:
        raise FileNotFoundError(f"no weights in {folder}")
    return shards[0]
