"""LoRA training: what it changes, and that what it writes draws as what it trained."""

from pathlib import Path

import pytest
import torch

from pipeline.adapters.lora import read_lora
from pipeline.model_config import ModelConfig
from pipeline.models.loading import load_model
from pipeline.models.model import Model
from pipeline.results import Artifact
from pipeline.training.batches import Batches
from pipeline.training.dataset import Dataset
from pipeline.training.diffusion_loss import diffusion_loss
from pipeline.training.lora import LoraTraining
from pipeline.training.texts import TrainingTexts
from tests.conftest import WEIGHTS
from tests.pipeline.training.conftest import RequestOf, Run, events_of

CPU = torch.device("cpu")
EVERYTHING = {"kind": "lora", "rank": 2, "alpha": 1.0, "convolutions": True}


@pytest.mark.parametrize(
    ("settings", "prefixes"),
    [
        ({}, {"lora_unet", "lora_te"}),
        ({"trains_text_encoder": False}, {"lora_unet"}),
        ({"trains_unet": False}, {"lora_te"}),
    ],
)
def test_a_file_holds_the_parts_that_were_trained(
    request_of: RequestOf, run: Run, tmp_path: Path, settings: dict[str, bool], prefixes: set[str]
) -> None:
    request = request_of(method={"kind": "lora", **settings}, num_steps=1)
    (artifact,) = events_of(run(request, tmp_path), Artifact)
    names = read_lora(artifact.path).branches
    assert {"_".join(name.split("_")[:2]) for name in names} == prefixes


def test_the_written_file_changes_the_model_as_the_training_did(
    request_of: RequestOf, run: Run, tmp_path: Path, demo_model: Model
) -> None:
    request = request_of(method=EVERYTHING, num_steps=2, learning_rate="0.1")
    (artifact,) = events_of(run(request, tmp_path), Artifact)
    batch = Batches(request, demo_model, Dataset(request, demo_model, request.pictures)).batch([9])

    trained = load_model("demo", ModelConfig(path=WEIGHTS), CPU)
    method = LoraTraining(request, trained)
    snapshot = torch.load(tmp_path / "state.pt", weights_only=True)
    method.resume(snapshot["weights"])

    lora = read_lora(artifact.path)
    with torch.no_grad():
        expected = method.loss(batch)
        unchanged = diffusion_loss(
            demo_model, batch, TrainingTexts(demo_model).contexts(batch.texts)
        )
        for_text = demo_model.text_loras.place([(lora, 1.0)])
        with demo_model.text_loras.turned_to(for_text):
            hidden, _ = TrainingTexts(demo_model).states(batch.texts)
        for_unet = demo_model.unet_loras.place([(lora, 1.0)])
        drawn = diffusion_loss(demo_model, batch, demo_model.context(hidden, loras=for_unet))
        demo_model.unet_loras.turn_to(None)
    torch.testing.assert_close(drawn, expected)
    assert abs(unchanged - expected) > 1e-3


def test_before_its_first_step_a_lora_changes_nothing(
    request_of: RequestOf, demo_model: Model
) -> None:
    request = request_of(method=EVERYTHING)
    batch = Batches(request, demo_model, Dataset(request, demo_model, request.pictures)).batch([0])
    own = load_model("demo", ModelConfig(path=WEIGHTS), CPU)
    begun = LoraTraining(request, own).loss(batch)
    plain = diffusion_loss(own, batch, TrainingTexts(demo_model).contexts(batch.texts))
    torch.testing.assert_close(begun, plain)
