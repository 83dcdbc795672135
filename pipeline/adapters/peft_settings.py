"""What peft says about a LoRA beside its matrices, which alone do not tell how strong it is.

diffusers keeps it in the file's own header; peft in another file in the same folder.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from pipeline.adapters.files import AdapterFile

PEFT_ALONE = "base_model.model."  # before every name in files of peft itself
METADATA_KEY = "lora_adapter_metadata"


@dataclass(frozen=True, slots=True)
class PeftSettings:
    """How peft scales branches, where a file says it; alone or for several parts, with prefixes."""

    values: Mapping[str, Any]

    def scale(self, name: str, pieces: Mapping[str, object]) -> float | None:
        """What a module's product is multiplied by; None where nothing is said."""
        part = next((f"{part}." for part in self._parts() if name.startswith(f"{part}.")), "")
        alpha = self.values.get(f"{part}lora_alpha")
        patterns = self.values.get(f"{part}alpha_pattern")
        for end, other in (patterns if isinstance(patterns, dict) else {}).items():
            if f".{name}".endswith(f".{end}"):
                alpha = other
                break
        down = pieces["down"]
        if not isinstance(alpha, int | float) or not math.isfinite(alpha):
            return None
        if not isinstance(down, Tensor) or not len(down):
            return None
        uses_root = self.values.get(f"{part}use_rslora")
        return alpha / (math.sqrt(len(down)) if uses_root else len(down))

    def _parts(self) -> list[str]:
        ends = (key.rpartition(".") for key in self.values)
        return sorted({part for part, _, end in ends if part and end == "lora_alpha"})


def read_json(text: object) -> Mapping[str, Any]:
    """A mapping out of a file's own words, empty where they are none."""
    try:
        values = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def read_settings(file: AdapterFile, path: Path, keys: Iterable[object]) -> PeftSettings:
    """The settings that belong to a file with these keys.

    Raises `AdapterUnreadable` where peft's other file is needed and is not there.
    """
    if not any(str(key).startswith(PEFT_ALONE) for key in keys):
        return PeftSettings(read_json(file.metadata.get(METADATA_KEY)))
    try:
        text = path.with_name("adapter_config.json").read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise file.unreadable(
            "how strong it is stands in peft's adapter_config.json, which is not beside it"
        ) from error
    return PeftSettings(read_json(text))
