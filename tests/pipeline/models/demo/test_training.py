"""Training may be stopped at any step and goes on as if it had not been."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from pipeline.models.demo.scenes import Random
from pipeline.models.demo.training import Plan, Training

PLAN = Plan(name="tiny", steps=12, learning_rate=0.1, warmup=3, average=0.9)


def new_model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 1))


def start(work: Path) -> Training:
    work.mkdir(exist_ok=True)
    return Training(new_model(), PLAN, work)


def run(training: Training, until: int) -> None:
    def loss(rng: Random, noise: torch.Generator) -> Tensor:
        inputs = torch.from_numpy(rng.normal(size=(16, 4))).float()
        target = inputs.sum(dim=-1, keepdim=True)
        return (training.model(inputs + 0.1 * torch.randn(16, 4, generator=noise)) - target).std()

    training.run(loss, until)


def same(ours: nn.Module, theirs: nn.Module) -> bool:
    pairs = zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    return all(torch.equal(one, other) for one, other in pairs)


def test_a_run_that_was_stopped_ends_with_the_same_weights(tmp_path: Path) -> None:
    through = start(tmp_path / "through")
    run(through, until=12)
    run(start(tmp_path / "stopped"), until=5)
    resumed = start(tmp_path / "stopped")
    run(resumed, until=12)

    assert resumed.step == 12
    assert same(resumed.model, through.model)
    assert same(resumed.averaged, through.averaged)


def test_a_finished_training_does_no_more(tmp_path: Path) -> None:
    run(start(tmp_path), until=12)
    again = start(tmp_path)
    before = [weight.clone() for weight in again.model.parameters()]
    run(again, until=12)

    assert all(map(torch.equal, before, again.model.parameters()))


def test_the_average_lags_behind_the_weights(tmp_path: Path) -> None:
    training = start(tmp_path)
    run(training, until=6)

    assert not same(training.averaged, training.model)


def test_the_learning_rate_rises_stays_and_falls() -> None:
    plan = Plan(name="tiny", steps=100, learning_rate=1.0, warmup=10, decay_from=0.5)

    assert plan.rate(0) == pytest.approx(0.1)
    assert plan.rate(30) == 1.0
    assert plan.rate(75) == pytest.approx(0.5)
    assert plan.rate(99) == pytest.approx(0.02)
