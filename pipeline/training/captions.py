"""From a picture's caption and a template to the text that is learned from (spec: webui §5.4)."""

from random import Random

from pipeline.training.randomness import choice_source
from pipeline.training_request import TrainingRequest
from pipeline.training_templates import template_lines

NAME, FILEWORDS = "[name]", "[filewords]"


def text_for(request: TrainingRequest, picture: int, sample: int) -> str:
    """What is said of a picture when a sample shows it.

    As in webui, a picture keeps the line that it drew first, unless its tags change anyway.
    """
    caption = request.pictures[picture].caption
    changes = request.shuffles_tags or request.tag_dropout > 0
    source = (
        choice_source(request.seed, "text", sample)
        if changes
        else choice_source(request.seed, "line", picture)
    )
    line = source.choice(template_lines(request.template))
    if changes:
        caption = ",".join(varied(caption.split(","), request, source))
    return filled(line, caption, request.name)


def filled(line: str, caption: str, name: str) -> str:
    """A template's line with a picture's caption and the name of what is learned in it."""
    return line.replace(FILEWORDS, caption).replace(NAME, name)


def varied(tags: list[str], request: TrainingRequest, source: Random) -> list[str]:
    """Some of the tags, in another order if that was asked for."""
    kept = [tag for tag in tags if source.random() >= request.tag_dropout]
    if request.shuffles_tags:
        source.shuffle(kept)
    return kept
