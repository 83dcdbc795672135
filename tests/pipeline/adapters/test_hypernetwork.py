"""Reading hypernetworks: what a file says, what it leaves out, and what nobody should have made."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from pipeline.adapters.hypernetwork import (
    Net,
    Structure,
    apply_hypernetworks,
    read_hypernetwork,
)
from pipeline.errors import AdapterUnreadable
from tests.pipeline.adapters.conftest import WriteFile, run_as_its_writer_wishes

WIDTH = 6


def weights(structure: Structure | None = None, width: int = WIDTH) -> dict[str, Tensor]:
    return dict(Net(width, structure or Structure()).state_dict())


def pair(structure: Structure | None = None) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    return weights(structure), weights(structure)


def test_a_file_that_says_nothing_of_itself_has_the_oldest_structure(write: WriteFile) -> None:
    old = {
        name.replace("linear.0", "linear1").replace("linear.1", "linear2"): tensor
        for name, tensor in weights().items()
    }
    network = read_hypernetwork(write("oldest.pt", {WIDTH: (old, old)}))
    assert (network.name, network.step, network.structure) == ("oldest", 0, Structure())
    states = torch.randn(1, 3, WIDTH)
    first, second = network.nets[WIDTH][0].linear
    expected = states + 0.5 * second(first(states))
    torch.testing.assert_close(apply_hypernetworks(states, ((network, 0.5),))[0], expected)


def test_an_activation_without_a_word_about_the_output_activates_it(write: WriteFile) -> None:
    structure = Structure(activation="relu")
    values = {WIDTH: pair(structure), "activation_func": "relu"}
    network = read_hypernetwork(write("a.pt", values))
    assert [type(layer).__name__ for layer in network.nets[WIDTH][0].linear] == [
        *("Linear", "ReLU", "Linear", "ReLU")
    ]


def test_swish_is_hardswish_and_dropout_only_takes_a_place(write: WriteFile) -> None:
    structure = Structure(
        layers=(1, 1.5, 2, 1), activation="swish", layer_norm=True, dropout=(0, 0.3, 0.3, 0)
    )
    values = {
        WIDTH: pair(structure),
        "layer_structure": [1, 1.5, 2, 1],
        "activation_func": "swish",
        "is_layer_norm": True,
        "use_dropout": True,
        "last_layer_dropout": True,
    }
    network = read_hypernetwork(write("a.pt", values))
    assert [type(layer).__name__ for layer in network.nets[WIDTH][0].linear] == [
        *("Linear", "Hardswish", "LayerNorm", "Dropout"),
        *("Linear", "Hardswish", "LayerNorm", "Dropout"),
        *("Linear", "Hardswish", "LayerNorm"),
    ]
    states = torch.randn(1, 3, WIDTH)
    answers = [apply_hypernetworks(states, ((network, 1.0),))[1] for _ in range(2)]
    assert torch.equal(*answers)


def test_a_width_that_has_no_nets_stays_as_it_is(write: WriteFile) -> None:
    network = read_hypernetwork(write("a.pt", {WIDTH: pair()}))
    states = torch.randn(1, 3, WIDTH + 1)
    assert all(part is states for part in apply_hypernetworks(states, ((network, 1.0),)))


def test_a_pickle_that_runs_code_is_refused_and_does_not_run(hostile: tuple[Path, Path]) -> None:
    path, trace = hostile
    with pytest.raises(AdapterUnreadable, match="hypernetwork `hostile` cannot be used"):
        read_hypernetwork(path)
    assert not trace.exists()
    run_as_its_writer_wishes(path)
    assert trace.exists()


def spoilt(name: str, tensor: Tensor) -> dict[int, Any]:
    return {WIDTH: (weights(), weights() | {name: tensor})}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"name": "a"}, "no nets"),
        ({WIDTH: weights()}, "two nets"),
        ({WIDTH: (weights(), 3)}, "no weights"),
        ({0: pair()}, "no weights"),
        ({10**9: pair()}, "no weights"),
        ({WIDTH: (weights(), weights(width=4))}, "do not fit its layer structure"),
        (spoilt("linear.0.bias", torch.full((2 * WIDTH,), torch.nan)), "NaN"),
        (spoilt("linear.0.bias", torch.zeros(1).expand(2 * WIDTH)), "claims to be larger"),
        (spoilt("linear.7.bias", torch.zeros(2)), "do not fit"),
        ({WIDTH: pair(), "layer_structure": [1, 2]}, "from 1 to 1"),
        ({WIDTH: pair(), "layer_structure": [1, 1e9, 1]}, "no list of factors"),
        ({WIDTH: pair(), "layer_structure": [1, float("nan"), 1]}, "no list of factors"),
        ({WIDTH: pair(), "layer_structure": [1, 0.01, 1]}, "no weights"),
        ({WIDTH: pair(), "layer_structure": [1, 4, 1]}, "do not fit"),
        ({WIDTH: pair(), "layer_structure": "1, 2, 1"}, "no list of factors"),
        ({WIDTH: pair(), "activation_func": "explode"}, "activation `explode`"),
        ({WIDTH: pair(), "activation_func": "softmax"}, "activation `softmax`"),
        ({WIDTH: pair(), "activation_func": ["relu"]}, "activation"),
        ({WIDTH: pair(), "dropout_structure": [0, 1, 0]}, "dropout"),
        ({WIDTH: pair(), "dropout_structure": [0, 0.5]}, "dropout"),
    ],
)
def test_what_is_no_hypernetwork_is_refused_in_a_sentence(
    write: WriteFile, values: dict[Any, Any], reason: str
) -> None:
    with pytest.raises(AdapterUnreadable, match=rf"`bad` cannot be used: .*{reason}"):
        read_hypernetwork(write("bad.pt", values))


def test_a_truncated_file_is_refused_wherever_it_ends(write: WriteFile) -> None:
    path = write("bad.pt", {WIDTH: pair()})
    content = path.read_bytes()
    for length in range(1, len(content), 97):
        path.write_bytes(content[:length])
        with pytest.raises(AdapterUnreadable):
            read_hypernetwork(path)
