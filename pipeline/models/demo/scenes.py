"""What may be in a picture, drawn at random: named attributes, jitter, and what is held out."""

from dataclasses import dataclass, replace
from itertools import product
from zlib import crc32

import numpy as np

from pipeline.models.demo.pictures import (
    ALL_FORMS,
    COLOURS,
    PATTERNS,
    PLACES,
    RADII,
    SHAPES,
    Colour,
    Picture,
    Thing,
    place_center,
)

Random = np.random.Generator
Size = tuple[int, int]  # width, height in pixels

NATIVE: Size = (128, 128)
OTHER_SIZES: tuple[Size, ...] = ((96, 128), (128, 96), (160, 128), (128, 160), (192, 128), (96, 96))
FACTS = ("kind", "colour", "background", "place", "size")
HELD_OUT_SHARE = 0.1
COLOUR_JITTER = 0.03
PLACE_JITTER = 0.003
RADIUS_JITTER = 0.01


def random_source(purpose: str, number: int) -> Random:
    """The same randomness for the same purpose and number, on every machine."""
    return np.random.default_rng((crc32(purpose.encode()), number))


@dataclass(frozen=True, slots=True)
class Attributes:
    """The named facts of one thing on its background; an unnamed colour is None."""

    kind: str
    colour: str | None
    background: str
    place: str
    size: str

    def held_out(self) -> bool:
        """Whether this combination is kept from CLIP and UNet, for testing only."""
        key = f"{self.kind} {self.colour} {self.background} {self.place} {self.size}"
        return crc32(key.encode()) % 1000 < HELD_OUT_SHARE * 1000


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture with the named attributes of each thing in it."""

    picture: Picture
    attributes: tuple[Attributes, ...]


def combinations() -> list[Attributes]:
    """Every combination of one named shape on a named background."""
    return [
        Attributes(kind, colour, background, place, size)
        for kind, colour, background, place, size in product(
            SHAPES, COLOURS, COLOURS, PLACES, RADII
        )
        if colour != background
    ]


def jittered(name: str, rng: Random) -> Colour:
    """A shade close to a named colour."""
    red, green, blue = np.clip(np.array(COLOURS[name]) + rng.normal(0, COLOUR_JITTER, 3), 0, 1)
    return float(red), float(green), float(blue)


def unnamed(rng: Random) -> Colour:
    """A colour from anywhere in the cube; no caption names it."""
    red, green, blue = rng.uniform(0, 1, 3)
    return float(red), float(green), float(blue)


def thing_for(attributes: Attributes, size: Size, rng: Random) -> Thing:
    """One thing with these attributes and a little jitter."""
    width, height = size
    radius = RADII[attributes.size] * (1 + rng.uniform(-RADIUS_JITTER, RADIUS_JITTER))
    x, y = place_center(attributes.place, radius, width, height)
    dx, dy = rng.uniform(-PLACE_JITTER, PLACE_JITTER, 2)
    colour = unnamed(rng) if attributes.colour is None else jittered(attributes.colour, rng)
    return Thing(attributes.kind, colour, float(x + dx), float(y + dy), float(radius))


def scene_for(attributes: Attributes, size: Size, rng: Random) -> Scene:
    """A picture of one thing with these attributes."""
    thing = thing_for(attributes, size, rng)
    background = jittered(attributes.background, rng)
    return Scene(Picture(*size, background, (thing,)), (attributes,))


def random_attributes(rng: Random) -> Attributes:
    """Any combination that is not held out: mostly shapes, some patterns and unnamed colours."""
    names = list(COLOURS)
    while True:
        kinds = list(PATTERNS) if rng.random() < 0.05 else list(SHAPES)
        background, colour = rng.choice(len(names), 2, replace=False)
        attributes = Attributes(
            kind=kinds[rng.integers(len(kinds))],
            colour=None if rng.random() < 0.04 else names[colour],
            background=names[background],
            place=PLACES[rng.integers(len(PLACES))],
            size=list(RADII)[rng.integers(len(RADII))],
        )
        if not attributes.held_out():
            return attributes


def random_size(rng: Random) -> Size:
    """Mostly the native size."""
    return NATIVE if rng.random() < 0.85 else OTHER_SIZES[rng.integers(len(OTHER_SIZES))]


def random_pair(size: Size, rng: Random) -> Scene:
    """Two small things at opposite sides of one background."""
    first = replace(random_attributes(rng), size="small")
    second = replace(random_attributes(rng), size="small", background=first.background)
    sides = (("left", "right"), ("top", "bottom"))[rng.integers(2)]
    pair = replace(first, place=sides[0]), replace(second, place=sides[1])
    colours = {one.colour for one in pair} | {first.background}
    fitting = all(one.kind in SHAPES and not one.held_out() for one in pair)
    if len(colours) < 3 or not fitting:
        return random_pair(size, rng)
    scenes = [scene_for(one, size, rng) for one in pair]
    things = tuple(scene.picture.things[0] for scene in scenes)
    return Scene(replace(scenes[0].picture, things=things), pair)


def anything(size: Size, rng: Random) -> Picture:
    """A picture for the VAE alone: every form and colour, anywhere, also hanging off the edge."""
    width, height = size
    short = min(size)
    things = tuple(
        Thing(
            kind=list(ALL_FORMS)[rng.integers(len(ALL_FORMS))],
            colour=jittered(list(COLOURS)[rng.integers(len(COLOURS))], rng)
            if rng.random() < 0.6
            else unnamed(rng),
            x=float(rng.uniform(0, width / short)),
            y=float(rng.uniform(0, height / short)),
            radius=float(rng.uniform(0.1, 0.4)),
        )
        for _ in range(rng.integers(1, 4))
    )
    background = jittered(list(COLOURS)[rng.integers(len(COLOURS))], rng)
    return Picture(width, height, background if rng.random() < 0.7 else unnamed(rng), things)
