"""The judge is only worth something if it accepts what is right and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.models.demo.judge import Sighting, judge
from pipeline.models.demo.pictures import COLOURS, Picture, draw
from pipeline.models.demo.report import judge_proof
from pipeline.models.demo.scenes import FACTS, OTHER_SIZES, Attributes, random_source, scene_for

STAR = Attributes("star", "yellow", "purple", "left", "large")


def test_it_accepts_fresh_drawings_and_refuses_those_with_one_fact_wrong() -> None:
    proof = judge_proof(count=60)

    assert proof["right pictures accepted"] >= 0.98
    assert proof["wrong pictures accepted"] <= 0.02


@pytest.mark.parametrize("size", OTHER_SIZES)
def test_it_sees_right_at_every_size(size: tuple[int, int]) -> None:
    sighting = judge(draw(scene_for(STAR, size, random_source("judge", 1)).picture))

    assert all(sighting.agrees(STAR, fact) for fact in FACTS)


@pytest.mark.parametrize("strength", [0.02, 0.04])
def test_a_little_noise_does_not_blind_it(strength: float) -> None:
    rng = random_source("judge", 2)
    picture = draw(scene_for(STAR, (128, 128), rng).picture)
    noisy = (picture + rng.normal(0, strength, picture.shape)).astype(np.float32)

    sighting = judge(noisy)

    assert all(sighting.agrees(STAR, fact) for fact in FACTS)


def test_an_empty_picture_shows_its_background_and_nothing_else() -> None:
    empty = draw(Picture(128, 128, COLOURS["green"], ()))

    assert judge(empty) == Sighting(background="green")


def test_noise_shows_nothing() -> None:
    noise = random_source("judge", 3).random((128, 128, 3), dtype=np.float32)

    assert judge(noise) == Sighting()


def test_a_half_drawn_shape_is_no_shape() -> None:
    circle = replace(STAR, kind="circle")
    picture = draw(scene_for(circle, (128, 128), random_source("judge", 4)).picture)
    picture[64:] = picture[0, 0]

    assert judge(picture).kind != "circle"
