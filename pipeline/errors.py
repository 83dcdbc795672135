"""Everything that can go wrong in the pipeline, worded for the person who asked.

PipelineError
├── InvalidRequest           the request can never work; whoever asked must change it
│   ├── UnknownSampler
│   ├── UnknownNoiseSchedule
│   ├── UnknownSetting
│   ├── UnknownPreset
│   ├── UnknownModel
│   ├── UnknownAdapter
│   ├── UnknownUpscaler
│   └── UnknownTag
├── ConfigError              `config.toml` or the command line cannot be followed
├── ModelUnavailable         a checkpoint is missing, truncated or of an unknown kind
├── UpscalerUnavailable      a super-resolution model cannot be read, or what reads it is missing
├── AdapterUnreadable        an adapter is damaged, unsafe or of another kind
└── GenerationFailed         the request was fine; making the picture was not
    ├── OutOfMemory          the device cannot hold this request, even on its own
    ├── WorkerLost           the process that computed it died or hung, even on its own
    ├── InvalidPicture       the model gave numbers that are not a picture
    ├── TrainingDiverged     what was being learned became NaN
    └── Cancelled            whoever asked withdrew the request

A class's docstring is its message when none is given.
"""

from collections.abc import Sequence
from difflib import get_close_matches

MAX_SHOWN = 50  # characters of what somebody typed


class PipelineError(Exception):
    """Something went wrong while making your picture."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)

    @property
    def message(self) -> str:
        return str(self.args[0])


class InvalidRequest(PipelineError):
    """This request cannot be followed."""


class _UnknownName(InvalidRequest):
    """A name that nothing here answers to; carries the names that were near."""

    kind = "thing"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        near = get_close_matches(
            name.lower()[:MAX_SHOWN], [entry.lower() for entry in known], n=3, cutoff=0.5
        )
        offered = [entry for entry in known if entry.lower() in near] or list(known)[:10]
        hint = f"Try: {', '.join(offered)}." if offered else "There is none at all here."
        shown = name if len(name) <= MAX_SHOWN else f"{name[:MAX_SHOWN]}…"
        super().__init__(f"There is no {self.kind} called `{shown}`. {hint}")
        self.name = name
        self.known = tuple(known)

    def __reduce__(self) -> tuple[type["_UnknownName"], tuple[object, ...]]:
        # Errors cross the socket between worker and bot; the default would lose the arguments.
        return type(self), (self.name, self.known)


class UnknownSampler(_UnknownName):
    """There is no such sampler."""

    kind = "sampler"


class UnknownNoiseSchedule(_UnknownName):
    """There is no such noise schedule."""

    kind = "noise schedule"


class UnknownSetting(_UnknownName):
    """There is no such setting."""

    kind = "setting"


class UnknownPreset(_UnknownName):
    """There is no such preset."""

    kind = "preset"


class UnknownModel(_UnknownName):
    """There is no such model."""

    kind = "model"


class UnknownAdapter(_UnknownName):
    """There is no such embedding or hypernetwork."""

    def __init__(self, name: str, known: Sequence[str], kind: str = "adapter") -> None:
        self.kind = kind
        super().__init__(name, known)

    def __reduce__(self) -> tuple[type["_UnknownName"], tuple[object, ...]]:
        return type(self), (self.name, self.known, self.kind)


class UnknownUpscaler(_UnknownName):
    """There is no such upscaler."""

    kind = "upscaler"


class UnknownTag(_UnknownName):
    """There is no such tag."""

    kind = "tag"


class ConfigError(PipelineError):
    """The configuration cannot be followed."""


class ModelUnavailable(PipelineError):
    """The model cannot be loaded."""


class UpscalerUnavailable(PipelineError):
    """The upscaler cannot be used."""


class AdapterUnreadable(PipelineError):
    """The embedding or hypernetwork cannot be read."""


class GenerationFailed(PipelineError):
    """The picture could not be made; nothing was wrong with what you asked."""


class OutOfMemory(GenerationFailed):
    """The device has too little memory for this picture, even on its own. Try a smaller size."""


class WorkerLost(GenerationFailed):
    """The process that makes pictures stopped twice at this one. Try other settings."""


class InvalidPicture(GenerationFailed):
    """The model gave no picture but NaN. Try another sampler or a lower guidance scale."""


class TrainingDiverged(GenerationFailed):
    """What was being learned became NaN."""

    def __init__(self, step: int, kept_step: int, folder: str) -> None:
        kept = (
            f"The last good snapshot, of step {kept_step:,}, is kept in `{folder}`: go on from "
            "there with a smaller learning rate."
            if kept_step
            else "There was no snapshot yet: begin again with a smaller learning rate."
        )
        super().__init__(f"Training blew up at step {step:,}: its loss became NaN. {kept}")
        self.step, self.kept_step, self.folder = step, kept_step, folder

    def __reduce__(self) -> tuple[type["TrainingDiverged"], tuple[object, ...]]:
        return type(self), (self.step, self.kept_step, self.folder)


class Cancelled(GenerationFailed):
    """Cancelled."""
