"""Hypernetwork files against what webui makes of them: structure, and what comes out."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from torch import Tensor

from pipeline.adapters.hypernetwork import (
    ACTIVATIONS,
    Hypernetwork,
    apply_hypernetworks,
    automatic_dropout,
    read_hypernetwork,
)

TOLERANCE = 1e-5  # of the largest value
ANSWER = re.compile(r"(?P<name>.+)\.(?P<part>[kv])\.(?P<width>\d+)\.mult(?P<strength>-?[\d.]+)")
CHAIN = re.compile(r"chain\.(?P<links>.+)\.(?P<part>[kv])\.(?P<width>\d+)")
LINK = re.compile(r"(?P<name>[a-z]+)(?P<strength>-?[\d.]+)")


def cases(directory: Path) -> dict[str, Any]:
    """Each recorded answer, as the networks that gave it with their strengths."""
    found = {}
    names = [path.stem for path in sorted(directory.glob("hn_*.pt"))]
    for key in load_file(directory / "hypernetworks.safetensors"):
        if match := CHAIN.fullmatch(key):
            links = [LINK.fullmatch(link) for link in match["links"].split("_then_")]
            chain = [
                (spelt_out(link["name"], names), float(link["strength"])) for link in links if link
            ]
        elif match := ANSWER.fullmatch(key):
            chain = [(match["name"], float(match["strength"]))]
        else:
            continue
        found[key] = {"key": key, "chain": chain} | match.groupdict()
    return found


def spelt_out(short: str, names: list[str]) -> str:
    """The file that a chain means by a short name such as "reluln": hn_1221_relu_ln."""
    return next(name for name in names if name.replace("_", "").endswith(short))


@pytest.fixture(scope="module")
def recorded(golden_dir: Path) -> dict[str, Any]:
    contents: dict[str, Any] = json.loads((golden_dir / "hypernetworks.json").read_text())
    return contents


@pytest.fixture(scope="module")
def answers(golden_dir: Path) -> dict[str, Tensor]:
    return load_file(golden_dir / "hypernetworks.safetensors")


@pytest.fixture(scope="module")
def networks(golden_dir: Path) -> dict[str, Hypernetwork]:
    return {path.stem: read_hypernetwork(path) for path in golden_dir.glob("hn_*.pt")}


def test_an_answer_is_that_of_the_reference(
    case: dict[str, Any], networks: dict[str, Hypernetwork], answers: dict[str, Tensor]
) -> None:
    used = tuple((networks[name], strength) for name, strength in case["chain"])
    for_keys, for_values = apply_hypernetworks(answers[f"x.{case['width']}"], used)
    wanted = answers[case["key"]]
    error = ((for_keys if case["part"] == "k" else for_values) - wanted).abs().max()
    assert error <= TOLERANCE * wanted.abs().max()


def test_a_file_is_built_as_the_reference_builds_it(
    recorded: dict[str, Any], networks: dict[str, Hypernetwork]
) -> None:
    for entry in recorded["files"]:
        network = networks[Path(entry["file"]).stem]
        facts = entry.get("scalars") or entry["loaded"]
        assert (network.name, network.step) == (facts["name"], facts["step"])
        assert list(network.structure.layers) == facts["layer_structure"]
        assert network.structure.activation == facts["activation_func"]
        assert network.structure.activates_output == facts["activate_output"]
        if "scalars" not in entry:
            continue
        assert network.structure.layer_norm == facts["is_layer_norm"]
        assert list(network.structure.dropout) == facts["dropout_structure"]
        assert network.checkpoint == facts["sd_checkpoint"]
        assert network.nets.keys() == {int(k) for k in entry["top_level_keys"] if k.isdecimal()}
        for net in network.nets[min(network.nets)]:
            kinds = [f"'{type(layer).__name__}'" for layer in net.linear]
            assert kinds == entry["module_sequence"]
            shapes = {name: list(weight.shape) for name, weight in net.state_dict().items()}
            assert shapes == entry["shapes"]
            assert list(shapes) == entry["state_keys"]


def test_dropout_stands_where_the_reference_puts_it(recorded: dict[str, Any]) -> None:
    for entry in recorded["parse_dropout_structure"]:
        dropout = automatic_dropout(
            entry["layer_structure"], entry["use_dropout"], entry["last_layer_dropout"]
        )
        assert list(dropout) == entry["out"]


def test_activations_have_the_names_of_the_reference(recorded: dict[str, Any]) -> None:
    assert set(recorded["activation_names"]) <= ACTIVATIONS.keys()
