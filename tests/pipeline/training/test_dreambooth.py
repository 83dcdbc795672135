"""DreamBooth: what learns, what is kept beside it, and what is left behind."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.adapters.lora import read_lora
from pipeline.errors import GenerationFailed, InvalidRequest
from pipeline.model_config import ModelConfig
from pipeline.models.demo.pictures import COLOURS
from pipeline.models.loading import load_model
from pipeline.results import Artifact, PicturesWanted, TrainingEvent, TrainingProgress
from pipeline.training.averages import Averages
from pipeline.training.batches import Batches
from pipeline.training.dataset import Dataset
from pipeline.training.dreambooth import DreamBooth
from pipeline.training.loop import Training
from pipeline.training.lora_extraction import nearest
from pipeline.training.prior import class_pictures
from pipeline.training.train import train
from pipeline.training_folder import read_class_folder
from pipeline.training_request import TrainingPicture, TrainingRequest
from tests.conftest import WEIGHTS
from tests.pipeline.training.conftest import RequestOf, Run, drawn, events_of

UNET = "unet/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"


def settings(**values: Any) -> dict[str, Any]:
    return {"kind": "dreambooth", "saved_precision": "float32", "lora_rank": 0} | values


def answered(training: Training, pictures: Sequence[bytes]) -> list[TrainingEvent]:
    """All events of a run whose wishes for pictures are met, a picture for every seed."""
    events: list[TrainingEvent] = []
    answer = None
    left = list(pictures)
    while True:
        try:
            events.append(training.send(answer))
        except StopIteration:
            return events
        answer = None
        if isinstance(events[-1], PicturesWanted):
            number = sum(len(request.seeds) for request in events[-1].requests)
            answer, left = left[:number], left[number:]


@pytest.mark.parametrize("trains_text_encoder", [False, True])
def test_the_unet_learns_and_the_text_encoder_where_it_shall(
    request_of: RequestOf, run: Run, tmp_path: Path, trains_text_encoder: bool
) -> None:
    method = settings(trains_text_encoder=trains_text_encoder)
    request = request_of(method=method, learning_rate="1e-4", num_steps=2)
    [artifact] = events_of(run(request, tmp_path), Artifact)
    assert (artifact.folder, artifact.path) == ("models", tmp_path / "grau")
    for part, changes in ((UNET, True), (TEXT, trains_text_encoder)):
        before, after = load_file(WEIGHTS / part), load_file(artifact.path / part)
        moved = [name for name in before if not torch.equal(before[name].float(), after[name])]
        assert bool(moved) is changes
    assert load_model("grau", ModelConfig(path=artifact.path), torch.device("cpu")).family == "sd1"


def test_missing_pictures_of_the_class_are_asked_for_once(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    method = settings(class_prompt="a circle | a ring", num_class_pictures=19)
    own = (TrainingPicture(content=drawn("black")),)
    request = request_of(method=method, class_pictures=own, num_steps=2)
    made = [drawn(background) for background in COLOURS] * 3
    events = answered(run(request, tmp_path), made)
    asked = [event for event in events if isinstance(event, PicturesWanted)]
    assert [(each.num_made, each.num_total) for each in asked] == [(0, 18), (16, 18)]
    wanted = [each.requests for each in asked]
    assert [len(requests) for requests in wanted] == [16, 2]
    assert [each.prompt for requests in wanted for each in requests] == ["a circle", "a ring"] * 9
    assert len({seed for requests in wanted for each in requests for seed in each.seeds}) == 18
    again = list(run(request_of(**request_values(request), num_steps=3), tmp_path))
    assert not [event for event in again if isinstance(event, PicturesWanted)]
    assert [event.num_done for event in again if isinstance(event, TrainingProgress)] == [3]


def gathered(
    request: TrainingRequest, folder: Path, made: Sequence[bytes]
) -> tuple[list[tuple[str, float]], tuple[TrainingPicture, ...]]:
    """What is asked for the class, and what the run gets when it is answered so."""
    gathering = class_pictures(request, ModelConfig(path=WEIGHTS), folder)
    wanted = next(gathering)
    with pytest.raises(StopIteration) as end:
        gathering.send(made)
    return [(each.prompt, each.guidance_scale) for each in wanted.requests], end.value.value


def test_pictures_that_are_added_to_those_of_an_earlier_run_are_others(
    request_of: RequestOf, tmp_path: Path
) -> None:
    method = {"class_prompt": "a ring | a star", "class_guidance_scale": 1}
    first = request_of(method=settings(**method, num_class_pictures=2))
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
    before = next(class_pictures(first, ModelConfig(path=WEIGHTS), tmp_path / "one"))
    given = tuple(TrainingPicture(content=drawn(colour)) for colour in ("black", "white"))
    more = request_of(method=settings(**method, num_class_pictures=4), class_pictures=given)
    after = next(class_pictures(more, ModelConfig(path=WEIGHTS), tmp_path / "two"))
    assert [each.prompt for each in after.requests] == ["a ring", "a star"]
    assert not {each.seeds for each in before.requests} & {each.seeds for each in after.requests}


def test_a_picture_of_the_class_that_was_damaged_later_is_named(
    request_of: RequestOf, tmp_path: Path
) -> None:
    request = request_of(method=settings(class_prompt="a ring", num_class_pictures=2))
    gathered(request, tmp_path, [drawn("black"), drawn("white")])
    first, _ = sorted((tmp_path / "class").glob("*.png"))
    first.write_bytes(b"nothing")
    with pytest.raises(InvalidRequest, match=rf"{first.name}`: The picture cannot be read"):
        next(class_pictures(request, ModelConfig(path=WEIGHTS), tmp_path))


def test_pictures_of_the_class_are_made_anew_where_it_is_described_otherwise(
    request_of: RequestOf, tmp_path: Path
) -> None:
    def asked(**method: Any) -> list[tuple[str, float]]:
        request = request_of(method=settings(**method, num_class_pictures=2))
        return gathered(request, tmp_path, [drawn("black"), drawn("white")])[0]

    assert asked(class_prompt="a ring | a star") == [("a ring", 7.0), ("a star", 7.0)]
    assert asked(class_prompt="a circle") == [("a circle", 7.0)] * 2
    plainer = {"class_prompt": "a circle", "class_guidance_scale": 1}
    assert asked(**plainer) == [("a circle", 1.0)] * 2


def test_pictures_of_the_class_keep_their_own_prompts_where_one_of_them_was_deleted(
    request_of: RequestOf, tmp_path: Path
) -> None:
    method = settings(class_prompt="a ring | a star", num_class_pictures=4)
    backgrounds = ("black", "white", "red", "blue")
    _, whole = gathered(request_of(method=method), tmp_path, [*map(drawn, backgrounds)])
    [gone] = (tmp_path / "class").glob("00001-*.png")
    gone.unlink()
    asked, mended = gathered(request_of(method=method), tmp_path, [drawn("white")])
    assert asked == [("a star", 7.0)]
    assert mended == whole
    assert read_class_folder(tmp_path / "class") == whole  # as another run may have them


@pytest.mark.parametrize(("asked", "used"), [(None, 3.0), (1.0, 1.0)])
def test_pictures_of_the_class_are_guided_as_usual_or_as_asked(
    request_of: RequestOf, tmp_path: Path, asked: float | None, used: float
) -> None:
    config = ModelConfig(path=WEIGHTS, guidance_scale=3.0)
    method = settings(class_prompt="a circle", class_guidance_scale=asked)
    wanted = next(train(request_of(method=method), "demo", config, torch.device("cpu"), tmp_path))
    assert isinstance(wanted, PicturesWanted)
    assert {each.guidance_scale for each in wanted.requests} == {used}


def request_values(request: Any) -> dict[str, Any]:
    return {"method": request.method, "class_pictures": request.class_pictures}


def test_pictures_of_the_class_that_cannot_be_made_end_the_run(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    training = run(request_of(method=settings(class_prompt="a circle")), tmp_path)
    assert isinstance(next(training), PicturesWanted)
    with pytest.raises(GenerationFailed, match="could not be made"):
        training.send(())


def loss_of(request_of: RequestOf, **method: Any) -> tuple[Tensor, DreamBooth, Any]:
    """The loss of a batch of two, its method and the batch."""
    own = tuple(
        TrainingPicture(content=drawn(each), caption=f"a circle on {each}")
        for each in ("black", "blue")
    )
    class_pictures = own if "class_prompt" in method else ()
    request = request_of(method=settings(**method), class_pictures=class_pictures, batch_size=2)
    model = load_model("demo", ModelConfig(path=WEIGHTS), torch.device("cpu"))
    batches = Batches(request, model, Dataset(request, model, request.pictures))
    training = DreamBooth(request, model)
    [batch] = batches.portions(0, 2)
    return training.loss(batch).detach(), training, batch


def test_the_class_counts_beside_the_subject_by_its_weight(request_of: RequestOf) -> None:
    alone, _, _ = loss_of(request_of)
    losses = {
        weight: loss_of(request_of, class_prompt="a circle", prior_loss_weight=weight)[0]
        for weight in (0.0, 1.0, 3.0)
    }
    torch.testing.assert_close(losses[0.0], alone)
    prior = losses[1.0] - alone
    assert prior > 0
    torch.testing.assert_close(losses[3.0], alone + 3 * prior)


def test_a_sample_of_the_class_has_its_own_noise_and_text(request_of: RequestOf) -> None:
    _, training, batch = loss_of(request_of, class_prompt="a circle")
    assert training.class_batches
    of_class = training.class_batches.batch(batch.samples)
    assert set(of_class.texts) == {"a circle on black", "a circle on blue"}
    assert not torch.equal(of_class.target, batch.target)


def test_in_bfloat16_the_weights_stay_whole(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    request = request_of(method=settings(), precision="bfloat16", learning_rate="1e-6", num_steps=2)
    [artifact] = events_of(run(request, tmp_path), Artifact)
    before, after = load_file(WEIGHTS / UNET), load_file(artifact.path / UNET)
    assert any(not torch.equal(after[name], after[name].bfloat16().float()) for name in before)


def test_averages_of_a_short_run_are_of_its_steps_and_are_what_is_saved(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    learned = {}
    for ema in (False, True):
        request = request_of(method=settings(ema=ema), learning_rate="1e-3", num_steps=3)
        [artifact] = events_of(run(request, tmp_path / str(ema)), Artifact)
        learned[ema] = load_file(artifact.path / UNET)
    first = load_file(WEIGHTS / UNET)
    name = "conv_in.weight"
    last, average = learned[False][name], learned[True][name]
    distance = (average - last).abs().mean()
    assert 0 < distance < (first[name].float() - last).abs().mean()


def test_averages_go_on_where_they_stopped() -> None:
    weight = torch.nn.Parameter(torch.zeros(3))
    whole = Averages({"a": weight}, 0.9)
    for value in (1.0, 2.0, 3.0):
        with torch.no_grad():
            weight.fill_(value)
        if value == 3.0:
            resumed = Averages({"a": weight}, 0.9)
            resumed.resume({name: each.clone() for name, each in whole.state().items()})
            resumed.update()
        whole.update()
    assert torch.equal(resumed.state()["a"], whole.state()["a"])
    with whole.in_place():
        assert torch.equal(weight, whole.state()["a"])
    assert weight.tolist() == [3, 3, 3]


def test_a_lora_of_full_rank_is_all_that_was_learned(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    method = settings(lora_rank=256, trains_text_encoder=True)
    request = request_of(method=method, learning_rate="1e-3", num_steps=2)
    [artifact] = events_of(run(request, tmp_path), Artifact)
    lora = read_lora(tmp_path / "grau-lora.safetensors")
    assert lora.name == "grau-lora"
    weights = load_file(tmp_path / "grau-lora.safetensors")
    changed = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"
    flat = f"lora_unet_{changed.replace('.', '_')}"
    change = weights[f"{flat}.lora_up.weight"] @ weights[f"{flat}.lora_down.weight"]
    before, after = load_file(WEIGHTS / UNET), load_file(artifact.path / UNET)
    learned = after[f"{changed}.weight"] - before[f"{changed}.weight"].float()
    torch.testing.assert_close(change, learned, atol=1e-6, rtol=1e-3)
    assert any(name.startswith("lora_te_") for name in weights)


@pytest.mark.parametrize("shape", [(20, 30), (8, 4, 3, 3), (700, 600)])
def test_a_low_rank_takes_the_largest_part_of_a_change(shape: tuple[int, ...]) -> None:
    source = torch.Generator().manual_seed(1)
    low = torch.randn(shape[0], 2, generator=source) @ torch.randn(
        2, torch.Size(shape[1:]).numel(), generator=source
    )
    change = low.reshape(shape) + 1e-3 * torch.randn(shape, generator=source)
    down, up = nearest(change, 2)
    assert (down.shape, up.shape[:2]) == ((2, *shape[1:]), (shape[0], 2))
    product = up.flatten(1) @ down.flatten(1)
    assert (product - low).abs().max() < 0.02 * low.abs().max()


@pytest.mark.parametrize(
    ("method", "sentence"),
    [
        (settings(class_prompt="x" * 301), "has 301 characters; at most 300 fit"),
        (settings(num_class_pictures=0), "greater than or equal to 1"),
        (settings(class_guidance_scale=0.5), "greater than or equal to 1"),
        (settings(ema_decay=1), "less than 1"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_once(
    request_of: RequestOf, method: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        request_of(method=method)
