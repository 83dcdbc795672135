"""What whoever drives a run may ask of it between two steps."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from pipeline.model_config import ModelConfig
from pipeline.requests import GenerationRequest
from pipeline.results import (
    Artifact,
    Order,
    PicturesWanted,
    StepPart,
    TrainingEvent,
    TrainingProgress,
)
from pipeline.training.child import train_in_child
from pipeline.training.loop import Training
from tests.conftest import WEIGHTS
from tests.pipeline.training.conftest import RequestOf, Run

SAMPLES = tuple(
    GenerationRequest(prompt=prompt, seeds=(1,))
    for prompt in ("a grau circle <lora:grau:1>", "a grau <lora:other:1>")
)


def ordered(training: Training, orders: dict[int, Order]) -> list[TrainingEvent]:
    """All events of a run that is given an order after some of its steps."""
    events: list[TrainingEvent] = []
    answer: Sequence[bytes] | Order | None = None
    try:
        while True:
            event = training.send(answer)
            events.append(event)
            answer = orders.get(event.num_done) if isinstance(event, TrainingProgress) else None
    except StopIteration:
        return events


def described(events: Sequence[TrainingEvent]) -> list[object]:
    """Steps by their number, the rest by what it is."""
    return [
        event.num_done if isinstance(event, TrainingProgress) else type(event).__name__
        for event in events
        if not isinstance(event, StepPart)  # between which others may have the device
    ]


def test_a_run_that_shall_finish_ends_with_what_it_learned_so_far(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    events = ordered(run(request_of(), tmp_path), {2: "finish"})
    assert described(events) == [1, 2, "Artifact"]
    final = events[-1]
    assert isinstance(final, Artifact)
    assert (final.num_steps, final.is_final, final.path.name) == (2, True, "grau.pt")
    assert torch.load(tmp_path / "state.pt", weights_only=True)["num_steps"] == 2


def test_sample_pictures_come_when_they_are_asked_for(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    events = ordered(run(request_of(samples=SAMPLES), tmp_path), {2: "sample"})
    assert described(events) == [1, 2, "Artifact", "PicturesWanted", 3, 4, "Artifact"]
    (wanted,) = (event for event in events if isinstance(event, PicturesWanted))
    assert (wanted.requests, wanted.num_done, wanted.is_sample) == (SAMPLES, 2, True)


def test_where_there_is_no_sample_prompt_the_order_is_answered_with_a_sentence(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    events = ordered(run(request_of(), tmp_path), {2: "sample"})
    assert described(events) == [1, 2, "TrainingNote", 3, 4, "Artifact"]


def test_sample_pictures_begin_with_the_untaught_model_and_end_with_the_last_step(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    request = request_of(samples=SAMPLES, sample_every=3)
    events = ordered(run(request, tmp_path), {})
    wanted = [event for event in events if isinstance(event, PicturesWanted)]
    assert [(each.num_done, each.is_sample) for each in wanted] == [(0, True), (3, True), (4, True)]
    # What is yet to be learned has no tag yet; what there is keeps its own.
    before = [each.prompt for each in wanted[0].requests]
    assert before == ["a grau circle ", "a grau <lora:other:1>"]


@pytest.mark.slow
def test_a_run_in_a_process_of_its_own_takes_orders_too(
    request_of: RequestOf, tmp_path: Path
) -> None:
    config, device = ModelConfig(path=WEIGHTS), torch.device("cpu")
    training = train_in_child(request_of(samples=SAMPLES), "demo", config, device, tmp_path)
    events = ordered(training, {1: "sample", 2: "finish"})
    assert described(events) == [1, "Artifact", "PicturesWanted", 2, "Artifact"]
