"""What is read about a training, how often it may cost a worker, and how long others wait."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline import Cancelled, Waiting
from pipeline.errors import WorkerLost
from pipeline.estimates import Paces
from pipeline.results import LossPlot, TrainingNote, TrainingProgress
from pipeline.training_estimates import training_waiting_times
from pipeline.training_tickets import TrainingStreamEvent, TrainingTicket
from tests.pipeline.asking import teach

STEP = TrainingProgress("one", 1, 20, 0.5, 0.1)
NOTE = TrainingNote("one", "Something.")


def ticket(num_done: int = 0, **values: Any) -> TrainingTicket:
    made = TrainingTicket(teach(id="one", **values), "demo")
    if num_done:
        made.tell(replace(STEP, num_done=num_done))
    return made


async def unread(ticket: TrainingTicket) -> list[TrainingStreamEvent]:
    """Everything up to the end, which has come already."""
    events = []
    while True:
        try:
            events.append(await ticket.next_event())
        except StopAsyncIteration:
            return events


async def test_a_slow_reader_gets_the_latest_step_and_plot_and_every_word() -> None:
    training = ticket()
    training.tell(Waiting("one", 1, None))
    training.tell(STEP)
    training.deliver(LossPlot("one", 1, b"early"))
    training.deliver(NOTE)
    training.tell(replace(STEP, num_done=2))
    training.tell(replace(STEP, num_done=3))
    training.deliver(LossPlot("one", 3, b"late"))
    training.end()
    last = replace(STEP, num_done=3)
    assert await unread(training) == [STEP, NOTE, last, LossPlot("one", 3, b"late")]


def test_a_training_has_its_chances_anew_when_it_gets_further() -> None:
    training = ticket(num_done=5)
    for num_done in (6, 7, 8):
        assert training.worker_is_lost(is_to_blame=True, most=2)
        assert training.suspect
        training.tell(replace(STEP, num_done=4))  # from its snapshot on
        assert not training.suspect
        training.tell(replace(STEP, num_done=num_done))


async def test_a_training_that_gets_no_further_has_two_chances() -> None:
    training = ticket(num_done=5)
    assert training.worker_is_lost(is_to_blame=False, most=2)
    assert training.worker_is_lost(is_to_blame=True, most=2)
    training.tell(replace(STEP, num_done=5))
    assert not training.worker_is_lost(is_to_blame=True, most=2)
    with pytest.raises(WorkerLost, match="stopped 2 times after step 5"):
        [await training.next_event() for _ in range(9)]


async def test_what_is_withdrawn_is_not_begun_again() -> None:
    training = ticket()
    training.is_closing = True
    assert not training.worker_is_lost(is_to_blame=False, most=2)
    with pytest.raises(Cancelled):
        await training.next_event()


def test_a_training_waits_for_those_before_it_on_the_device_that_is_free_first() -> None:
    paces = Paces()
    paces.record("cuda:0", "textual_inversion", teach().step_work, 2.0)
    half_done = ticket(num_done=10)
    line = [ticket(num_steps=100), ticket(), ticket()]
    running = [("cuda:0", half_done), ("cuda:1", None)]
    assert list(training_waiting_times(running, line, paces)) == [0.0, 20.0, 60.0]
    assert list(training_waiting_times(running, line[:1], Paces())) == [None]
    assert list(training_waiting_times([], line[:1], paces)) == [None]
