"""The benches of training: both sides lose the same, and lessons are judged as they are meant."""

from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.bench import darkening, keeping, sweeping
from pipeline.bench.colours import lab
from pipeline.bench.learn import learn
from pipeline.bench.lessons import (
    LESSONS,
    ORANGE_CRESCENT,
    PINK_HEART,
    SEEN_BACKGROUNDS,
    Lesson,
    Subject,
)
from pipeline.bench.train import our_side, reference_side, request_for
from pipeline.config import PipelineConfig
from pipeline.model_config import ModelConfig
from pipeline.models.demo.pictures import COLOURS
from tests.conftest import WEIGHTS

DEMO = ModelConfig(path=WEIGHTS)


@pytest.mark.parametrize("method", ["textual_inversion", "lora", "dreambooth"])
def test_ours_and_the_examples_loop_lose_the_same_at_every_step(method: str) -> None:
    request = request_for(method, num_steps=4, size=64, batch_size=2)
    sides = [make(request, DEMO, torch.device("cpu")) for make in (our_side, reference_side)]
    losses = [torch.tensor([side.step() for _ in range(4)]) for side in sides]
    torch.testing.assert_close(*losses, atol=1e-5, rtol=0)


@pytest.mark.parametrize("subject", [PINK_HEART, ORANGE_CRESCENT])
def test_only_the_subject_itself_in_its_own_colour_on_blue_is_right(subject: Subject) -> None:
    wrong = [
        Subject("circle", subject.colour).drawn("blue"),
        Subject(subject.kind, COLOURS["white"]).drawn("blue"),
        *(subject.drawn(background) for background in SEEN_BACKGROUNDS),
    ]
    assert subject.is_on_blue(subject.drawn("blue"))
    assert not any(map(subject.is_on_blue, wrong))


def test_colours_have_the_numbers_of_the_standard() -> None:
    assert lab((1, 1, 1)) == pytest.approx([100, 0, 0], abs=1e-3)
    assert lab((1, 0, 0)) == pytest.approx([53.24, 80.09, 67.20], abs=0.01)
    assert lab((0, 0, 1)) == pytest.approx([32.30, 79.19, -107.86], abs=0.01)


@pytest.mark.slow
def test_an_embedding_of_dark_pictures_darkens_and_keeps_the_shapes(tmp_path: Path) -> None:
    config = PipelineConfig(models={"demo": DEMO}, devices=("cpu",))
    plain = darkening.look(config, 12, {})
    dark = darkening.look(darkening.make_embedding(config, tmp_path), 12, darkening.STRENGTH)
    assert dark.luminance < 0.9 * plain.luminance
    assert dark.shapes_right >= plain.shapes_right - 0.1


SHORT: dict[str, dict[str, Any]] = {
    "ti": {"num_steps": 150, "learning_rate": "0.05"},
    "hypernetwork": {},
    "lora": {"num_steps": 150, "learning_rate": "2e-3"},
    "dreambooth": {},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_a_short_lesson_already_shows_in_as_many_pictures_as_promised(
    tmp_path: Path, name: str
) -> None:
    lesson: Lesson = LESSONS[name]
    config = PipelineConfig(models={"demo": DEMO}, devices=("cpu",))
    outcome = learn(config, lesson, 8, tmp_path, **SHORT[name])
    assert sum(map(lesson.subject.is_on_blue, outcome.untrained)) <= 1
    assert sum(map(lesson.subject.is_on_blue, outcome.trained)) >= 8 * lesson.promised // 100


@pytest.mark.slow
def test_prior_preservation_keeps_more_of_the_rest_beside_the_subject(tmp_path: Path) -> None:
    config = PipelineConfig(models={"demo": DEMO}, devices=("cpu",))
    found = dict(keeping.shares(config, 24, tmp_path, num_class_pictures=192, num_subjects=8))
    kept, lost = found["with prior preservation"], found["without prior preservation"]
    assert lost + 0.1 < kept <= found["untouched"] + 0.1
    assert found["with prior preservation: the subject"] >= 0.5


@pytest.mark.slow
def test_a_sweep_teaches_every_structure_and_counts_what_comes_of_it(tmp_path: Path) -> None:
    config = PipelineConfig(models={"demo": DEMO}, devices=("cpu",))
    cells = list(sweeping.sweep(config, 2, tmp_path, rates=("5e-3",), num_steps=10))
    assert [cell.structure for cell in cells] == [*sweeping.STRUCTURES]
    assert all(0 <= cell.right <= cell.coloured <= 2 for cell in cells)
