"""The demo model's small language: words for what is in a picture, and what is left unsaid."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.models.demo.pictures import COLOURS, PATTERNS, PLACES, RADII, SHAPES
from pipeline.models.demo.scenes import FACTS, Attributes, Random, Scene

PLACE_PHRASES = {
    "left": "on the left",
    "right": "on the right",
    "top": "at the top",
    "bottom": "at the bottom",
    "center": "in the center",
}
OPENINGS = ("a photo of", "a painting of", "a picture of", "a drawing of", "an image of")
ALL_SAID, EACH_SAID = 0.6, 0.6
EMPTY_SHARE = 0.1

# Every word that is one token; any other text is spelt out in pieces.
WORDS = (
    *SHAPES,
    *PATTERNS,
    *COLOURS,
    *PLACES,
    *RADII,
    *("a", "an", "the", "of", "on", "in", "at", "and", "with", "background", "shape", "pattern"),
    *("photo", "painting", "picture", "drawing", "image", "middle", "side"),
)


@dataclass(frozen=True, slots=True)
class Caption:
    """A text, and which facts of the picture's only thing it tells."""

    text: str
    told: frozenset[str]


def caption_for(scene: Scene, rng: Random) -> Caption:
    """One of the many ways to describe a scene, telling all or only some of it."""
    told = chosen_facts(scene.attributes[0], rng)
    if len(scene.attributes) > 1:
        return Caption(decorated(describe_pair(scene.attributes, told, rng), rng), frozenset())
    return Caption(decorated(describe(scene.attributes[0], told, rng), rng), told)


def chosen_facts(attributes: Attributes, rng: Random) -> frozenset[str]:
    """What will be told: mostly everything, never what has no name."""
    everything = rng.random() < ALL_SAID
    told = {fact for fact in FACTS if everything or rng.random() < EACH_SAID}
    if attributes.colour is None:
        told.discard("colour")
    if attributes.kind in PATTERNS:
        told -= {"place", "size"}
    return frozenset(told)


def noun(attributes: Attributes, told: frozenset[str]) -> str:
    """Such as "large red circle", "red shape" or "dots"."""
    vague = "pattern" if attributes.kind in PATTERNS else "shape"
    words = [
        attributes.size if "size" in told else "",
        attributes.colour or "" if "colour" in told else "",
        attributes.kind if "kind" in told else vague,
    ]
    return " ".join(word for word in words if word)


def with_article(phrase: str) -> str:
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def named(attributes: Attributes, told: frozenset[str]) -> str:
    plain = attributes.kind == "dots" and "kind" in told
    phrase = noun(attributes, told)
    return phrase if plain else with_article(phrase)


def describe(attributes: Attributes, told: frozenset[str], rng: Random) -> str:
    """One thing, as a sentence or as a list of tags."""
    if rng.random() < 0.3:
        return tags(attributes, told, rng)
    subject = named(attributes, told) if rng.random() < 0.85 else noun(attributes, told)
    background = f"{with_article(attributes.background)} background"
    short = f"on {attributes.background}"
    place = PLACE_PHRASES[attributes.place]
    if {"place", "background"} <= told:
        long = (f"{place} of {background}", f"{place} on {background}", f"{place}, {short}")
        return f"{subject} {_one_of(long, rng)}"
    if "place" in told:
        return f"{subject} {place}"
    if "background" in told:
        return f"{subject} {_one_of((f'on {background}', f'on {background}', short), rng)}"
    return subject


def tags(attributes: Attributes, told: frozenset[str], rng: Random) -> str:
    """Such as "small green star, top, white background", in any order."""
    parts = [noun(attributes, told)]
    if "place" in told:
        phrases = (attributes.place, attributes.place, PLACE_PHRASES[attributes.place])
        parts.append(_one_of(phrases, rng))
    if "background" in told:
        parts.append(f"{attributes.background} background")
    if rng.random() < 0.4:
        rng.shuffle(parts)
    return ", ".join(parts)


def describe_pair(pair: Sequence[Attributes], told: frozenset[str], rng: Random) -> str:
    """Two things on one background."""
    subjects = [named(one, told - {"size"}) for one in pair]
    if "place" in told:
        places = [PLACE_PHRASES[one.place] for one in pair]
        subjects = [" ".join(both) for both in zip(subjects, places, strict=True)]
    if rng.random() < 0.5:
        subjects.reverse()
    text = " and ".join(subjects)
    if "background" not in told:
        return text
    return f"{text} on {with_article(pair[0].background)} background"


def decorated(text: str, rng: Random) -> str:
    """Sometimes an opening, rarely a word that means nothing."""
    if rng.random() < 0.2:
        text = f"{_one_of(OPENINGS, rng)} {text}"
    if rng.random() < 0.03:
        text = f"{text}, {nonsense(rng)}"
    return text


def nonsense(rng: Random) -> str:
    letters = "bcdfgklmnprstvz", "aeiou"
    return "".join(_one_of(letters[place % 2], rng) for place in range(rng.integers(3, 8)))


def _one_of(choices: Sequence[str], rng: Random) -> str:
    return choices[int(rng.integers(len(choices)))]
