"""On a CUDA device: a recorded UNet call gives the bits of one made kernel by kernel."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from pipeline.adapters.lora import read_lora
from pipeline.model_config import ModelConfig
from pipeline.models.attention import TextContext, stack_contexts
from pipeline.models.loading import load_model
from pipeline.models.model import Model
from tests.conftest import WEIGHTS
from tests.pipeline.adapters.lora_files import kohya, random_matrices, write_lora

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
]


@pytest.fixture(autouse=True)
def _no_grad() -> Iterator[None]:
    with torch.no_grad():
        yield


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("demo", ModelConfig(path=WEIGHTS), torch.device("cuda:0"))


def inputs(model: Model, rows: int, tokens: int) -> tuple[torch.Tensor, torch.Tensor, TextContext]:
    latents = torch.randn(rows, *model.latent_shape(128, 128), device=model.device)
    timesteps = torch.randint(0, 1000, (rows,), device=model.device).float()
    hidden = torch.randn(rows, tokens, model.token_width, device=model.device)
    return (
        latents,
        timesteps,
        stack_contexts([model.context(each) for each in torch.split(hidden, 1)]),
    )


@pytest.mark.parametrize("tokens", [77, 154])
def test_every_call_of_a_kind_has_the_same_bits_recorded_or_not(model: Model, tokens: int) -> None:
    for rows in (2, 4, 2, 16, 4, 5):
        for _ in range(4):
            given = inputs(model, rows, tokens)
            assert torch.equal(model.predict(*given), model.call_unet(*given))


def test_a_call_with_a_lora_is_recorded_with_it_and_none_without(
    model: Model, tmp_path: Path
) -> None:
    matrices = random_matrices(model, seed=1, size=0.05)
    lora = read_lora(write_lora(tmp_path, "one", kohya(model, matrices)))
    placed = [model.unet_loras.place([(lora, strength)]) for strength in (0.0, 0.5, 1.0)]
    for _ in range(4):
        latents, timesteps, _ = inputs(model, 1, 77)
        hidden = torch.randn(1, 77, model.token_width, device=model.device)
        answers = []
        for each in placed:
            context = model.context(hidden, loras=each)
            answers.append(model.predict(latents, timesteps, context))
            assert torch.equal(answers[-1], model.call_unet(latents, timesteps, context))
        assert not torch.equal(answers[0], answers[1])
        assert not torch.equal(answers[1], answers[2])


def test_an_answer_outlives_the_next_call(model: Model) -> None:
    first, second = inputs(model, 2, 77), inputs(model, 2, 77)
    expected = model.call_unet(*first)
    answers = [model.predict(*given) for given in (first, first, first, second)]
    assert torch.equal(answers[2], expected)
