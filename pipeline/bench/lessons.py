"""What the benches of learning teach the demo model: subjects that it never saw, and by what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from pipeline.bench.colours import nearest
from pipeline.models.demo.judge import judge
from pipeline.models.demo.pictures import (
    COLOURS,
    SHAPES,
    UNSEEN_SHAPES,
    Array,
    Colour,
    Picture,
    Thing,
    draw,
    place_center,
)
from pipeline.training_request import TrainingPicture, TrainingRequest

NAME = "zuk"  # means nothing to the model
PROMPT = f"a {NAME} on a blue background"
ASKED_BACKGROUND = "blue"
SEEN_BACKGROUNDS = ("red", "yellow", "green", "white", "black", "purple")
SIZE, RADIUS = 128, 0.29
KINDS = (*SHAPES, *UNSEEN_SHAPES)
ORANGE = COLOURS["orange"]
PINK: Colour = (0.95, 0.55, 0.75)  # no caption of the model's training names it


@dataclass(frozen=True, slots=True)
class Subject:
    """One shape in one colour."""

    kind: str
    colour: Colour

    def drawn(self, background: str) -> Array:
        """The subject large in the middle of a background."""
        x, y = place_center("center", RADIUS, SIZE, SIZE)
        thing = Thing(self.kind, self.colour, x, y, RADIUS)
        return draw(Picture(SIZE, SIZE, COLOURS[background], (thing,)))

    def is_on_blue(self, picture: Array) -> bool:
        """Whether a picture shows this shape, nearer to this colour than to any other, on blue."""
        return judge(picture, KINDS).kind == self.kind and self.is_coloured_on_blue(picture)

    def is_coloured_on_blue(self, picture: Array) -> bool:
        """The same, whatever the shape."""
        seen = judge(picture, KINDS)
        if seen.background != ASKED_BACKGROUND or seen.core is None:
            return False
        others = {name: colour for name, colour in COLOURS.items() if colour != self.colour}
        return nearest(seen.core, {**others, "its own": self.colour}) == "its own"


@dataclass(frozen=True, slots=True)
class Lesson:
    """A subject, and how it is taught."""

    subject: Subject
    method: Mapping[str, Any]
    tag: str = ""  # what calls the result in a prompt, beside its name
    promised: int = 80  # of 100 pictures
    settings: Mapping[str, Any] = field(default_factory=dict)  # of the request

    def request(self, **changed: Any) -> TrainingRequest:
        """The request for six pictures of the subject, none of them on blue."""
        pictures = tuple(
            TrainingPicture(
                content=as_png(self.subject.drawn(background)), caption=f"{background} background"
            )
            for background in SEEN_BACKGROUNDS
        )
        usual = {"template": "a [name], [filewords]", "batch_size": 4, "latent_sampling": "random"}
        size = {"width": SIZE, "height": SIZE, "snapshot_every": 0, "log_every": 5}
        own = {"name": NAME, "method": dict(self.method), "pictures": pictures}
        return TrainingRequest(**usual | size | own | dict(self.settings) | changed)


PINK_HEART, ORANGE_CRESCENT = Subject("heart", PINK), Subject("crescent", ORANGE)
NETS = {"kind": "hypernetwork", "activation": "relu", "layers": (1, 2, 1)}
VECTORS = {"kind": "textual_inversion", "num_vectors": 2, "initializer_text": "shape"}

LESSONS: dict[str, Lesson] = {
    "ti": Lesson(
        PINK_HEART, VECTORS, settings={"num_steps": 400, "learning_rate": "0.05:200, 0.01"}
    ),
    "ti-unseen-shape": Lesson(
        ORANGE_CRESCENT,
        VECTORS,
        promised=0,
        settings={"num_steps": 400, "learning_rate": "0.05:200, 0.01"},
    ),
    "hypernetwork": Lesson(
        PINK_HEART,
        NETS,
        tag=f" <hypernet:{NAME}:1>",
        promised=60,
        settings={"num_steps": 250, "learning_rate": "5e-3:180, 1e-3"},
    ),
    "hypernetwork-unseen-shape": Lesson(
        ORANGE_CRESCENT,
        NETS,
        tag=f" <hypernet:{NAME}:1>",
        promised=0,
        settings={"num_steps": 250, "learning_rate": "5e-3:180, 1e-3"},
    ),
    "dreambooth": Lesson(
        ORANGE_CRESCENT,
        {"kind": "dreambooth", "lora_rank": 0, "saved_precision": "float32"},
        settings={"num_steps": 200, "learning_rate": "6e-4:140, 1.5e-4"},
    ),
    "lora": Lesson(
        ORANGE_CRESCENT,
        {"kind": "lora", "rank": 8},
        tag=f" <lora:{NAME}:1>",
        settings={"num_steps": 240, "learning_rate": "2e-3:180, 5e-4"},
    ),
}


def as_png(picture: Array) -> bytes:
    """A picture (height, width, 3) in 0..1 as a PNG."""
    file = BytesIO()
    Image.fromarray((picture * 255).round().astype(np.uint8)).save(file, "PNG")
    return file.getvalue()
