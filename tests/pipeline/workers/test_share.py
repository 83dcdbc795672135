"""Deficit: who is owed time is next, counted with a clock in the hand."""

import pytest

from pipeline.workers.share import LONGEST_DEBT, Share


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


def used_to(step: float) -> Share:
    """One that knows how long training's turns take."""
    share = Share(0.5)
    for _ in range(2):
        share.expect(step)
    return share


def seconds_alone(share: Share, step: float, call: float) -> tuple[float, float]:
    """How long training, then pictures have the device, each without the other."""
    of_training, of_pictures = 0.0, 0.0
    while share.training_is_next:
        share.charge_training(step)
        share.expect(step)
        of_training += step
    while not share.training_is_next:
        share.charge_pictures(call)
        of_pictures += call
    return of_training, of_pictures


@pytest.mark.parametrize("part", [0.1, 0.5, 0.8])
@pytest.mark.parametrize(("step", "call"), [(0.3, 0.02), (0.02, 0.3), (60, 0.3), (0.3, 60)])
def test_each_gets_its_share_of_the_time_however_long_its_turns_are(
    part: float, step: float, call: float
) -> None:
    of_training, of_pictures = spent(Share(part), step, call, seconds=500 * max(step, call))
    assert of_training / (of_training + of_pictures) == pytest.approx(part, abs=0.01)


@pytest.mark.parametrize("step", [0.02, 0.18, 0.5, 10.0])
def test_a_picture_is_not_kept_waiting_for_more_than_trainings_share(step: float) -> None:
    share = used_to(step)
    alone, beside = 20 * 0.02, 0.0
    for _ in range(20):
        while share.training_is_next:
            share.charge_training(step)
            beside += step
        share.charge_pictures(0.02)
        beside += 0.02
    assert beside <= 2 * alone


def test_a_long_turn_is_paid_back_at_once_and_not_after_the_other_has_left() -> None:
    share = used_to(1.0)
    share.charge_pictures(4.0)
    share.charge_training(3.0)
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


def test_an_hour_alone_is_owed_to_nobody() -> None:
    share = used_to(0.3)
    for _ in range(3600):
        share.expect(1.0)
        share.settle()
    of_training, of_pictures = seconds_alone(share, step=0.3, call=0.02)
    assert of_training <= 1
    assert of_pictures <= LONGEST_DEBT


def test_an_hour_without_room_is_owed_to_nobody() -> None:
    for charge in (Share.charge_pictures, Share.charge_training):
        share = used_to(0.3)
        for _ in range(36_000):
            charge(share, 0.1)
        assert max(seconds_alone(share, step=0.3, call=0.02)) <= LONGEST_DEBT + 1


def test_one_long_turn_keeps_the_other_waiting_for_some_seconds_only() -> None:
    for charge in (Share.charge_pictures, Share.charge_training):
        share = used_to(0.3)
        spent(share, step=0.3, call=0.02, seconds=10)
        charge(share, 60.0)
        assert max(seconds_alone(share, step=0.3, call=0.02)) <= LONGEST_DEBT + 1


def test_the_load_of_a_training_is_not_what_its_steps_are_expected_to_take() -> None:
    share = Share(0.5)
    share.charge_training(60.0)
    share.expect(60.0)
    assert seconds_alone(share, step=0.3, call=0.02)[1] <= LONGEST_DEBT + 1
