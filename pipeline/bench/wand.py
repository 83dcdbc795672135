"""What becomes of pictures that begin from pictures, judged by their pixels.

python -m pipeline bench wand
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from pipeline.bench.pictures import Picture, read
from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.images.masks import mask_of_region
from pipeline.images.regions import Region, parse_region
from pipeline.models.demo.judge import Sighting, judge
from pipeline.models.demo.pictures import PLACES, draw
from pipeline.models.demo.report import chosen, prompt_for
from pipeline.models.demo.scenes import NATIVE, Attributes, Random, random_source, scene_for
from pipeline.requests import GenerationRequest
from pipeline.results import Failed, GeneratedImage

STEPS, GUIDANCE = 20, 3.0
LOW, HIGH = 0.3, 0.95  # strengths
SMALL_PART = Region(0.625, 0.125, 0.875, 0.375)  # a quarter of a side, right and high
LARGE = 512  # pixels
PROMISED = {
    "strength 0.3 keeps shape and place": 0.95,
    "strength 0.95 obeys: colour": 0.95,
    "strength 0.95 obeys: background": 0.95,
    "strength 0.95 obeys: place": 0.90,
    "inpainting keeps all outside, to the byte": 1.0,
    "inpainting puts the shape inside": 0.90,
    "only masked keeps all outside, to the byte": 1.0,
    "only masked puts the shape inside": 0.90,
}

Outcome = dict[str, bool]


@dataclass(frozen=True, slots=True)
class Trial:
    """One picture to be made, and what is looked at in it."""

    fields: dict[str, Any]
    look: Callable[[Picture], Outcome]


def run(config: PipelineConfig, count: int) -> None:
    """Print the share of pictures that do what they should, of so many for each line."""
    table = Table("", "share", "promised", title=f"Pictures from pictures, {count} each")
    for name, share in shares(config, count).items():
        table.add_row(name, f"{share:.3f}", f"{PROMISED[name]:.2f}" if name in PROMISED else "")
    Console().print(table)


def shares(config: PipelineConfig, count: int) -> dict[str, float]:
    """For everything that is looked at, how often it is as it should be."""
    trials = []
    for number in range(count):
        rng = random_source("wand", number)
        trials += [kept(rng), obeyed(rng), painted_in(rng), painted_in_a_small_part(rng)]
    outcomes: dict[str, list[bool]] = {}
    for trial, picture in zip(trials, pictures(config, trials), strict=True):
        for name, good in trial.look(picture).items():
            outcomes.setdefault(name, []).append(good)
    return {name: float(np.mean(each)) for name, each in outcomes.items()}


def kept(rng: Random) -> Trial:
    """A drawing gone over a little, with a prompt for the like of it."""
    drawn, _ = pair(rng)
    drawn = replace(drawn, place=PLACES[rng.integers(len(PLACES))])
    fields = {
        "prompt": prompt_for(drawn, rng),
        "strength": LOW,
        "init_image": drawing(drawn, rng),
    }

    def look(picture: Picture) -> Outcome:
        seen = judge(picture)
        same = seen.agrees(drawn, "kind") and seen.agrees(drawn, "place")
        return {"strength 0.3 keeps shape and place": same}

    return Trial(fields, look)


def obeyed(rng: Random) -> Trial:
    """A drawing gone over nearly completely, with a prompt for something else."""
    drawn, wanted = chosen(2, held_out=False, rng=rng)
    fields = {
        "prompt": prompt_for(wanted, rng),
        "strength": HIGH,
        "init_image": drawing(drawn, rng),
    }

    def look(picture: Picture) -> Outcome:
        seen = judge(picture)
        facts = ("kind", "colour", "background", "place")
        return {f"strength {HIGH} obeys: {fact}": seen.agrees(wanted, fact) for fact in facts}

    return Trial(fields, look)


def painted_in(rng: Random) -> Trial:
    """Something at the right is painted over by something else there, and the left is kept."""
    drawn, wanted = pair(rng)
    place = parse_region("0.3,0,1,1")
    fields: dict[str, Any] = {
        "prompt": prompt_for(wanted, rng),
        "strength": 1.0,
        "init_image": drawing(drawn, rng),
        "mask": mask_of_region(place, NATIVE),
        "masked_content": "latent_noise",
        "mask_blur": 4,
    }
    old = read(fields["init_image"])

    def look(picture: Picture) -> Outcome:
        kept_all = untouched(old, picture, place.box(NATIVE), fields["mask_blur"])
        seen = judge(picture)
        is_there = right_thing(seen, wanted) and seen.agrees(wanted, "place")
        return {
            "inpainting keeps all outside, to the byte": kept_all,
            "inpainting puts the shape inside": is_there,
        }

    return Trial(fields, look)


def painted_in_a_small_part(rng: Random) -> Trial:
    """Something painted into a sixteenth of a large picture, as finely as into a whole one.

    Judged by that part alone, which has as many pixels as the model's own pictures.
    """
    drawn, wanted = pair(rng)
    drawn, wanted = replace(drawn, place="left"), replace(wanted, place="center")
    size, place = (LARGE, LARGE), SMALL_PART
    fields: dict[str, Any] = {
        "prompt": prompt_for(wanted, rng),
        "strength": 1.0,
        "init_image": drawing(drawn, rng, size),
        "mask": mask_of_region(place, size),
        "masked_content": "latent_noise",
        "inpaint_area": "only_masked",
        "mask_padding": 0,
        "mask_blur": 0,
    }
    old = read(fields["init_image"])

    def look(picture: Picture) -> Outcome:
        left, top, right, bottom = place.box(size)
        seen = judge(picture[top:bottom, left:right])
        return {
            "only masked keeps all outside, to the byte": untouched(
                old, picture, place.box(size), fields["mask_blur"]
            ),
            "only masked puts the shape inside": right_thing(seen, wanted),
        }

    return Trial(fields, look)


def pair(rng: Random) -> tuple[Attributes, Attributes]:
    """Two large things at the right of one background, in different colours."""
    while True:
        first, second = chosen(2, held_out=False, rng=rng)
        drawn = replace(first, place="right", size="large")
        wanted = replace(second, place="right", size="large", background=first.background)
        if len({drawn.colour, wanted.colour, drawn.background}) == 3:
            return drawn, wanted


def right_thing(seen: Sighting, wanted: Attributes) -> bool:
    return seen.agrees(wanted, "kind") and seen.agrees(wanted, "colour")


def drawing(attributes: Attributes, rng: Random, size: tuple[int, int] = NATIVE) -> bytes:
    """A drawing as a PNG."""
    levels = np.rint(draw(scene_for(attributes, size, rng).picture) * 255).astype(np.uint8)
    file = BytesIO()
    Image.fromarray(levels).save(file, "PNG")
    return file.getvalue()


def untouched(old: Picture, new: Picture, box: tuple[int, int, int, int], blur: int) -> bool:
    """Whether all is the same, to the byte, where the blur of a mask does not reach."""
    reach = int(2.5 * blur + 0.5)
    left, top, right, bottom = box
    outside = np.ones(old.shape[:2], dtype=bool)
    outside[max(top - reach, 0) : bottom + reach, max(left - reach, 0) : right + reach] = False
    return bool(old.shape == new.shape and (old[outside] == new[outside]).all())


def pictures(config: PipelineConfig, trials: Sequence[Trial]) -> Iterable[Picture]:
    """The pictures of all trials, in their order, many in flight at once."""
    engine = Engine(config, "cpu")
    side = config.model().native_size
    common = {"sampler": "Euler", "num_steps": STEPS, "guidance_scale": GUIDANCE}
    for number, trial in enumerate(trials):
        values = {"width": side, "height": side, "seeds": (number,), "id": str(number)}
        engine.submit(GenerationRequest(**values | common | trial.fields))
    made: dict[int, Picture] = {}
    while not engine.idle:
        for event in engine.step():
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, GeneratedImage):
                made[int(event.request_id)] = read(event.png)
    return [made[number] for number in range(len(trials))]
