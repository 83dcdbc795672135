"""What can be asked of the pipeline.

A request is plain and frozen, knows neither Discord nor torch, and cannot exist broken:
making one either succeeds or raises `InvalidRequest` with a sentence for the person who asked.
"""

import math
from typing import Annotated, Literal, NamedTuple, Self, TypeAlias
from uuid import uuid4

from pydantic import Field, ValidationInfo, field_validator, model_validator

from pipeline.aesthetic_settings import AestheticSettings
from pipeline.artifact import UsedArtifact, find_artifact
from pipeline.picture_input import PictureInput
from pipeline.samplers import AUTOMATIC, find_noise_schedule, find_sampler
from pipeline.second_pass import SecondPass
from pipeline.strength import StepPlan, plan_steps

MAX_SEED = 2**32 - 1
MAX_PROMPT_LENGTH = 2000  # characters
MAX_STEPS = 150
MAX_GUIDANCE_SCALE = 30.0
MIN_SIZE, MAX_SIZE = 64, 2048  # pixels a side
SIZE_STEP = 8  # pixels; one latent
MAX_IMAGES = 16
MAX_CLIP_SKIP = 12
MAX_CHURN = 100.0
MAX_COMMA_BACKTRACK = 75  # tokens: a whole chunk
DEFAULT_SAMPLER = "euler_a"

NoiseSourceName: TypeAlias = Literal["cpu", "nv"]
EmphasisName: TypeAlias = Literal["original", "no_norm", "ignore", "none"]
PromptSyntax: TypeAlias = Literal["webui", "nai"]  # nai: braces and brackets weigh 1.05


class Pass(NamedTuple):
    """One way from noise to a picture. A second one goes over the first one's, made larger."""

    width: int  # pixels
    height: int
    num_steps: int
    plan: StepPlan | None  # which of the steps run; None: all of them, from noise alone


class GenerationRequest(AestheticSettings, PictureInput, SecondPass):
    """One prompt to be made into `len(seeds)` images, each from its own seed."""

    id: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        default_factory=lambda: uuid4().hex
    )
    user: str = ""  # whose turn it is when several wait
    max_running: int | None = None  # of this user's requests at once; None: any number
    prompt: str
    negative_prompt: str = ""
    model: str | None = None  # None: the first in config
    width: int = 512
    height: int = 512
    num_steps: int = 20
    guidance_scale: float = 7.0
    sampler: str = DEFAULT_SAMPLER
    noise_schedule: str = AUTOMATIC
    seeds: tuple[int, ...]
    variation_seed: int = 0
    variation_strength: float = 0.0
    resized_from: tuple[int, int] | None = None  # width and height that the noise is drawn at
    noise_source: NoiseSourceName = "cpu"
    eta: float | None = None  # None: the sampler's own
    eta_noise_seed_delta: int = 0
    s_churn: float = 0.0
    s_tmin: float = 0.0
    s_tmax: float = 0.0  # 0: no upper end
    s_noise: float = 1.0
    discard_penultimate_sigma: bool = False  # True: also where the sampler does not ask for it
    clip_skip: int = 1
    emphasis: EmphasisName = "original"
    prompt_syntax: PromptSyntax = "webui"
    old_prompt_editing: bool = False
    comma_backtrack: int = 20  # tokens
    wants_previews: bool = False
    artifacts: tuple[UsedArtifact, ...] = ()  # what it may name beside the folder of adapters

    @property
    def checkpoint(self) -> UsedArtifact | None:
        """What its model is, if that is none in config but something learned."""
        return find_artifact(self.artifacts, "checkpoint", self.model) if self.model else None

    @property
    def step_plan(self) -> StepPlan | None:
        """Which steps run on the input picture; None where there is no picture, and all run."""
        if self.init_image is None:
            return None
        return plan_steps(self.num_steps, self.strength, self.exact_steps)

    @property
    def num_evaluations(self) -> int:
        """Denoiser calls that one of its images takes; of some samplers only a guess."""
        sampler, _ = find_sampler(self.sampler)
        return sum(sampler.num_evaluations(each.num_steps, each.plan) for each in self.passes)

    @property
    def passes(self) -> tuple[Pass, ...]:
        """One, or with a second pass two; of the last one's size the pictures are."""
        first = Pass(self.width, self.height, self.num_steps, self.step_plan)
        if self.hires_scale is None:
            return (first,)
        width, height = (
            int(side * self.hires_scale) // SIZE_STEP * SIZE_STEP
            for side in (self.width, self.height)
        )
        num_steps = self.hires_steps or self.num_steps
        plan = plan_steps(num_steps, self.hires_strength, exact=True)
        return first, Pass(width, height, num_steps, plan)

    @property
    def pixels_per_call(self) -> float:
        """Pixels that one denoiser call for one of its images computes, on the average."""
        sampler, _ = find_sampler(self.sampler)
        pixels = sum(
            each.width * each.height * sampler.num_evaluations(each.num_steps, each.plan)
            for each in self.passes
        )
        return pixels / self.num_evaluations

    @field_validator("prompt", "negative_prompt")
    @classmethod
    def _is_text(cls, text: str) -> str:
        if len(text) > MAX_PROMPT_LENGTH:
            raise ValueError(
                f"The prompt has {len(text):,} characters; at most {MAX_PROMPT_LENGTH:,} fit."
            )
        # Lone surrogates cannot be written as UTF-8: they would break the PNG, not the model.
        text = text.encode("utf-8", "replace").decode("utf-8")
        return "".join(
            sign for sign in text if sign in "\n\t" or sign.isprintable() or sign in JOINERS
        )

    @field_validator("width", "height")
    @classmethod
    def _is_a_size(cls, size: int) -> int:
        if size % SIZE_STEP or not MIN_SIZE <= size <= MAX_SIZE:
            nearest = min(max(round(size / SIZE_STEP) * SIZE_STEP, MIN_SIZE), MAX_SIZE)
            raise ValueError(
                f"A side of {size} pixels is not possible: take a multiple of {SIZE_STEP} "
                f"from {MIN_SIZE} to {MAX_SIZE}, {nearest} is the nearest."
            )
        return size

    @field_validator("num_steps")
    @classmethod
    def _is_a_step_count(cls, num_steps: int) -> int:
        if not 1 <= num_steps <= MAX_STEPS:
            raise ValueError(f"{num_steps:,} steps are not possible: take 1 to {MAX_STEPS}.")
        return num_steps

    @field_validator("guidance_scale", mode="before")
    @classmethod
    def _is_a_guidance_scale(cls, scale: object) -> object:
        if isinstance(scale, int | float) and not (
            math.isfinite(scale) and 1.0 <= scale <= MAX_GUIDANCE_SCALE
        ):
            raise ValueError(
                f"A guidance scale of {scale} is not possible: take 1 to {MAX_GUIDANCE_SCALE:g}."
            )
        return scale

    @field_validator("seeds")
    @classmethod
    def _are_seeds(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if not 1 <= len(seeds) <= MAX_IMAGES:
            raise ValueError(f"{len(seeds)} images are not possible: take 1 to {MAX_IMAGES}.")
        for seed in seeds:
            if not 0 <= seed <= MAX_SEED:
                raise ValueError(f"Seed {seed} is not possible: take 0 to {MAX_SEED}.")
        return seeds

    @field_validator("variation_seed")
    @classmethod
    def _is_a_variation_seed(cls, seed: int) -> int:
        if not 0 <= seed <= MAX_SEED:
            raise ValueError(f"Variation seed {seed} is not possible: take 0 to {MAX_SEED}.")
        return seed

    @field_validator("variation_strength")
    @classmethod
    def _is_a_share(cls, strength: float) -> float:
        if not 0.0 <= strength <= 1.0:
            raise ValueError(f"A variation strength of {strength} is not possible: take 0 to 1.")
        return strength

    @field_validator("resized_from")
    @classmethod
    def _is_a_size_to_resize_from(cls, size: tuple[int, int] | None) -> tuple[int, int] | None:
        if size and not all(SIZE_STEP <= side <= MAX_SIZE for side in size):
            raise ValueError(
                f"Seed resize from {size[0]}x{size[1]} is not possible: take sides of "
                f"{SIZE_STEP} to {MAX_SIZE} pixels."
            )
        return size

    @field_validator("eta_noise_seed_delta")
    @classmethod
    def _is_a_delta(cls, delta: int) -> int:
        if abs(delta) > MAX_SEED:
            raise ValueError(f"ENSD {delta} is not possible: take -{MAX_SEED} to {MAX_SEED}.")
        return delta

    @field_validator("eta", "s_churn", "s_tmin", "s_tmax", "s_noise", mode="before")
    @classmethod
    def _is_not_negative(cls, number: object, info: ValidationInfo) -> object:
        if isinstance(number, int | float) and not 0 <= number <= MAX_CHURN:
            raise ValueError(
                f"{info.field_name} {number} is not possible: take 0 to {MAX_CHURN:g}."
            )
        return number

    @field_validator("clip_skip")
    @classmethod
    def _is_a_layer(cls, clip_skip: int) -> int:
        if not 1 <= clip_skip <= MAX_CLIP_SKIP:
            raise ValueError(f"Clip skip {clip_skip} is not possible: take 1 to {MAX_CLIP_SKIP}.")
        return clip_skip

    @field_validator("comma_backtrack")
    @classmethod
    def _is_in_a_chunk(cls, comma_backtrack: int) -> int:
        if not 0 <= comma_backtrack <= MAX_COMMA_BACKTRACK:
            raise ValueError(
                f"A comma backtrack of {comma_backtrack} tokens is not possible: take 0 to "
                f"{MAX_COMMA_BACKTRACK}."
            )
        return comma_backtrack

    @model_validator(mode="before")
    @classmethod
    def _resolve_names(cls, values: object) -> object:
        """Turn what people type ("DPM++ 2M Karras") into ids: every later reader sees ids."""
        if not isinstance(values, dict):
            return values
        sampler, noise_schedule = find_sampler(str(values.get("sampler", DEFAULT_SAMPLER)))
        named = noise_schedule or values.get("noise_schedule", AUTOMATIC)
        return values | {"sampler": sampler.id, "noise_schedule": find_noise_schedule(str(named))}

    @model_validator(mode="after")
    def _suits_the_sampler(self) -> Self:
        sampler, _ = find_sampler(self.sampler)
        if self.num_steps < sampler.min_steps:
            raise ValueError(f"{sampler.label} needs at least {sampler.min_steps} steps.")
        if self.eta is not None and sampler.max_eta is not None and self.eta > sampler.max_eta:
            raise ValueError(
                f"Eta {self.eta:g} is not possible with {sampler.label}: "
                f"take 0 to {sampler.max_eta:g}."
            )
        return self

    @model_validator(mode="after")
    def _has_room_for_a_second_pass(self) -> Self:
        if self.hires_scale is None:
            return self
        if self.init_image is not None:
            raise ValueError(
                "A second pass is for pictures that begin from noise: one that begins from another "
                "picture takes that in the larger size."
            )
        larger = self.passes[-1]
        if max(larger.width, larger.height) > MAX_SIZE:
            raise ValueError(
                f"{self.hires_scale:g} times as large the picture would have {larger.width} x "
                f"{larger.height} pixels; at most {MAX_SIZE} a side are possible."
            )
        return self

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.prompt.strip():
            raise ValueError("The prompt is empty: say what the picture should show.")
        return self


# Zero-width joiners hold emoji together; they are not printable, and yet they are text.
JOINERS = "\u200c\u200d"
