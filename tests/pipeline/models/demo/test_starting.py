"""A new work folder can go on from finished weights instead of from nothing."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

from pipeline.models.demo.__main__ import WEIGHTS
from pipeline.models.demo.clip import load_clip
from pipeline.models.demo.export import export
from pipeline.models.demo.starting import start_from
from pipeline.models.demo.training import Training
from pipeline.models.demo.unet import PLAN, beginning, load_unet, new_unet
from pipeline.models.demo.vae import load_vae

UNET = WEIGHTS / "unet" / "diffusion_pytorch_model.safetensors"


def test_training_starts_from_the_finished_unet(tmp_path: Path) -> None:
    start_from(WEIGHTS, tmp_path)
    finished = load_file(UNET)
    training = Training(beginning(tmp_path), PLAN, tmp_path)

    assert training.step == 0
    assert all(
        torch.equal(weight.half(), finished[name])
        for name, weight in training.model.state_dict().items()
    )


def test_the_other_parts_stay_what_the_unet_was_trained_on(tmp_path: Path) -> None:
    start_from(WEIGHTS, tmp_path)
    towers = load_file(WEIGHTS / "clip" / "model.safetensors")
    scale = load_vae(tmp_path).config.scaling_factor

    assert scale == json.loads((WEIGHTS / "vae" / "config.json").read_text())["scaling_factor"]
    assert all(
        torch.equal(weight.half(), towers[name])
        for name, weight in load_clip(tmp_path).state_dict().items()
        if name in towers
    )


def test_what_was_learned_since_counts_more_than_the_start(tmp_path: Path) -> None:
    start_from(WEIGHTS, tmp_path)
    learned = new_unet().state_dict()
    torch.save({"averaged": learned}, tmp_path / f"{PLAN.name}.pt")

    assert all(
        torch.equal(weight, learned[name])
        for name, weight in load_unet(tmp_path).state_dict().items()
    )


def test_an_untouched_start_is_exported_as_it_came(tmp_path: Path) -> None:
    start_from(WEIGHTS, tmp_path)
    export(tmp_path, tmp_path / "out")
    came, goes = load_file(UNET), load_file(tmp_path / "out" / UNET.relative_to(WEIGHTS))

    assert came.keys() == goes.keys()
    assert all(torch.equal(came[name], goes[name]) for name in came)
