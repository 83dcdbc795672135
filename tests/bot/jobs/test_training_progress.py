"""What is known of a training from what it has said."""

import pytest

from bot.jobs.training_progress import Heard
from bot.replies.training_reply import Stage
from pipeline import ClassPictures, SamplePictures, TrainingNote, TrainingProgress, Waiting


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def step(num_done: int, loss: float = 0.5) -> TrainingProgress:
    return TrainingProgress("a", num_done, 100, loss, 0.01)


def test_the_time_left_is_measured_from_the_steps_of_this_life() -> None:
    clock = Clock()
    heard = Heard(40, 100, clock)
    assert heard.status().seconds_left is None
    heard.hear(step(41))
    clock.now += 8
    heard.hear(step(45))
    assert heard.status().seconds_left == pytest.approx(55 * 2)


def test_time_in_the_queue_is_not_taken_for_the_time_of_steps() -> None:
    clock = Clock()
    heard = Heard(0, 100, clock)
    heard.hear(step(1))
    heard.hear(Waiting("a", 1, None))
    assert heard.status().stage is Stage.WAITING
    clock.now += 1000
    heard.hear(step(2))
    clock.now += 1
    heard.hear(step(3))
    assert heard.status().stage is Stage.RUNNING
    assert heard.status().seconds_left == pytest.approx(97)


def test_what_a_worker_says_before_the_first_step_ends_the_time_in_the_queue() -> None:
    heard = Heard(0, 100)
    heard.hear(Waiting("a", 0, None))
    heard.hear(SamplePictures("a", 0, (b"before",)))
    assert heard.status().stage is Stage.RUNNING


def test_how_far_pictures_of_the_class_are_is_known_until_something_else_is_said() -> None:
    heard = Heard(0, 100)
    heard.hear(ClassPictures("a", 3, 8))
    assert heard.status().class_pictures == ClassPictures("a", 3, 8)
    heard.hear(step(1))
    assert heard.status().class_pictures is None


def test_a_worker_that_begins_again_from_a_snapshot_is_measured_anew() -> None:
    clock = Clock()
    heard = Heard(0, 100, clock)
    heard.hear(step(30))
    clock.now += 500
    heard.hear(step(21))
    clock.now += 3
    heard.hear(step(24))
    assert heard.status().seconds_left == pytest.approx(76)


def test_one_step_alone_does_not_make_the_loss_jump() -> None:
    heard = Heard(0, 100)
    heard.hear(step(1, loss=1.0))
    heard.hear(step(2, loss=11.0))
    assert heard.status().loss == pytest.approx(2.0)


def test_the_latest_notes_are_shown() -> None:
    heard = Heard(0, 100)
    for number in range(5):
        heard.hear(TrainingNote("a", f"note {number}"))
    assert heard.status().notes == ("note 2", "note 3", "note 4")
