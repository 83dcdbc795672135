"""LoRA of every family beside the model against the same checkpoint with its weights changed."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from pipeline.adapters.lora import read_lora
from pipeline.adapters.lora_names import UNET, ModulePath
from pipeline.checkpoint import Family
from pipeline.errors import InvalidRequest
from pipeline.model_config import ModelConfig
from pipeline.models.loading import load_model
from pipeline.models.lora_branches import PlacedSet
from pipeline.models.model import Model
from tests.pipeline.adapters.lora_files import (
    ALPHA,
    RANK,
    kohya,
    peft,
    random_matrices,
    weights_of,
    write_lora,
)
from tests.pipeline.models.tiny import write_tiny

FAMILIES: tuple[Family, ...] = ("sd1", "sd2", "sdxl")
TOKENS = torch.arange(77)[None]


def load_tiny(folder: Path, family: Family) -> Model:
    config = ModelConfig(path=write_tiny(folder / family, family), dtype="float32")
    return load_model(family, config, torch.device("cpu"))


def answer(model: Model, unet: PlacedSet | None = None, text: PlacedSet | None = None) -> Tensor:
    """What the UNet says to a text that all text encoders have read."""
    with model.text_loras.turned_to(text):
        read = model.read_chunk(TOKENS)
    hidden = torch.cat(read.hidden, dim=-1)
    context = model.context(hidden, pooled=read.pooled, loras=unet)
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    said = model.predict(latents, torch.tensor([500.0]), context)
    model.unet_loras.turn_to(None)
    return said


@torch.no_grad()
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("layout", ["kohya", "peft"])
def test_a_branch_is_what_a_changed_weight_is(tmp_path: Path, family: Family, layout: str) -> None:
    model = load_tiny(tmp_path, family)
    matrices = random_matrices(model, seed=1)
    is_kohya = layout == "kohya"
    tensors = kohya(model, matrices) if is_kohya else peft(matrices)
    lora = read_lora(write_lora(tmp_path, "one", tensors))
    placed = model.unet_loras.place([(lora, 0.8)])
    read = model.text_loras.place([(lora, 0.5)])
    plain, beside = answer(model), answer(model, placed, read)
    weights = weights_of(model)
    for path, (down, up) in matrices.items():
        scale = (0.8 if path.part == UNET else 0.5) * (ALPHA / RANK if is_kohya else 1.0)
        weights[path] += scale * torch.einsum("or,r...->o...", up.flatten(1), down)
    for module in model.unet.modules():
        if hasattr(module, "_packed_for"):
            module._packed_for = None  # packed from the weights as they were
    changed = answer(model)
    assert (changed - plain).abs().max() > 0.1
    torch.testing.assert_close(beside, changed, rtol=2e-4, atol=2e-4)


@torch.no_grad()
def test_only_its_own_family_takes_it(tmp_path: Path) -> None:
    models = {family: load_tiny(tmp_path, family) for family in FAMILIES}
    for family, model in models.items():
        modules: list[ModulePath] = sorted(model.unet_loras.modules)
        matrices = random_matrices(model, seed=1, modules=modules)
        lora = read_lora(write_lora(tmp_path, family, kohya(model, matrices)))
        assert model.unet_loras.place([(lora, 1.0)])
        for other in (each for name, each in models.items() if name != family):
            with pytest.raises(InvalidRequest, match=f"`{family}` was made for another kind"):
                other.unet_loras.place([(lora, 1.0)])
