"""Several settings by one name. What somebody sets beside a preset wins over it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pipeline.errors import UnknownPreset


@dataclass(frozen=True, slots=True, eq=False)
class Preset:
    """A choice that stands for many."""

    name: str
    settings: Mapping[str, object]
    """Fields of `GenerationRequest`."""
    prefix: str
    """Tags before the prompt."""
    negative_tags: str
    """Tags before the negative prompt."""

    def around(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a request with the preset's where they are silent, and its tags."""
        negative_prompt = str(fields.get("negative_prompt", ""))
        tags = filter(None, (self.negative_tags, negative_prompt.strip()))
        return {
            **self.settings,
            **fields,
            "prompt": f"{self.prefix}, {fields['prompt']}",
            "negative_prompt": ", ".join(tags),
        }


# As several public guides to NovelAI's first model agree (webui.md §9.3).
NAI = Preset(
    name="NAI",
    settings=MappingProxyType(
        {
            "sampler": "euler",
            "noise_source": "nv",
            "num_steps": 28,
            "guidance_scale": 11.0,
            "clip_skip": 2,
            "eta_noise_seed_delta": 31337,
        }
    ),
    prefix="masterpiece, best quality",
    negative_tags=(
        "lowres, bad anatomy, bad hands, text, error, missing fingers, extra digit, fewer digits, "
        "cropped, worst quality, low quality, normal quality, jpeg artifacts, signature, "
        "watermark, username, blurry, artist name"
    ),
)
PRESETS: tuple[Preset, ...] = (NAI,)


def find_preset(name: str) -> Preset:
    """The preset of that name, however it is spelt. Raises `UnknownPreset`."""
    for preset in PRESETS:
        if preset.name.casefold() == name.strip().casefold():
            return preset
    raise UnknownPreset(name, [preset.name for preset in PRESETS])
