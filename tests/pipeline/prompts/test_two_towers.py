"""Texts as Stable Diffusion XL's two towers read them, and as 2's padded one does."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from pipeline.adapters.hypernetwork import apply_hypernetworks
from pipeline.errors import InvalidRequest
from pipeline.model_config import ModelConfig
from pipeline.models.attention import split_heads
from pipeline.models.loading import load_model
from pipeline.models.model import Model
from tests.pipeline.adapters.networks import random_hypernetwork
from tests.pipeline.models.tiny import WIDTHS, write_tiny
from tests.pipeline.prompts.texts import conditioning_of, context_of, encoder_of, request_for

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def xl(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = write_tiny(tmp_path_factory.mktemp("tiny") / "sdxl", "sdxl")
    return load_model("xl", ModelConfig(path=folder), CPU)


def towers_of(model: Model, text: str) -> list[Tensor]:
    """What each tower makes of a short text, in float32, asked for it directly."""
    tokens = model.tokenizer(text, padding="max_length", max_length=77, return_tensors="pt")
    return [tower.read(tokens.input_ids, 1)[0] for tower in model.towers]


@torch.no_grad()
def test_both_towers_states_stand_side_by_side_with_what_the_second_pools(xl: Model) -> None:
    context = context_of(xl, "a red circle")
    assert torch.equal(context.hidden, torch.cat(towers_of(xl, "a red circle"), dim=-1))
    assert context.hidden.shape == (1, 77, sum(WIDTHS["sdxl"]))
    assert context.pooled is not None
    assert context.pooled.shape == (1, WIDTHS["sdxl"][1])


@torch.no_grad()
def test_a_weight_keeps_each_towers_own_mean(xl: Model) -> None:
    plain = towers_of(xl, "red circle")
    weighed = context_of(xl, "(red:1.6) circle", clip_skip=1).hidden
    multipliers = torch.ones(1, 77, 1)
    multipliers[:, 1 : 1 + len(xl.tokenizer("red", add_special_tokens=False).input_ids)] = 1.6
    expected = [
        states * multipliers * states.mean() / (states * multipliers).mean() for states in plain
    ]
    torch.testing.assert_close(weighed, torch.cat(expected, dim=-1), rtol=1e-4, atol=1e-5)


def test_a_long_text_is_pooled_by_its_first_chunk_and_weights_pool_nothing(xl: Model) -> None:
    long = context_of(xl, "a red circle BREAK a blue star")
    assert long.num_tokens == 154
    short = context_of(xl, "a red circle")
    for other in (long, context_of(xl, "a (red:1.5) circle")):
        assert other.pooled is not None
        assert short.pooled is not None
        assert torch.equal(other.pooled, short.pooled)


def test_an_empty_negative_prompt_is_zeros_unless_it_says_something_at_some_step(xl: Model) -> None:
    blank = conditioning_of(xl, "a", negative_prompt="").negative
    assert blank
    nothing = blank.at(0)
    assert nothing.pooled is not None
    assert nothing.hidden.abs().max() == 0
    assert nothing.pooled.abs().max() == 0
    later = conditioning_of(xl, "a", negative_prompt="[:ugly:0.5]").negative
    assert later
    assert later.at(0).hidden.abs().max() > 0


@pytest.mark.parametrize("family", ["sd2", "sdxl"])
def test_clip_skip_changes_nothing_where_the_layer_is_given(
    xl: Model, family: str, tmp_path: Path
) -> None:
    model = xl
    if family == "sd2":
        folder = write_tiny(tmp_path / "sd2", "sd2")
        model = load_model("2", ModelConfig(path=folder), CPU)
    plain, skipped = (context_of(model, "a star", clip_skip=skip).hidden for skip in (1, 12))
    assert torch.equal(plain, skipped)


@torch.no_grad()
def test_an_embedding_has_a_part_for_each_tower(xl: Model, tmp_path: Path) -> None:
    (tmp_path / "embeddings").mkdir()
    torch.manual_seed(2)
    parts = {
        name: torch.randn(2, width)
        for name, width in zip(("clip_l", "clip_g"), WIDTHS["sdxl"], strict=True)
    }
    save_file(parts, tmp_path / "embeddings" / "mine.safetensors")
    save_file({"emb_params": parts["clip_l"]}, tmp_path / "embeddings" / "other.safetensors")
    encoder = encoder_of(xl, tmp_path)
    found = encoder.encode(request_for("mine star", guidance_scale=1.0)).positive[0].at(0)
    tokens = xl.tokenizer("! ! star", padding="max_length", max_length=77, return_tensors="pt")
    expected = [
        tower.read(tokens.input_ids, 1, [(1, part)])[0]
        for tower, part in zip(xl.towers, parts.values(), strict=True)
    ]
    assert torch.equal(found.hidden, torch.cat(expected, dim=-1))
    with pytest.raises(InvalidRequest, match="made for another kind of model: its vectors have 24"):
        encoder.encode(request_for("other star"))


@torch.no_grad()
def test_a_hypernetwork_serves_both_towers_width_together(xl: Model) -> None:
    hidden = context_of(xl, "a star").hidden
    used = ((random_hypernetwork("a", (sum(WIDTHS["sdxl"]), 16)), 0.7),)
    context = xl.context(hidden, used, pooled=torch.zeros(1, WIDTHS["sdxl"][1]))
    layer = xl.cross_attention.layers[0]
    for_keys, for_values = apply_hypernetworks(hidden, used)
    torch.testing.assert_close(context.keys_values[0][0], split_heads(layer.to_k(for_keys), 4))
    torch.testing.assert_close(context.keys_values[0][1], split_heads(layer.to_v(for_values), 4))
    assert not torch.equal(for_keys, hidden)
