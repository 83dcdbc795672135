"""A request's two prompts taken apart: what guides, which texts it holds when, what is called.

It knows no tokens; see `pipeline.prompts.encoder` for what becomes of the texts.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.prompts.attention import (
    NAI_BRACKETS,
    WEBUI_BRACKETS,
    Fragment,
    parse_attention,
)
from pipeline.prompts.schedule import ScheduledText, schedule_texts
from pipeline.prompts.subprompts import split_subprompts
from pipeline.prompts.tags import Tag, extract_tags
from pipeline.requests import GenerationRequest
from pipeline.samplers import find_sampler


@dataclass(frozen=True, slots=True)
class Script:
    """One prompt as a sequence of texts, and its weight."""

    entries: tuple[ScheduledText, ...]
    weight: float = 1.0

    @property
    def counts(self) -> Mapping[str, int]:
        """Each text once, in the order of their first step, and how many entries hold it."""
        return Counter(entry.text for entry in self.entries)

    @property
    def end_steps(self) -> tuple[int, ...]:
        return tuple(entry.end_step for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request's prompts say."""

    positive: tuple[Script, ...]  # one for each sub-prompt
    negative: Script | None  # None: it cancels out
    tags: tuple[Tag, ...]


def read_prompts(request: GenerationRequest, number: int = 0) -> Reading:
    """Take a request's prompts apart, as they hold in its pass of that number.

    The negative prompt may change over time too, but AND and tags are mere text in it: the
    reference's way. Raises `InvalidRequest` where a number in the brackets is none.
    """
    prompt, tags = extract_tags(request.prompt)
    positive = tuple(
        Script(_entries(text, request, number), weight) for text, weight in split_subprompts(prompt)
    )
    sampler, _ = find_sampler(request.sampler)
    cancels_out = (
        request.guidance_scale == 1
        and [each.weight for each in positive] == [1.0]
        and not sampler.uses_unconditional
    )
    negative = None if cancels_out else Script(_entries(request.negative_prompt, request, number))
    return Reading(positive, negative, tuple(tags))


def _entries(prompt: str, request: GenerationRequest, number: int) -> tuple[ScheduledText, ...]:
    sampler, _ = find_sampler(request.sampler)
    # Samplers that call twice a step are given a schedule of twice as many steps.
    first, *later = (each.num_steps * (2 if sampler.second_order else 1) for each in request.passes)
    second = later[0] if number else None
    if request.prompt_syntax == "nai":  # square brackets weigh there, and do nothing else
        return (ScheduledText(second or first, prompt),)
    return tuple(schedule_texts(prompt, first, second, request.old_prompt_editing))


def fragments_of(text: str, request: GenerationRequest) -> list[Fragment]:
    """One text of a script with the weights that its brackets say."""
    if request.emphasis == "none":
        return [Fragment(text, 1.0)]
    is_nai = request.prompt_syntax == "nai"
    return parse_attention(text, NAI_BRACKETS if is_nai else WEBUI_BRACKETS)
