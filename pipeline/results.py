"""What the pipeline says while it works on a request, and what it hands over.

All of it is plain and picklable (PNG bytes, no tensors), so that nobody can tell whether the
worker was a process here or on another machine.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from pipeline.errors import PipelineError
from pipeline.requests import GenerationRequest


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request is not being worked on yet."""

    request_id: str
    num_before: int  # requests that are served before it, those running included
    seconds: float | None  # until its first step, from measured times; None while unknown


@dataclass(frozen=True, slots=True)
class GenerationProgress:
    """How far a request is: denoiser calls answered of those it will take, over all its images."""

    request_id: str
    num_done: int
    num_total: int
    preview: bytes | None = None  # a small WebP of all its images so far, side by side

    @property
    def fraction(self) -> float:
        return self.num_done / self.num_total


@dataclass(frozen=True, slots=True)
class GeneratedImage:
    """One finished picture: PNG bytes with its settings inside."""

    request_id: str
    index: int  # into the request's seeds
    seed: int
    width: int
    height: int
    png: bytes
    infotext: str


@dataclass(frozen=True, slots=True)
class Finished:
    """All images of a request have been sent."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A request ended without all of its images; the others go on."""

    request_id: str
    error: PipelineError


EngineEvent: TypeAlias = GenerationProgress | GeneratedImage | Finished | Failed
"""What an engine says when it took a step."""

Turn: TypeAlias = Literal["load", "encode", "denoise", "decode", "write", "train", "save", "idle"]
"""What a worker does in one step."""


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """One step of training was taken."""

    request_id: str
    num_done: int
    num_total: int
    loss: float  # of this step alone
    learning_rate: float

    @property
    def fraction(self) -> float:
        return self.num_done / self.num_total


@dataclass(frozen=True, slots=True)
class TrainingNote:
    """Something that whoever asked for training should know; training goes on."""

    request_id: str
    text: str


@dataclass(frozen=True, slots=True)
class StepPart:
    """A part of a step was computed: its driver may do something else before the next one."""

    request_id: str


@dataclass(frozen=True, slots=True)
class RoomWanted:
    """Memory ran out, and nothing smaller is left to try: others should give some of theirs back.

    Answered with "room made", the same is tried again; without an answer the run fails.
    """

    request_id: str


@dataclass(frozen=True, slots=True)
class PicturesWanted:
    """Training waits for pictures, one for each seed of these requests, to be made for it.

    Samples after a step are made with what was learned by then, whose `Artifact` came just before;
    those before the first step, and pictures to learn from, with the model as it is.
    """

    request_id: str
    requests: tuple[GenerationRequest, ...]
    num_done: int = 0  # steps
    is_sample: bool = False  # False: pictures to learn from
    num_made: int = 0  # of those to learn from, there are already
    num_total: int = 0  # of those to learn from, there will be


@dataclass(frozen=True, slots=True)
class Artifact:
    """What was learned, as a file or folder that a prompt or the config can name."""

    request_id: str
    folder: str  # in the folder of adapters, where it belongs
    path: Path
    num_steps: int  # that it learned for
    is_final: bool


Verdict: TypeAlias = Literal["too_early", "learning", "good", "blown", "spoiled"]
"""What the watch thinks of a run: "blown" is over-trained, "spoiled" has learned nothing."""


@dataclass(frozen=True, slots=True)
class FurnaceReport:
    """What the watch over a run saw at one step."""

    request_id: str
    num_done: int
    verdict: Verdict
    reason: str  # one sentence
    train_loss: float  # at fixed probes on the pictures that are learned from
    held_out_loss: float | None  # on the picture that is not; None where there is none
    norm: float  # of what is learned, as a multiple of what is usual
    variety: float | None  # of sample pictures across seeds, as a share of that at the beginning
    is_best: bool  # of all looks so far


@dataclass(frozen=True, slots=True)
class ClassPictures:
    """How many pictures of the class, from which DreamBooth learns what to keep, are made."""

    request_id: str
    num_made: int
    num_total: int


@dataclass(frozen=True, slots=True)
class SamplePictures:
    """How far a run is, as PNGs: one for each seed of the request's samples, in their order."""

    request_id: str
    num_done: int  # 0: before anything was learned
    pictures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LossPlot:
    """The losses of a run so far, as a PNG."""

    request_id: str
    num_done: int
    png: bytes


Order: TypeAlias = Literal["finish", "sample"]
"""To a run: end with what there is, as if this were its last step; make sample pictures now."""

RoomMade: TypeAlias = Literal["room made"]
"""To a run: there is more memory than when it wanted some."""

TrainingEvent: TypeAlias = (
    TrainingProgress
    | TrainingNote
    | StepPart
    | RoomWanted
    | PicturesWanted
    | Artifact
    | FurnaceReport
)
"""What a run of training says between two steps."""

TrainingNews: TypeAlias = (
    TrainingProgress
    | TrainingNote
    | Artifact
    | FurnaceReport
    | ClassPictures
    | SamplePictures
    | LossPlot
)
"""What a worker says of a run."""
