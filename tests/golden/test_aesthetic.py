"""Texts led towards an aesthetic embedding, against what the reference made of them."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModelWithProjection

from pipeline.adapters.aesthetic import AestheticEmbedding
from pipeline.aesthetic_settings import AestheticSettings
from pipeline.models.clip import SpareTower
from pipeline.models.text_tower import TextTower
from pipeline.prompts.aesthetic import Lead

TOLERANCE = 1e-4  # of the largest value: the reference ran with another transformers
FIELDS = {
    "aesthetic_lr": "aesthetic_learning_rate",
    "aesthetic_weight": "aesthetic_weight",
    "aesthetic_steps": "aesthetic_steps",
    "image_embs_name": "aesthetic_embedding",
    "aesthetic_slerp": "aesthetic_slerp",
    "aesthetic_imgs_text": "aesthetic_text",
    "aesthetic_slerp_angle": "aesthetic_slerp_angle",
    "aesthetic_text_negative": "aesthetic_text_negative",
}


def cases(directory: Path) -> dict[str, Any]:
    entries = json.loads((directory / "aesthetic.json").read_text())["cases"]
    return {entry["name"]: entry for entry in entries}


@pytest.fixture(scope="module")
def recorded(golden_dir: Path) -> dict[str, Tensor]:
    return load_file(golden_dir / "aesthetic.safetensors")


class OneText:
    """The only text that was recorded, as the tokenizer gave it then."""

    def __init__(self, token_ids: Tensor) -> None:
        self.input_ids = token_ids

    def __call__(self, text: str, **_: object) -> "OneText":
        return self


@pytest.fixture
def tower(golden_dir: Path, recorded: dict[str, Tensor], tmp_path: Path) -> SpareTower:
    """The recorded CLIP's text tower, from a folder as any other."""
    text = json.loads((golden_dir / "aesthetic.json").read_text())["text_config"]
    clip = CLIPTextModelWithProjection(CLIPTextConfig(**text))
    weights = {
        name.removeprefix("clip."): tensor
        for name, tensor in recorded.items()
        if name.startswith("clip.")
    }
    clip.load_state_dict(weights)
    clip.save_pretrained(tmp_path)
    own = TextTower(clip, "clip_skip", end=text["eos_token_id"], padding=text["eos_token_id"])
    only: Any = OneText(recorded["imgs_text_tokens"])
    return SpareTower(tmp_path, own, only, torch.device("cpu"))


def test_texts_are_led_as_the_reference_leads_them(
    case: dict[str, Any], recorded: dict[str, Tensor], tower: SpareTower
) -> None:
    values = {FIELDS[name]: value for name, value in case["params"].items()}
    embedding = AestheticEmbedding("toy", recorded["image_emb"], "")
    lead = Lead(embedding, AestheticSettings(**values), tower)
    turns = lead.towards(recorded["z"], recorded["tokens"], [1], case["clip_skip"])
    with torch.no_grad():
        num_turns = 0
        try:
            while True:
                next(turns)
                num_turns += 1
        except StopIteration as finished:
            led = finished.value
    wanted = recorded[f"out.{case['name']}"]
    assert num_turns == case["params"]["aesthetic_steps"]
    assert (led - wanted).abs().max() <= TOLERANCE * wanted.abs().max()
    assert (led - recorded["z"]).abs().max() > 0
