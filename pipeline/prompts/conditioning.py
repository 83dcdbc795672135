"""What one image attends to, call by call."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.models.attention import TextContext
from pipeline.prompts.schedule import entry_at


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """One prompt's contexts in the order they hold; all have the same number of tokens."""

    end_steps: tuple[int, ...]
    contexts: tuple[TextContext, ...]

    def at(self, num_calls: int) -> TextContext:
        """What holds at the denoiser call after `num_calls` others of the same image."""
        return self.contexts[entry_at(self.end_steps, num_calls)]


@dataclass(frozen=True, slots=True, eq=False)
class Conditioning:
    """The prompts that guide an image, each with a weight, and the one that it is led away from."""

    positive: tuple[Timeline, ...]
    weights: tuple[float, ...]
    negative: Timeline | None  # None: it cancels out
    embedding_hashes: Mapping[str, str]  # of those that were used, by name
    lora_hashes: Mapping[str, str]  # short ones of those that were called, by name

    def at(self, num_calls: int) -> list[TextContext]:
        """The context of each row of a call: every sub-prompt's, then the negative prompt's."""
        timelines = [*self.positive, *([self.negative] if self.negative else [])]
        return [timeline.at(num_calls) for timeline in timelines]
