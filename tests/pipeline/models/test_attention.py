"""Hypernetworks at work in the demo model's attention."""

import pytest
import torch
from torch import Tensor

from pipeline.adapters.hypernetwork import HypernetworkSet, apply_hypernetworks
from pipeline.models.attention import TextContext, split_heads, stack_contexts
from pipeline.models.model import Model
from tests.pipeline.adapters.networks import random_hypernetwork, widths_of
from tests.pipeline.prompts.texts import context_of


@pytest.fixture(scope="module")
def widths(demo_model: Model) -> tuple[int, ...]:
    return widths_of(demo_model)


@pytest.fixture(scope="module")
def hidden(demo_model: Model) -> Tensor:
    return context_of(demo_model, "a red circle").hidden


@torch.no_grad()
def predict(model: Model, *contexts: TextContext) -> Tensor:
    torch.manual_seed(0)
    latents, timesteps = torch.randn(1, 4, 8, 8), torch.tensor([500.0])
    num_rows = len(contexts)
    return model.predict(
        latents.expand(num_rows, -1, -1, -1), timesteps.expand(num_rows), stack_contexts(contexts)
    )


def test_strength_0_is_no_hypernetwork_to_the_last_bit(
    demo_model: Model, hidden: Tensor, widths: tuple[int, ...]
) -> None:
    context = demo_model.context(hidden, ((random_hypernetwork("a", widths), 0.0),))
    assert torch.equal(
        predict(demo_model, context), predict(demo_model, demo_model.context(hidden))
    )
    assert context.adapters == ()


def test_both_kinds_of_attention_follow_and_the_model_itself_stays(
    demo_model: Model, hidden: Tensor, widths: tuple[int, ...]
) -> None:
    plain = predict(demo_model, demo_model.context(hidden))
    answers = [plain]
    for served in (widths[:1], widths[1:], widths):
        network = random_hypernetwork("a" * len(answers), served)
        answers.append(predict(demo_model, demo_model.context(hidden, ((network, 0.8),))))
    for number, answer in enumerate(answers):
        for other in answers[:number]:
            assert (answer - other).abs().max() > 1e-3
    unknown = random_hypernetwork("unknown", (7,))
    context = demo_model.context(hidden, ((unknown, 1.0),))
    assert torch.equal(predict(demo_model, context), plain)
    assert torch.equal(predict(demo_model, demo_model.context(hidden)), plain)


def test_keys_and_values_of_a_text_are_bent_before_they_are_projected(
    demo_model: Model, hidden: Tensor, widths: tuple[int, ...]
) -> None:
    used = tuple((random_hypernetwork(name, widths), 0.5) for name in ("a", "bb"))
    context = demo_model.context(hidden, used)
    for_keys, for_values = apply_hypernetworks(hidden, used)
    layer = demo_model.cross_attention.layers[0]
    keys, values = context.keys_values[0]
    torch.testing.assert_close(keys, split_heads(layer.to_k(for_keys), layer.heads))
    torch.testing.assert_close(values, split_heads(layer.to_v(for_values), layer.heads))
    assert not torch.equal(keys, demo_model.context(hidden, used[::-1]).keys_values[0][0])


def test_a_hypernetwork_is_moved_to_a_model_once(
    demo_model: Model, hidden: Tensor, widths: tuple[int, ...]
) -> None:
    used: HypernetworkSet = ((random_hypernetwork("moved", widths), 0.5),)
    first, second = (demo_model.context(hidden, used) for _ in range(2))
    assert first.hypernetworks[0][0] is second.hypernetworks[0][0]
