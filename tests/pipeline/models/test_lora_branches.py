"""LoRA beside a model against the same model with its weights changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor

from pipeline.adapters.lora import Lora, read_lora
from pipeline.adapters.lora_names import UNET, ModulePath
from pipeline.errors import InvalidRequest
from pipeline.models.lora_branches import PlacedSet
from pipeline.models.model import Model
from tests.pipeline.adapters.lora_files import (
    ALPHA,
    RANK,
    kohya,
    random_matrices,
    weights_of,
    write_lora,
)

Matrices = dict[ModulePath, tuple[Tensor, Tensor]]
TOKENS = torch.arange(77)[None]


@pytest.fixture
def matrices(demo_model: Model) -> Matrices:
    """Of every layer that there is, convolutions and text encoder included."""
    return random_matrices(demo_model, seed=1, size=0.05)


@pytest.fixture
def lora(demo_model: Model, matrices: Matrices, tmp_path: Path) -> Lora:
    return read_lora(write_lora(tmp_path, "one", kohya(demo_model, matrices)))


def product(down: Tensor, up: Tensor) -> Tensor:
    """The change of a weight, from the definition."""
    return torch.einsum("or,r...->o...", up.flatten(1), down)


@contextmanager
def merged(model: Model, changes: dict[ModulePath, Tensor]) -> Iterator[None]:
    """The model with other weights, and afterwards, to the bit, with its own."""
    weights = weights_of(model)
    kept = {path: weights[path].clone() for path in changes}
    convolutions = [module for module in model.unet.modules() if hasattr(module, "_packed_for")]
    try:
        for path, change in changes.items():
            weights[path] += change
        for module in convolutions:
            module._packed_for = None  # packed from the weights as they were
        yield
    finally:
        for path, weight in kept.items():
            weights[path].copy_(weight)
        for module in convolutions:
            module._packed_for = None


def answer(
    model: Model, unet: PlacedSet | None = None, text: PlacedSet | None = None, rows: int = 2
) -> Tensor:
    """What the UNet says to a text that the text encoder has read."""
    with model.text_loras.turned_to(text):
        hidden = model.read_chunk(TOKENS).hidden[0]
    context = model.context(hidden, loras=unet)
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    return model.predict(latents, torch.tensor([500.0]), context)


@torch.no_grad()
@pytest.mark.parametrize(("unet", "text"), [(0.8, 0.8), (1.3, -0.4), (0.5, 0.0), (0.0, 1.0)])
def test_a_branch_is_what_a_changed_weight_is(
    demo_model: Model, matrices: Matrices, lora: Lora, unet: float, text: float
) -> None:
    placed = demo_model.unet_loras.place([(lora, unet)])
    read = demo_model.text_loras.place([(lora, text)])
    beside = answer(demo_model, placed, read)
    changes = {
        path: (unet if path.part == UNET else text) * ALPHA / RANK * product(*pair)
        for path, pair in matrices.items()
    }
    with merged(demo_model, changes):
        expected = answer(demo_model)
    plain = answer(demo_model)
    assert (expected - plain).abs().max() > 0.01
    torch.testing.assert_close(beside, expected, rtol=1e-4, atol=2e-5)


@torch.no_grad()
def test_several_add_up_and_in_any_order_the_same_bits(
    demo_model: Model, matrices: Matrices, lora: Lora, tmp_path: Path
) -> None:
    few = list(matrices)[::3]
    others = random_matrices(demo_model, seed=2, modules=few, size=0.05)
    other = read_lora(write_lora(tmp_path, "other", kohya(demo_model, others, alpha=None)))
    both = [(lora, 0.7), (other, 0.4)]
    answers = [
        answer(
            demo_model,
            demo_model.unet_loras.place(order),
            demo_model.text_loras.place(order),
        )
        for order in (both, both[::-1])
    ]
    changes = {path: 0.7 * ALPHA / RANK * product(*pair) for path, pair in matrices.items()}
    for path, pair in others.items():
        changes[path] = changes[path] + 0.4 * product(*pair)
    with merged(demo_model, changes):
        expected = answer(demo_model)
    torch.testing.assert_close(answers[0], expected, rtol=1e-4, atol=2e-5)
    assert torch.equal(*answers)


def hooks_of(model: Model) -> list[object]:
    """All that change what a module says; transformers has some of its own there, which do not."""
    modules = [*model.unet.modules(), *model.text_encoder.modules()]
    return [hook for module in modules for hook in module._forward_hooks.values()]


@torch.no_grad()
def test_what_is_off_leaves_no_trace(demo_model: Model, lora: Lora) -> None:
    before, hooks = answer(demo_model), hooks_of(demo_model)
    weights = {path: weight.clone() for path, weight in weights_of(demo_model).items()}
    placed = demo_model.unet_loras.place([(lora, 1.0)])
    read = demo_model.text_loras.place([(lora, 1.0)])
    assert not torch.equal(answer(demo_model, placed, read), before)
    assert torch.equal(answer(demo_model), before)
    assert hooks_of(demo_model) == hooks
    assert all(torch.equal(weights[path], now) for path, now in weights_of(demo_model).items())


@torch.no_grad()
def test_strength_0_is_no_lora_and_a_repeated_one_is_twice_as_strong(
    demo_model: Model, lora: Lora
) -> None:
    place = demo_model.unet_loras.place
    assert place([(lora, 0.0)]) is None
    assert place([(lora, 1.0), (lora, -1.0)]) is None
    twice = place([(lora, 0.3), (lora, 0.3)])
    assert twice is not None
    assert twice is place([(lora, 0.6)])


def test_a_lora_of_another_model_is_refused_by_name(
    demo_model: Model, matrices: Matrices, tmp_path: Path
) -> None:
    tensors = kohya(demo_model, matrices)
    strange = {"lora_te2_text_projection.lora_down.weight": torch.ones(4, 8)}
    strange["lora_te2_text_projection.lora_up.weight"] = torch.ones(8, 4)
    sdxl = read_lora(write_lora(tmp_path, "sdxl", tensors | strange))
    with pytest.raises(InvalidRequest, match=r"`sdxl` was made for another kind of model.*te2"):
        demo_model.text_loras.place([(sdxl, 1.0)])
    path = next(path for path in matrices if path.path.endswith("attn2.to_k"))
    wider = torch.cat([matrices[path][0]] * 2, dim=1), matrices[path][1]
    sd2 = read_lora(write_lora(tmp_path, "sd2", kohya(demo_model, {path: wider})))
    with pytest.raises(InvalidRequest, match=r"`sd2` was made .* have other sizes"):
        demo_model.unet_loras.place([(sd2, 1.0)])


@torch.no_grad()
def test_a_1_x_1_kernel_may_be_written_or_left_out(
    demo_model: Model, matrices: Matrices, tmp_path: Path
) -> None:
    flat, square = {}, {}
    for path, (down, up) in matrices.items():
        if path.path.endswith("proj_in"):
            square[path] = down, up
            flat[path] = down.flatten(1), up.flatten(1)
        elif path.path.endswith("to_q"):
            flat[path] = down, up
            square[path] = down[:, :, None, None], up[:, :, None, None]
    answers = []
    for name, written in (("flat", flat), ("square", square)):
        lora = read_lora(write_lora(tmp_path, name, kohya(demo_model, written)))
        answers.append(answer(demo_model, demo_model.unet_loras.place([(lora, 1.0)])))
    assert torch.equal(*answers)
    assert not torch.equal(answers[0], answer(demo_model))
