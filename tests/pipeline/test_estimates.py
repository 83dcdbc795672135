from typing import Any

import pytest

from pipeline import GenerationRequest
from pipeline.estimates import HALF_LIFE, Paces, waiting_times
from pipeline.tickets import PictureTicket


def ticket(num_images: int = 1, num_steps: int = 10, **values: Any) -> PictureTicket:
    request = GenerationRequest(
        prompt="a nap", seeds=tuple(range(num_images)), num_steps=num_steps, **values
    )
    return PictureTicket(request, "demo")


def paces(seconds_per_call: float) -> Paces:
    """What is measured when one call for one ordinary image takes so long."""
    measured = Paces()
    measured.record("cpu", "demo", ticket().call_work, seconds_per_call)
    return measured


def test_a_pace_is_of_the_recent_past() -> None:
    measured = Paces()
    measured.record("cpu", "demo", work=100, seconds=100)
    assert measured.pace("cpu", "demo") == 1
    for _ in range(10):
        measured.record("cpu", "demo", work=2 * HALF_LIFE, seconds=HALF_LIFE)
    assert measured.pace("cpu", "demo") == pytest.approx(0.5, rel=0.01)


def test_what_was_never_seen_is_judged_by_its_nearest_relative() -> None:
    measured = Paces()
    assert measured.pace("cuda:0", "demo") is None
    measured.record("cuda:0", "large", work=1, seconds=7)
    measured.record("cuda:1", "demo", work=1, seconds=3)
    assert measured.pace("cuda:0", "demo") == 3
    assert measured.pace("cuda:0", "other") == 7


def test_the_line_is_served_as_images_end() -> None:
    running = [("cpu", 2, [ticket(num_steps=10), ticket(num_steps=20)])]
    line = [ticket(num_steps=10), ticket(num_steps=10), ticket()]
    # Two at a time at 0.1 s a call: the first place is free after 10 × 2 calls, both of them
    # after 10 × 2 more, when the second and third end together.
    times = list(waiting_times(running, line, paces(0.1)))
    assert times == pytest.approx([2.0, 4.0, 4.0])


def test_several_devices_shorten_the_wait() -> None:
    line = [ticket() for _ in range(4)]
    alone = list(waiting_times([("cpu", 1, [ticket()])], line, paces(1.0)))
    helped = list(waiting_times([("cpu", 1, [ticket()]), ("cpu", 1, [])], line, paces(1.0)))
    assert alone == pytest.approx([10, 20, 30, 40])
    assert helped == pytest.approx([0, 10, 10, 20])


def test_what_is_done_already_is_not_waited_for() -> None:
    running = ticket(num_steps=10)
    running.num_done = 7
    assert list(waiting_times([("cpu", 1, [running])], [ticket()], paces(1.0))) == pytest.approx(
        [3.0]
    )


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ({"width": 1024}, 20),
        ({"guidance_scale": 1.0}, 5),
        ({"sampler": "heun"}, 19),
        ({"num_images": 3}, 30),
    ],
)
def test_a_request_is_waited_for_by_what_it_costs(values: dict[str, Any], seconds: float) -> None:
    running = [("cpu", 1, [ticket(**values)])]
    assert list(waiting_times(running, [ticket()], paces(1.0))) == pytest.approx([seconds])


def test_no_time_is_promised_without_a_measurement_or_a_worker() -> None:
    assert list(waiting_times([("cpu", 1, [])], [ticket()], Paces())) == [None]
    assert list(waiting_times([], [ticket()], paces(1.0))) == [None]
