"""What can be asked of training.

A request is plain and frozen, knows neither Discord nor torch, and cannot exist broken: making
one either succeeds or raises `InvalidRequest` with a sentence for the person who asked.
"""

import hashlib
import math
from typing import Annotated, Any, Literal, Self, TypeAlias
from uuid import uuid4

from pydantic import Field, field_validator, model_validator

from pipeline.learning_rates import LearningRate, parse_schedule
from pipeline.pictures import picture_size
from pipeline.requests import MAX_SEED, MAX_SIZE, MIN_SIZE, GenerationRequest
from pipeline.training_methods import (
    METHODS,
    DreamBoothSettings,
    Settings,
    TextualInversionSettings,
    find_method,
)
from pipeline.training_templates import template_lines
from pipeline.values import PlainValue

MAX_TRAINING_STEPS = 100_000
MAX_PICTURES = 1000
MAX_BATCH = 64
MAX_NAME_LENGTH = 64  # characters
MAX_NAME_BYTES = 192  # in UTF-8; a file's name has room for 255, its ending among them
MIN_PICTURE = 32  # pixels a side
# What a run calls its own files and folders, beside which it writes what was learned.
RUN_FILES = frozenset(
    {"state", "state.pt", "state.part", "snapshots", "class", "deepspeed", "samples"}
    | {"settings.json", "watch.json", "watch.part", "loss.png", "lock", "command.lock"}
    | {"tensorboard"}
    | {f"{kind}_loss{ending}" for kind in METHODS for ending in (".csv", ".part")}
)
TRAINING_SIZE_STEP = 64  # pixels; what every UNet halves to whole latents

LatentSampling: TypeAlias = Literal["once", "deterministic", "random"]
# With less room taken: states of 8 bits; states in ordinary memory; so by DeepSpeed, ZeRO 2 or 3.
OptimizerName: TypeAlias = Literal["adamw", "adamw8bit", "offload", "deepspeed2", "deepspeed3"]
Precision: TypeAlias = Literal["auto", "float32", "float16", "bfloat16"]


class TrainingPicture(PlainValue):
    """One picture to learn from, and what is said of it."""

    content: bytes = Field(repr=False)  # PNG, JPEG, WebP or GIF
    caption: str = ""  # what [filewords] in a template stands for
    file: str = ""  # that it was read from, for errors; no part of what is learned

    @field_validator("content")
    @classmethod
    def _can_be_learned_from(cls, content: bytes) -> bytes:
        width, height = picture_size(content)
        if min(width, height) < MIN_PICTURE:
            raise ValueError(
                f"A picture of {width} x {height} pixels shows too little to learn from: every "
                f"picture needs at least {MIN_PICTURE} a side."
            )
        return content


class TrainingRequest(PlainValue):
    """One thing to be learned from some pictures."""

    id: Annotated[str, Field(max_length=64, pattern=r"^[\w-]+$")] = Field(  # its folder's name
        default_factory=lambda: uuid4().hex
    )
    user: str = ""  # whose turn it is when several wait
    max_running: int | None = None  # of this user's trainings at once; None: any number
    name: str  # what prompts will call the result by
    method: Annotated[Settings, Field(discriminator="kind")] = TextualInversionSettings()
    model: str | None = None  # None: the first in config
    pictures: tuple[TrainingPicture, ...] = Field(exclude=True, repr=False)
    class_pictures: tuple[TrainingPicture, ...] = Field(default=(), exclude=True, repr=False)
    width: int = 512
    height: int = 512
    num_steps: Annotated[int, Field(ge=1, le=MAX_TRAINING_STEPS)]
    learning_rate: str  # a schedule: "0.005:100, 1e-3:1000"
    batch_size: Annotated[int, Field(ge=1, le=MAX_BATCH)]
    optimizer: OptimizerName = "adamw"
    accumulation: Annotated[int, Field(ge=1, le=MAX_BATCH)] = 1  # batches that make one step
    clipping: Literal["none", "value", "norm"] = "none"
    clip_limit: str = "0.1"  # a schedule too
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = 0
    template: str  # a name in `pipeline.training_templates`, or lines of one's own
    shuffles_tags: bool = False
    tag_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0  # share of tags that are left out
    flip: Annotated[float, Field(ge=0, le=1)] = 0.0  # share of samples that are mirrored
    latent_sampling: LatentSampling = "once"
    stretches: bool = False  # True: pictures of other proportions are stretched, not cropped
    precision: Precision = "auto"  # bfloat16 or float16 on a GPU, float32 on a CPU
    gradient_checkpointing: bool = False  # True: less memory, slower; also when memory ends
    snapshot_every: Annotated[int, Field(ge=0)] = 500  # steps; 0: only at the end
    log_every: Annotated[int, Field(ge=0)] = 10  # steps; 0: no log
    sample_every: Annotated[int, Field(ge=0)] = 0  # steps between sample pictures; 0: none
    samples: tuple[GenerationRequest, ...] = ()
    watch_every: Annotated[int, Field(ge=0)] = 0  # steps between looks of the watch; 0: none
    holds_out: bool = False  # True: the last picture is not learned from, only looked at
    stops_when_blown: bool = False  # True: the watch may end the run, with the best snapshot
    kept_snapshots: Annotated[int, Field(ge=1)] = 1  # the latest so many, and the best
    resume_from: Annotated[int, Field(ge=0)] | None = None  # an earlier snapshot's step

    @property
    def learned_pictures(self) -> tuple[TrainingPicture, ...]:
        """All pictures but the one that is held out."""
        return self.pictures[:-1] if self.holds_out else self.pictures

    @property
    def schedule(self) -> list[LearningRate]:
        """The learning rates."""
        return parse_schedule(self.learning_rate, self.num_steps)

    @property
    def samples_per_step(self) -> int:
        """The effective batch."""
        return self.batch_size * self.accumulation

    @property
    def step_work(self) -> int:
        """What one step costs: pixels of all its samples."""
        return self.width * self.height * self.samples_per_step

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which every picture was seen once, at least one."""
        return max(len(self.learned_pictures) // self.samples_per_step, 1)

    @property
    def fingerprint(self) -> str:
        """What a snapshot's run and this one must have in common for one to go on as the other.

        Steps, rates and what is only said or saved on the way may differ: a run that went astray
        is taken up again at a smaller rate.
        """
        free = {"id", "user", "max_running", "num_steps", "learning_rate", "clip_limit"}
        free |= {
            "snapshot_every",
            "log_every",
            "sample_every",
            "samples",
            "watch_every",
            "stops_when_blown",
        }
        free |= {"kept_snapshots", "resume_from"}
        settings = self.model_dump_json(exclude=free)
        digest = hashlib.sha256(settings.encode())
        for picture in (*self.pictures, *self.class_pictures):
            digest.update(hashlib.sha256(picture.content).digest())
            digest.update(hashlib.sha256(picture.caption.encode()).digest())
        return digest.hexdigest()

    @model_validator(mode="before")
    @classmethod
    def _resolve_method(cls, values: object) -> object:
        """Take a method's name for its settings, and fill in its usual numbers."""
        if not isinstance(values, dict):
            return values
        method = values.get("method", TextualInversionSettings())
        if isinstance(method, str):
            method = find_method(method)()
        settings = method if not isinstance(method, dict) else find_method(str(method.get("kind")))
        usual: dict[str, Any] = {
            name: getattr(settings, name)
            for name in ("num_steps", "learning_rate", "batch_size", "template")
        }
        return (
            usual
            | {name: value for name, value in values.items() if value is not None}
            | {"method": method}
        )

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        name = name.strip()
        if not name or len(name) > MAX_NAME_LENGTH:
            raise ValueError(f"The name must have 1 to {MAX_NAME_LENGTH} characters.")
        if len(name.encode()) > MAX_NAME_BYTES:
            raise ValueError(f"The name `{name}` is too long for a file: take a shorter one.")
        if name.startswith(".") or not all(each.isalnum() or each in "._- " for each in name):
            raise ValueError(
                f"The name `{name}` cannot be taken: use letters, digits, spaces and . _ - only, "
                "and no dot in front."
            )
        if name in RUN_FILES:
            raise ValueError(f"The name `{name}` is one that the run itself needs: take another.")
        return name

    @field_validator("pictures")
    @classmethod
    def _are_some(cls, pictures: tuple[TrainingPicture, ...]) -> tuple[TrainingPicture, ...]:
        if not 1 <= len(pictures) <= MAX_PICTURES:
            raise ValueError(f"Training needs 1 to {MAX_PICTURES:,} pictures.")
        return pictures

    @field_validator("width", "height")
    @classmethod
    def _is_a_size(cls, size: int) -> int:
        if not MIN_SIZE <= size <= MAX_SIZE or size % TRAINING_SIZE_STEP:
            raise ValueError(
                f"A training size of {size} pixels is not possible: take a multiple of "
                f"{TRAINING_SIZE_STEP} from {MIN_SIZE} to {MAX_SIZE}."
            )
        return size

    @field_validator("template")
    @classmethod
    def _says_something(cls, template: str) -> str:
        template_lines(template)
        return template

    @model_validator(mode="after")
    def _has_something_to_learn(self) -> Self:
        if not self.learned_pictures:
            raise ValueError("Holding a picture out needs another one to learn from.")
        return self

    @model_validator(mode="after")
    def _has_a_class_to_keep(self) -> Self:
        settings = self.method
        keeps = isinstance(settings, DreamBoothSettings) and settings.class_prompts
        if self.class_pictures and not keeps:
            raise ValueError(
                "Pictures of a class are for DreamBooth with a class prompt, such as `a dog`."
            )
        return self

    @model_validator(mode="after")
    def _has_usable_schedules(self) -> Self:
        for what, text in (("learning rate", self.learning_rate), ("clip limit", self.clip_limit)):
            schedule = parse_schedule(text, self.num_steps, what=what)
            if not all(0 <= each.rate < math.inf for each in schedule):
                raise ValueError(f"The {what} `{text}` is not possible: take numbers from 0 up.")
        return self
