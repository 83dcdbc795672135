"""Deficit: who is owed time is next, counted with a clock in the hand."""

import pytest

from pipeline.workers.share import Share


def spent(share: Share, step: float, call: float, seconds: float) -> tuple[float, float]:
    """What training and pictures get of some seconds, if a turn of each takes so long."""
    of_training, of_pictures = 0.0, 0.0
    while of_training + of_pictures < seconds:
        if share.training_is_next:
            share.charge_training(step)
            share.expect(step)
            of_training += step
        else:
            share.charge_pictures(call)
            of_pictures += call
    return of_training, of_pictures


@pytest.mark.parametrize("part", [0.1, 0.5, 0.8])
@pytest.mark.parametrize(("step", "call"), [(0.3, 0.02), (0.02, 0.3), (0.05, 0.07)])
def test_each_gets_its_share_of_the_time_however_long_its_turns_are(
    part: float, step: float, call: float
) -> None:
    of_training, of_pictures = spent(Share(part), step, call, seconds=100)
    assert of_training / (of_training + of_pictures) == pytest.approx(part, abs=0.01)


@pytest.mark.parametrize("step", [0.02, 0.18, 0.5, 10.0])
def test_a_picture_is_not_kept_waiting_for_more_than_trainings_share(step: float) -> None:
    share = Share(0.5)
    share.expect(step)
    alone, beside = 20 * 0.02, 0.0
    for _ in range(20):
        while share.training_is_next:
            share.charge_training(step)
            beside += step
        share.charge_pictures(0.02)
        beside += 0.02
    assert beside <= 2 * alone


def test_a_long_turn_is_paid_back_at_once_and_not_after_the_other_has_left() -> None:
    share = Share(0.5)
    share.expect(1.0)
    share.charge_pictures(10.0)
    share.charge_training(9.0)
    assert share.training_is_next
    share.charge_training(1.0)
    assert not share.training_is_next
    share.charge_pictures(100.0)
    share.settle()
    assert not share.training_is_next
    share.charge_training(100.0)
    share.settle()
    share.charge_pictures(1.0)
    assert share.training_is_next
