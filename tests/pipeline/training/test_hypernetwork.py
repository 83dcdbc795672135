"""Hypernetwork training: what starts, what learns, what is written."""

from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.adapters.hypernetwork import apply_hypernetworks, read_hypernetwork
from pipeline.errors import InvalidRequest
from pipeline.models.model import Model
from pipeline.results import Artifact
from pipeline.training.hypernetwork import HypernetworkTraining
from tests.pipeline.training.conftest import RequestOf, Run, events_of


def settings(**values: Any) -> dict[str, Any]:
    return {"kind": "hypernetwork"} | values


def test_it_learns_and_is_found_by_its_readers_as_it_was_left(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    request = request_of(method=settings(activation="relu", layer_norm=True), learning_rate="1e-3")
    [artifact] = events_of(run(request, tmp_path), Artifact)
    assert (artifact.folder, artifact.path.name) == ("hypernetworks", "grau.pt")
    read = read_hypernetwork(artifact.path)
    assert (read.name, read.step, read.structure.activation) == ("grau", 4, "relu")
    state = torch.load(tmp_path / "state.pt", weights_only=True)["weights"]
    for width, pair in read.nets.items():
        for part, net in zip(("keys", "values"), pair, strict=True):
            for name, weight in net.state_dict().items():
                assert torch.equal(weight, state[f"{width}_{part}.{name}"])


def test_every_net_of_every_width_learns(
    request_of: RequestOf, demo_model: Model, run: Run, tmp_path: Path
) -> None:
    request = request_of(method=settings(), learning_rate="1e-3")
    before = HypernetworkTraining(request, demo_model).state()
    list(run(request, tmp_path))
    after = torch.load(tmp_path / "state.pt", weights_only=True)["weights"]
    assert before.keys() == after.keys()
    assert not [name for name in before if torch.equal(before[name], after[name])]


def test_weights_start_as_webui_starts_them(request_of: RequestOf, demo_model: Model) -> None:
    method = settings(layer_norm=True, layers=(1, 1.5, 2, 1), dropout=(0, 0.1, 0.1, 0))
    training = HypernetworkTraining(request_of(method=method), demo_model)
    weights = [value for name, value in training.state().items() if name.endswith("weight")]
    biases = [value for name, value in training.state().items() if name.endswith("bias")]
    assert not any(bias.any() for bias in biases)
    # The norms too, after the last layer as well: at its start a net says next to nothing.
    assert all(weight.abs().max() < 0.06 for weight in weights)
    kaiming = settings(initialization="KaimingNormal")
    other = HypernetworkTraining(request_of(method=kaiming), demo_model)
    assert max(weight.abs().max() for weight in other.state().values()) > 0.3


def test_dropout_is_there_in_training_alone(
    request_of: RequestOf, run: Run, demo_model: Model, tmp_path: Path
) -> None:
    request = request_of(method=settings(dropout=(0, 0.5, 0), initialization="XavierNormal"))
    training = HypernetworkTraining(request, demo_model)
    width = min(training.hypernetwork.nets)
    states = torch.ones(1, 1, width)
    answers = [apply_hypernetworks(states, ((training.hypernetwork, 1.0),))[0] for _ in range(2)]
    assert not torch.equal(*answers)
    [artifact] = events_of(run(request, tmp_path), Artifact)
    read = read_hypernetwork(artifact.path)
    assert read.structure.dropout == (0, 0.5, 0)
    answers = [apply_hypernetworks(states, ((read, 1.0),))[0] for _ in range(2)]
    assert torch.equal(*answers)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"layers": (1, 2)}, "3 to 32 stages"),
        ({"layers": (1, 2, 2)}, "the first and the last of them 1"),
        ({"dropout": (0, 0.1)}, "a share for each stage"),
        ({"dropout": (0, 0.1, 0.1)}, "the first and the last of them 0"),
        ({"dropout": (0, 1, 0)}, "less than 1"),
    ],
)
def test_a_structure_that_is_none_is_refused_at_once(
    request_of: RequestOf, values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        request_of(method=settings(**values))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"activation": "explode"}, "activation `explode` is not one"),
        ({"widths": (5,)}, "no attention of width 5: its widths are"),
        ({"layers": (1, 0.001, 1)}, "without a single number"),
    ],
)
def test_what_the_model_cannot_have_is_refused_in_a_sentence(
    request_of: RequestOf, run: Run, tmp_path: Path, values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        list(run(request_of(method=settings(**values)), tmp_path))
