"""The settings of a picture as text.

The text is the one that stable-diffusion-webui writes, so that every program which reads
webui's pictures reads ours. What the settings mean is not known here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.samplers import NOISE_SCHEDULES, find_sampler

Value: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InfotextSettings:
    """Everything about one picture that its infotext can tell."""

    prompt: str
    negative_prompt: str = ""
    num_steps: int
    sampler: str  # id
    noise_schedule: str  # id
    guidance_scale: float
    seed: int
    width: int
    height: int
    model_hash: str | None = None
    model: str | None = None
    vae_hash: str | None = None
    vae: str | None = None
    variation_seed: int = 0
    variation_strength: float = 0.0
    resized_from: tuple[int, int] | None = None  # width and height in pixels
    clip_skip: int = 1
    eta: float = 1.0
    eta_noise_seed_delta: int = 0
    noise_source: str = "cpu"
    tiling: bool = False
    extra: Mapping[str, Value] = field(default_factory=dict)  # under webui's names for them
    version: str | None = None
    user: str | None = None

    @property
    def entries(self) -> dict[str, Value]:
        """Webui's keys in webui's order; None for what is not worth telling."""
        info, _ = find_sampler(self.sampler)
        labels = {schedule.id: schedule.label for schedule in NOISE_SCHEDULES}
        is_varied = self.variation_strength != 0
        follows_delta = info.uses_eta_noise_seed_delta and self.eta != 0
        return {
            "Steps": self.num_steps,
            "Sampler": info.label,
            "Schedule type": labels[self.noise_schedule],
            "CFG scale": self.guidance_scale,
            "Seed": self.seed,
            "Size": f"{self.width}x{self.height}",
            "Model hash": self.model_hash,
            "Model": self.model,
            "VAE hash": self.vae_hash,
            "VAE": self.vae,
            "Variation seed": self.variation_seed if is_varied else None,
            "Variation seed strength": self.variation_strength if is_varied else None,
            "Seed resize from": "{}x{}".format(*self.resized_from) if self.resized_from else None,
            "Denoising strength": None,
            "Conditional mask weight": None,
            "Clip skip": self.clip_skip if self.clip_skip > 1 else None,
            "ENSD": (self.eta_noise_seed_delta or None) if follows_delta else None,
            "RNG": self.noise_source.upper() if self.noise_source != "gpu" else None,
            "Tiling": "True" if self.tiling else None,
            # An extra setting that has a place above keeps that place.
            **self.extra,
            "Version": self.version,
            "User": self.user,
        }


def create_infotext(settings: InfotextSettings) -> str:
    """The text that tells another program, or the same one later, how a picture was made."""
    lines = [settings.prompt]
    if settings.negative_prompt:
        lines.append(f"Negative prompt: {settings.negative_prompt}")
    told = ((key, value) for key, value in settings.entries.items() if value is not None)
    lines.append(
        ", ".join(key if key == value else f"{key}: {quote(value)}" for key, value in told)
    )
    return "\n".join(lines).strip()


def quote(value: Value) -> str:
    """The value as it stands, or in JSON's quotes where a reader would cut it in two."""
    text = str(value)
    return json.dumps(value, ensure_ascii=False) if any(sign in text for sign in ",:\n") else text
