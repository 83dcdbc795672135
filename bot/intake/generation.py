"""What was typed → `GenerationRequest`. Discord's own checks are not relied upon.

It knows no interaction, so that what people type can be tried without one.
"""

import random
import secrets
from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Self

from bot.errors import Refusal
from bot.intake.sizes import SQUARE, read_size
from bot.locales import Counted
from pipeline import (
    LANCZOS,
    MAX_SEED,
    SAMPLERS,
    AdapterNames,
    ArtifactKind,
    GenerationRequest,
    ModelConfig,
    PipelineConfig,
    UnknownModel,
    check_prompts,
    fields_of,
    find_sampler,
    parse_advanced,
)

MAX_COUNT = 4  # pictures of one request: what Discord shows as one block
JOB_ID_BYTES = 12  # 24 characters; the id is also a nonce, which has at most 25

ADAPTERS: Mapping[ArtifactKind, str] = {
    "embedding": "embeddings",
    "hypernetwork": "hypernetworks",
    "lora": "loras",
    "aesthetic": "aesthetic",
}
"""Fields of `AdapterNames`, by what is called there."""

# Options that are one field of a request.
OPTION_FIELDS = {
    "negative_prompt": "negative_prompt",
    "steps": "num_steps",
    "guidance_scale": "guidance_scale",
    "sampler": "sampler",
    "model": "model",
    "strength": "strength",
    "resize_mode": "resize_mode",
    "upscaler": "upscaler",
    "invert": "inverted_mask",
    "blur": "mask_blur",
    "content": "masked_content",
    "area": "inpaint_area",
    "padding": "mask_padding",
}


def new_id() -> str:
    """The id of something that nobody has asked for yet."""
    return secrets.token_hex(JOB_ID_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedOptions:
    """The options of `/imagine`, and of what begins from a picture, as they came."""

    prompt: str
    negative_prompt: str = ""
    size: str = SQUARE
    steps: int = 20
    guidance_scale: float | None = None  # None: the model's own
    sampler: str = SAMPLERS[0].label
    seed: int | None = None
    count: int = 1
    model: str | None = None
    preset: str | None = None
    strength: float = 0.75
    resize_mode: str = "stretch"
    upscaler: str = LANCZOS
    invert: bool = False
    blur: int = 4
    content: str = "original"
    area: str = "whole_picture"
    padding: int = 32
    advanced: str = ""
    explicit: frozenset[str] = frozenset()
    """The options that somebody gave themselves: a preset does not change these."""


class GenerationIntake:
    """Makes requests for the models that are configured."""

    def __init__(self, config: PipelineConfig) -> None:
        self._config = config
        self.models: Mapping[str, ModelConfig] = config.models
        self._default_model = config.default_model
        self._adapters_folder = config.adapters_folder
        self._learned: Mapping[ArtifactKind, Collection[str]] = {}
        self.training_folder = config.training_folder

    def adapters(self) -> AdapterNames:
        """All that prompts may call by name now; looks into folders, which may take a while."""
        found = AdapterNames.in_folder(self._adapters_folder)
        learned = {ADAPTERS[kind]: frozenset(names) for kind, names in self._learned.items()}
        return replace(found, **{it: getattr(found, it) | more for it, more in learned.items()})

    def check_prompts(self, request: GenerationRequest) -> None:
        """Raise `InvalidRequest` for prompts that cannot be followed; takes as long as that."""
        check_prompts(request, self.adapters())

    def with_learned(
        self, bases: Mapping[str, str | None], names: Mapping[ArtifactKind, Collection[str]]
    ) -> Self:
        """The same with what somebody may use beside what config names.

        Of models, by their names, the one in config that each is like.
        """
        more = {
            name: self.models[base] for name, base in bases.items() if base and base in self.models
        }
        other = copy(self)
        other.models = {**self.models, **{it: more[it] for it in more if it not in self.models}}
        other._learned = names
        return other

    def native_size_of(self, request: GenerationRequest) -> int:
        """The side in pixels that a request's model was trained on. Raises `UnknownModel`."""
        checkpoint = request.checkpoint
        return self.native_size(checkpoint.base if checkpoint else request.model)

    def native_size(self, model: str | None) -> int:
        """The side in pixels that a model was trained on. Raises `UnknownModel`."""
        name = model or self._default_model
        if name not in self.models:
            raise UnknownModel(name, list(self.models))
        return self.models[name].native_size

    @property
    def upscalers(self) -> list[str]:
        """What can make a picture larger before its details are drawn anew."""
        return [LANCZOS, *self._config.upscaler_files]

    def guidance_scale(self, model: str | None) -> float | None:
        """What a model is guided with where nobody says; None where there is no such model."""
        config = self.models.get(model or self._default_model)
        return config.guidance_scale if config else None

    def request(self, typed: TypedOptions, user_id: int) -> GenerationRequest:
        """Read the options.

        Raises `InvalidRequest` or `Refusal` with a sentence for whoever typed them.
        """
        fields = _kept(typed) | _asked(typed)
        self._config.check_upscaler(fields["upscaler"])
        # By name even when it is the default: the default may be another after a restart.
        model = fields.pop("model", None) or self._default_model
        native_size = self.native_size(model)
        if fields["guidance_scale"] is None:
            fields["guidance_scale"] = self.guidance_scale(model)
        if "width" in fields and "size" in typed.explicit:
            raise Refusal("imagine.size_twice")
        if "width" not in fields:
            fields["width"], fields["height"] = read_size(typed.size, native_size)
        (first,) = fields.pop("seeds", (None,))
        is_varied = bool(fields.get("variation_strength"))
        return GenerationRequest(
            id=new_id(),
            user=str(user_id),
            model=model,
            seeds=seeds_from(first, typed.count, is_varied),
            wants_previews=True,
            **fields,
        )

    def again(self, request: GenerationRequest, user_id: int) -> GenerationRequest:
        """The same once more with a new seed, for whoever asks now."""
        self.native_size(request.model)
        new = {
            "id": new_id(),
            "user": str(user_id),
            "seeds": seeds_from(None, len(request.seeds), bool(request.variation_strength)),
        }
        return GenerationRequest(**request.model_dump() | new)


def _asked(typed: TypedOptions) -> dict[str, Any]:
    """The fields that are set for this very picture, and those that were set once for all.

    What somebody sets now is refused where they say it twice, and wins over what was kept.
    """
    given = _given(typed)
    if "advanced" in typed.explicit:
        return fields_of(given, typed.advanced, typed.preset)
    kept = parse_advanced(typed.advanced)
    if "size" in typed.explicit:
        kept = {name: value for name, value in kept.items() if name not in ("width", "height")}
    if "preset" in typed.explicit:
        return kept | fields_of(given, preset=typed.preset)
    return fields_of(kept | given, preset=typed.preset)


def _given(typed: TypedOptions) -> dict[str, Any]:
    """The fields that somebody set themselves by an option, the prompt among them."""
    names = {"prompt": "prompt"} | OPTION_FIELDS
    said = typed.explicit | {"prompt"}
    fields = {field: getattr(typed, option) for option, field in names.items() if option in said}
    if typed.seed is not None:
        fields["seeds"] = (typed.seed,)
    if typed.preset:
        # Tags of a preset stand before these, whoever set them.
        fields["negative_prompt"] = typed.negative_prompt
    return fields


def _kept(typed: TypedOptions) -> dict[str, Any]:
    """The fields as they are where nobody says anything about this very picture."""
    kept = {field: getattr(typed, option) for option, field in OPTION_FIELDS.items()}
    if "noise_schedule" in parse_advanced(typed.advanced):
        # "DPM++ 2M Karras" names a schedule as well, which is not what was asked for now.
        sampler, _ = find_sampler(typed.sampler)
        kept["sampler"] = sampler.id
    return kept


def refuse_second_pass(request: GenerationRequest) -> None:
    """Raise `Refusal` where a request that begins from a picture has one."""
    if request.hires_scale is not None:
        raise Refusal("img2img.no_second_pass")


def seeds_from(first: int | None, count: int, is_varied: bool) -> tuple[int, ...]:
    """A seed for each picture; where a variation seed varies them, the same for all."""
    if not 1 <= count <= MAX_COUNT:
        raise Refusal(
            "imagine.no_such_count", pictures=Counted("pictures", count), max_count=MAX_COUNT
        )
    if first is None:
        # A seed that people may want to type again needs luck, not secrecy; the highest few
        # have no room for the pictures after the first.
        first = random.randrange(MAX_SEED - MAX_COUNT)
    return (first,) * count if is_varied else tuple(range(first, first + count))
