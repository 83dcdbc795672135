"""A request as text in a few fields, and what somebody made of that text as a request again.

It knows no modal: what people write into the fields can be tried without one.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from bot.errors import Refusal
from bot.intake.generation import JOB_ID_BYTES, GenerationIntake, seeds_from
from bot.intake.sizes import read_size
from pipeline import (
    CONTROLS,
    GenerationRequest,
    find_sampler,
    parse_advanced,
)

FIELDS = ("prompt", "negative_prompt", "size", "settings", "advanced")
ADVANCED = "advanced"  # the option that a control without a field of its own belongs to
OWN_FIELDS = {"prompt", "negative_prompt", "width", "height"}  # not to be set in two places


def as_texts(request: GenerationRequest) -> dict[str, str]:
    """What stands in each field: every setting that the request has."""
    sampler, _ = find_sampler(request.sampler)
    settings = {
        "Steps": request.num_steps,
        "CFG scale": f"{request.guidance_scale:g}",
        "Sampler": sampler.label,
        "Schedule type": request.noise_schedule,
        "Seed": request.seeds[0],
    }
    return {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "size": f"{request.width}x{request.height}",
        "settings": _line(settings),
        "advanced": _line(_advanced(request)),
    }


def from_texts(
    intake: GenerationIntake, request: GenerationRequest, texts: Mapping[str, str], user_id: int
) -> GenerationRequest:
    """The request again, as far as the fields do not say otherwise.

    An advanced setting that was taken out is as it is by default, and without a seed there is a
    new one. Raises `InvalidRequest` or `Refusal` with a sentence for whoever wrote them.
    """
    written = parse_advanced(f"{texts['settings']}, {texts['advanced']}")
    if written.keys() & OWN_FIELDS:
        raise Refusal("edit.own_field")
    model = written.pop("model", request.model)
    width, height = read_size(texts["size"], intake.native_size(model))
    first = written.pop("seeds", (None,))[0]
    kept = {
        name: value for name, value in request.model_dump().items() if name not in _ADVANCED_FIELDS
    }
    is_varied = bool(written.get("variation_strength"))
    own: dict[str, Any] = {
        "id": secrets.token_hex(JOB_ID_BYTES),
        "user": str(user_id),
        "prompt": texts["prompt"],
        "negative_prompt": texts["negative_prompt"],
        "model": model,
        "width": width,
        "height": height,
        "seeds": seeds_from(first, len(request.seeds), is_varied),
    }
    return GenerationRequest(**kept | own | written)


_ADVANCED_FIELDS = frozenset(
    field for control in CONTROLS if control.option == ADVANCED for field in control.fields
)


def _advanced(request: GenerationRequest) -> dict[str, object]:
    """Every advanced setting that is not as it is by default, once."""
    told: dict[str, object] = {}
    fields_told: set[tuple[str, ...]] = {("noise_schedule",)}
    for control in CONTROLS:
        if control.option == ADVANCED and control.fields not in fields_told:
            value: Any = control.write(request)
            fields_told.add(control.fields)
            if value is not None:
                told[control.key] = "{}x{}".format(*value) if isinstance(value, tuple) else value
    return told


def _line(settings: Mapping[str, object]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in settings.items())
