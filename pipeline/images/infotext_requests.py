"""Requests as infotext, and infotext as requests: what each setting means, both ways.

A request made from a picture's own infotext makes that picture again. What another program did
and this one does not is named, never left out silently.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pipeline.adapters.names import AdapterNames
from pipeline.aesthetic_controls import AESTHETIC_CONTROLS
from pipeline.control import Told
from pipeline.controls import CONTROLS, ETA, ETA_DDIM, find_control
from pipeline.images.infotext import InfotextSettings, Value, create_infotext
from pipeline.images.infotext_reading import DEFAULTS, parse_infotext
from pipeline.images.missing import without_missing
from pipeline.model_config import ModelConfig
from pipeline.picture_controls import MASK_KEYS, RESIZE_KEYS
from pipeline.requests import MAX_SEED, GenerationRequest
from pipeline.samplers import SamplerInfo, find_sampler
from pipeline.upscalers import upscaler_label

# Controls that `create_infotext` does not know by itself.
EXTRA_KEYS = (
    "Sigma churn",
    "Sigma tmin",
    "Sigma tmax",
    "Sigma noise",
    "Discard penultimate sigma",
    "Prompt syntax",
    "Old prompt editing timelines",
    "Comma backtrack",
)
# Said of a picture, and nothing that could be done differently.
SILENT = {
    *("Prompt", "Version", "User", "Model hash", "VAE hash", "Hypernet", "Hypernet strength"),
    *("TI hashes", "Lora hashes"),  # embeddings and LoRAs themselves are called by the prompt
}
MAX_NOTED = 60  # characters of a value that is not followed


@dataclass(frozen=True, slots=True)
class ImportedRequest:
    """A request out of settings from elsewhere, and what of them it could not take over."""

    request: GenerationRequest
    notes: tuple[str, ...]
    """Sentences for whoever asked."""


def infotext_of(
    request: GenerationRequest,
    index: int,
    model: str | None,
    model_hash: str | None,
    embedding_hashes: Mapping[str, str] = MappingProxyType({}),
    lora_hashes: Mapping[str, str] = MappingProxyType({}),
    vae: tuple[str, str] | None = None,
) -> str:
    """The infotext of a request's picture number `index`, made with a model.

    `vae` is the name and hash of one that took the place of the model's own.
    `embedding_hashes` and `lora_hashes` are those of what its prompts name, as
    `pipeline.prompts.conditioning` has them.
    """
    info, _ = find_sampler(request.sampler)
    extra: dict[str, Value] = {key: find_control(key).write(request) for key in EXTRA_KEYS}
    eta = info.default_eta if request.eta is None else request.eta
    if eta != info.default_eta:
        extra[eta_key(info)] = eta
    if request.is_tuned:
        # All of them, as webui tells them; an empty text would stop it from reading on.
        told = ((each.key, each.value(request)) for each in AESTHETIC_CONTROLS)
        extra |= {key: value for key, value in told if value != ""}
    extra |= _of_the_input(request) | _of_the_second_pass(request)
    if any(sign in request.prompt + request.negative_prompt for sign in "([{"):
        extra["Emphasis"] = find_control("Emphasis").write(request)
    if info.draws(eta, request.s_churn):
        # Webui tells it of some samplers alone, but reads it with every one that it changes.
        extra["ENSD"] = request.eta_noise_seed_delta or None
    extra["Lora hashes"] = short_hashes(lora_hashes) or None
    extra["TI hashes"] = short_hashes(embedding_hashes) or None
    return create_infotext(
        InfotextSettings(
            prompt=request.prompt,
            negative_prompt=request.negative_prompt,
            num_steps=request.num_steps,
            sampler=request.sampler,
            noise_schedule=request.noise_schedule,
            guidance_scale=request.guidance_scale,
            seed=request.seeds[index],
            width=request.width,
            height=request.height,
            model_hash=model_hash,
            model=model,
            vae=vae[0] if vae else None,
            vae_hash=vae[1] if vae else None,
            # It counts up with the pictures, which share a seed then.
            variation_seed=request.variation_seed + index,
            variation_strength=request.variation_strength,
            resized_from=request.resized_from,
            clip_skip=request.clip_skip,
            eta=eta,
            eta_noise_seed_delta=request.eta_noise_seed_delta,
            noise_source=request.noise_source,
            extra=extra,
        )
    )


def _of_the_input(request: GenerationRequest) -> dict[str, Value]:
    """What is told of the picture that a request begins from."""
    if request.init_image is None:
        return {}
    keys = RESIZE_KEYS if request.mask is None else (*RESIZE_KEYS, *MASK_KEYS)
    told: dict[str, Value] = {key: find_control(key).write(request) for key in keys}
    if request.mask is not None:  # webui's readers take another blur for granted, or none
        told["Mask blur"] = request.mask_blur
    return told | {"Denoising strength": request.strength}


def _of_the_second_pass(request: GenerationRequest) -> dict[str, Value]:
    """What is told of the second pass of a request."""
    if request.hires_scale is None:
        return {}
    return {
        "Denoising strength": request.hires_strength,
        "Hires upscale": request.hires_scale,
        "Hires steps": request.hires_steps or None,
        "Hires upscaler": upscaler_label(request.hires_upscaler),
    }


def short_hashes(hashes: Mapping[str, str]) -> str:
    """Names with the first 12 digits of their hashes, as webui tells them (webui §5.1)."""
    return ", ".join(
        f"{name.replace(':', '').replace(',', '')}: {digits[:12]}"
        for name, digits in hashes.items()
    )


def request_from_infotext(
    text: str,
    models: Mapping[str, ModelConfig] = MappingProxyType({}),
    adapters: AdapterNames | None = None,
    **overrides: Any,
) -> ImportedRequest:
    """The request that makes the picture of an infotext again, with `overrides` in its fields.

    `models` are those there are, the default one first, and `adapters` the names of all
    else that settings may call; without them, nothing is said to be missing. Noise without a named
    source is webui's, from a GPU. Raises `InvalidRequest` for settings that nothing can follow.
    """
    told = _with_whole_sizes(parse_infotext(text))
    unused = _unused_eta(str(overrides.get("sampler", told.get("Sampler", ""))))
    controls = [control for control in CONTROLS if control.key not in ("Model", unused)]
    values: dict[str, Any] = {"prompt": told["Prompt"], "seeds": (random.randrange(MAX_SEED),)}
    for control in controls:
        if control.key in told:
            values |= control.read(str(told[control.key]))
    values["model"], notes = _model(told, models)
    if adapters is not None:
        values, said = without_missing(values, told, adapters)
        notes += said
    known = {control.key for control in controls} | SILENT | {"Model"}
    if _has_its_vae(told, models.get(values["model"] or next(iter(models), ""))):
        known |= {"VAE"}
    strange = [
        f"`{key}: {str(value)[:MAX_NOTED]}`"
        for key, value in told.items()
        if key not in known and value != DEFAULTS.get(key)
    ]
    is_whole = "Hires upscale" in told or overrides.get("init_image") is not None
    if "Denoising strength" in told and not is_whole:
        notes.append(
            "It began from another picture, which its settings do not hold: without that this is "
            "made from noise."
        )
    if strange:
        notes.append(f"Not followed here: {', '.join(strange)}.")
    return ImportedRequest(GenerationRequest(**values | overrides), tuple(notes))


def eta_key(info: SamplerInfo) -> str:
    """By which of its two names infotext tells a sampler's eta."""
    return ETA if info.default_eta else ETA_DDIM


def _unused_eta(sampler: str) -> str:
    used = eta_key(find_sampler(sampler)[0]) if sampler else ETA
    return ETA_DDIM if used == ETA else ETA


def _with_whole_sizes(told: Mapping[str, Told]) -> dict[str, Told]:
    """The two sides of each size under one name again; sizes of nothing left out."""
    whole: dict[str, Told] = {}
    for key, value in told.items():
        name, other = key[:-2], f"{key[:-2]}-2"
        if key.endswith("-1") and other in told:
            if (value, told[other]) != (0, 0):
                whole[name] = f"{value}x{told[other]}"
        elif not (key.endswith("-2") and f"{name}-1" in told):
            whole[key] = value
    return whole


def _model(
    told: Mapping[str, Told], models: Mapping[str, ModelConfig]
) -> tuple[str | None, list[str]]:
    """Which model it is, by its name or its old hash, and what is to be said of that."""
    name, digits = str(told.get("Model", "")), str(told.get("Model hash", ""))
    if not (name or digits) or not models:
        return None, []
    for own, config in models.items():
        if own.casefold() == name.casefold() or (digits and config.old_hash == digits.lower()):
            return own, []
    shown = (name or digits)[:MAX_NOTED]
    return None, [f"The model `{shown}` is not here; `{next(iter(models))}` takes its place."]


def _has_its_vae(told: Mapping[str, Told], config: ModelConfig | None) -> bool:
    """Whether the VAE that settings tell of is the one that a model has here."""
    return bool(config and config.vae and config.vae.name == told.get("VAE"))
