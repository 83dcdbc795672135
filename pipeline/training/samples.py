"""Sample pictures of a run: what is asked for before anything was learned."""

from collections.abc import Iterable
from re import Match

from pipeline.prompts.tags import TAG
from pipeline.requests import GenerationRequest


def untaught(requests: Iterable[GenerationRequest], name: str) -> tuple[GenerationRequest, ...]:
    """The same without the tags that call what is yet to be learned; its name is just a word."""

    def keep(match: Match[str]) -> str:
        return "" if match[2].split(":")[0].strip() == name else match[0]

    return tuple(
        each.model_copy(update={"prompt": TAG.sub(keep, each.prompt)}) for each in requests
    )
