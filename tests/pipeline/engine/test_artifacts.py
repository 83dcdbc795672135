"""Pictures with things that came with their request, and with nobody else's of the same name."""

import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from PIL import Image

from pipeline.adapters.aesthetic import aesthetic_bytes
from pipeline.artifact import ArtifactKind, UsedArtifact
from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.errors import AdapterUnreadable, InvalidRequest, PipelineError, UnknownAdapter
from pipeline.images.infotext_reading import parse_infotext
from pipeline.models.model import Model
from pipeline.requests import GenerationRequest
from pipeline.results import Failed, Finished, GeneratedImage
from tests.conftest import WEIGHTS
from tests.pipeline.adapters.lora_files import kohya, random_matrices
from tests.pipeline.adapters.networks import random_hypernetwork, widths_of
from tests.pipeline.engine.conftest import request_of, run
from tests.pipeline.models.single_files import tensors_of
from tests.pipeline.models.single_files import write as write_single_file

PEOPLE = ("anna", "ben")
PROMPTS: dict[ArtifactKind, dict[str, Any]] = {
    "embedding": {"prompt": "a Thing circle"},
    "lora": {"prompt": "a red circle<lora:thing:0.8>"},
    "hypernetwork": {"prompt": "a red circle<hypernet:thing:0.8>"},
    "aesthetic": {"aesthetic_embedding": "thing", "aesthetic_learning_rate": 0.01},
    "checkpoint": {"model": "thing"},
}


@pytest.fixture
def settings(config: PipelineConfig, tmp_path: Path) -> PipelineConfig:
    """Exact calls, and an empty folder of adapters."""
    folder = tmp_path / "adapters"
    folder.mkdir()
    return config.model_copy(
        update={"adapters": str(folder), "reproducible": True, "max_images_in_flight": 4}
    )


def write(model: Model, kind: ArtifactKind, path: Path, seed: int) -> Path:
    """Something of a kind with random numbers."""
    noise = torch.Generator().manual_seed(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "embedding":
        vectors = torch.randn(2, model.token_width, generator=noise)
        path.write_bytes(safetensors.torch.save({"emb_params": vectors}))
    elif kind == "lora":
        matrices = random_matrices(model, seed, size=0.1)
        path.write_bytes(safetensors.torch.save(kohya(model, matrices)))
    elif kind == "hypernetwork":
        save_nets(path, str(seed), widths_of(model))
    else:
        path.write_bytes(aesthetic_bytes(torch.randn(1, 64, generator=noise), ".safetensors"))
    return path


def save_nets(path: Path, name: str, widths: tuple[int, ...]) -> None:
    nets = random_hypernetwork(name, widths).nets
    torch.save({at: tuple(net.state_dict() for net in pair) for at, pair in nets.items()}, path)


def write_checkpoint(folder: Path, factor: float) -> Path:
    """The demo model with other colours."""
    shutil.copytree(WEIGHTS, folder, ignore=shutil.ignore_patterns("clip"))
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights = safetensors.torch.load_file(path)
    weights["conv_out.weight"] *= factor
    safetensors.torch.save_file(weights, path, {"format": "pt"})
    return folder


def asking(
    person: str, kind: ArtifactKind, path: Path, name: str = "thing", **values: Any
) -> GenerationRequest:
    """Somebody's request that names something of theirs."""
    used = UsedArtifact(kind=kind, name=name, path=str(path), base="demo")
    named = PROMPTS[kind] | {"id": person, "num_steps": 2, "artifacts": (used,)}
    return request_of(**named | values)


def pictures(settings: PipelineConfig, *requests: GenerationRequest) -> dict[str, GeneratedImage]:
    engine = Engine(settings, "cpu")
    for request in requests:
        engine.submit(request)
    return {each.request_id: each for each in run(engine) if isinstance(each, GeneratedImage)}


def pixels_of(image: GeneratedImage) -> bytes:
    return Image.open(BytesIO(image.png)).tobytes()


def refusal(settings: PipelineConfig, request: GenerationRequest) -> PipelineError:
    engine = Engine(settings, "cpu")
    engine.submit(request)
    [error] = [event.error for event in run(engine) if isinstance(event, Failed)]
    return error


@pytest.mark.parametrize("kind", ["embedding", "lora", "hypernetwork", "aesthetic"])
def test_two_peoples_things_of_one_name_are_in_flight_together_and_each_draws_its_own(
    settings: PipelineConfig, demo_model: Model, tmp_path: Path, kind: ArtifactKind
) -> None:
    requests = [
        asking(person, kind, write(demo_model, kind, tmp_path / person / "file.pt", seed))
        for seed, person in enumerate(PEOPLE)
    ]
    alone: dict[str, bytes] = {}
    for request in requests:
        alone |= {name: it.png for name, it in pictures(settings, request).items()}
    again = [each.model_copy(update={"id": f"{each.id} again"}) for each in requests]
    together = pictures(settings, *requests, *again)
    assert {name: image.png for name, image in together.items()} == alone | {
        f"{name} again": png for name, png in alone.items()
    }
    assert pixels_of(together["anna"]) != pixels_of(together["ben"])


@pytest.mark.parametrize("kind", ["embedding", "lora"])
def test_a_thing_hides_the_folders_of_its_name_for_its_request_only(
    settings: PipelineConfig, demo_model: Model, tmp_path: Path, kind: ArtifactKind
) -> None:
    part = {"embedding": "embeddings", "lora": "loras"}[kind]
    folders = Path(settings.adapters) / part / "thing.safetensors"
    write(demo_model, kind, folders, seed=1)
    own = asking("own", kind, write(demo_model, kind, tmp_path / "own.safetensors", seed=2))
    plain = own.model_copy(update={"id": "folder", "artifacts": ()})
    made = pictures(settings, own, plain)
    assert pixels_of(made["own"]) != pixels_of(made["folder"])
    folders.unlink()
    assert pixels_of(pictures(settings, own)["own"]) == pixels_of(made["own"])


def test_a_picture_tells_the_names_and_hashes_of_what_it_was_given(
    settings: PipelineConfig, demo_model: Model, tmp_path: Path
) -> None:
    embedding = write(demo_model, "embedding", tmp_path / "0123.safetensors", 1)
    lora = write(demo_model, "lora", tmp_path / "4567.safetensors", 2)
    used = (
        UsedArtifact(kind="embedding", name="Anna/my style", path=str(embedding)),
        UsedArtifact(kind="lora", name="Anna/猫", path=str(lora)),
    )
    request = request_of(prompt="a anna/my style circle <lora:anna/猫>", artifacts=used)
    [image] = pictures(settings, request).values()
    told = parse_infotext(image.infotext)
    assert str(told["TI hashes"]).startswith("Anna/my style: ")
    assert str(told["Lora hashes"]).startswith("anna/猫: ")


@pytest.mark.parametrize("kind", list(PROMPTS))
def test_what_is_gone_is_said_in_a_sentence_and_the_others_go_on(
    settings: PipelineConfig, tmp_path: Path, kind: ArtifactKind
) -> None:
    engine = Engine(settings, "cpu")
    engine.submit(asking("anna", kind, tmp_path / "gone.pt"))
    engine.submit(request_of(id="good", num_steps=2))
    events = run(engine)
    [failed] = [event for event in events if isinstance(event, Failed)]
    assert isinstance(failed.error, AdapterUnreadable | InvalidRequest)
    assert "`thing`" in failed.error.message
    assert str(tmp_path) not in failed.error.message
    assert Finished("good") in events


def test_a_learned_checkpoint_is_a_model_like_any_other_under_its_owners_name(
    settings: PipelineConfig, tmp_path: Path
) -> None:
    requests = [
        asking(person, "checkpoint", write_checkpoint(tmp_path / person / "model", factor))
        for person, factor in zip(PEOPLE, (0.9, 1.1), strict=True)
    ]
    alone: dict[str, bytes] = {}
    for request in requests:
        alone |= {name: it.png for name, it in pictures(settings, request).items()}
    plain = request_of(id="plain", num_steps=2)
    made = pictures(settings, *requests, plain)
    assert {name: made[name].png for name in PEOPLE} == alone
    assert len({pixels_of(image) for image in made.values()}) == 3
    told = {name: parse_infotext(image.infotext) for name, image in made.items()}
    assert [told[name]["Model"] for name in (*PEOPLE, "plain")] == ["thing", "thing", "demo"]
    assert len({str(each["Model hash"]) for each in told.values()}) == 3
    shared = Engine(settings.model_copy(update={"reproducible": False}), "cpu")
    for request in (*requests, plain):
        shared.submit(request.model_copy(update={"num_steps": 20}))
    while shared.waiting:
        shared.step()
    assert len({image.rows[0].group for image in shared.running}) == 3  # no call is for two
    led = asking("led", "checkpoint", tmp_path / "anna" / "model", **PROMPTS["aesthetic"])
    assert "Aesthetic" not in refusal(settings, led).message  # its base's CLIP leads it
    assert "no aesthetic embedding" in refusal(settings, led).message


def test_a_learned_checkpoint_may_be_one_file_and_takes_the_rest_from_its_base(
    settings: PipelineConfig, tmp_path: Path
) -> None:
    tensors = tensors_of(WEIGHTS, "sd1") | {"v_pred": torch.tensor([])}
    path = write_single_file(tmp_path / "one.safetensors", tensors)
    plain = request_of(id="plain", num_steps=2)
    made = pictures(settings, asking("one", "checkpoint", path), plain)
    assert pixels_of(made["one"]) == pixels_of(made["plain"])


def test_a_learned_checkpoint_makes_room_for_another_and_leaves_nothing_behind(
    settings: PipelineConfig, tmp_path: Path
) -> None:
    paths = [write_checkpoint(tmp_path / str(number), 1 + number / 10) for number in range(3)]
    engine = Engine(settings.model_copy(update={"model_memory": 1e-6}), "cpu")
    for number, path in enumerate(paths):
        engine.submit(asking(str(number), "checkpoint", path))
    events = run(engine)
    assert all(Finished(str(number)) in events for number in range(3))
    assert len(engine.models.loaded) == 1
    assert len(engine.models.configs) == len(settings.models) + 1


def test_what_was_made_for_other_models_says_for_which(
    settings: PipelineConfig, demo_model: Model, tmp_path: Path
) -> None:
    wide = {"emb_params": torch.ones(1, 768)}
    (tmp_path / "wide.safetensors").write_bytes(safetensors.torch.save(wide))
    save_nets(tmp_path / "hn.pt", "wide", (1024, 320))
    name = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"
    matrices = {"lora_down": torch.ones(4, 2048), "lora_up": torch.ones(80, 4)}
    xl = {f"{name}.{side}.weight": matrix for side, matrix in matrices.items()}
    (tmp_path / "xl.safetensors").write_bytes(safetensors.torch.save(xl))
    made_for: dict[ArtifactKind, tuple[str, str]] = {
        "embedding": ("wide.safetensors", "Stable Diffusion 1"),
        "hypernetwork": ("hn.pt", "Stable Diffusion 2"),
        "lora": ("xl.safetensors", "Stable Diffusion XL"),
    }
    for kind, (path, fits) in made_for.items():
        error = refusal(settings, asking("anna", kind, tmp_path / path))
        assert isinstance(error, InvalidRequest)
        assert "`thing` was made for another kind of model" in error.message
        assert error.message.endswith(f"It fits {fits}.")


def test_a_checkpoint_of_a_model_that_is_gone_is_refused(
    settings: PipelineConfig, tmp_path: Path
) -> None:
    lost = UsedArtifact(kind="checkpoint", name="thing", path=str(tmp_path), base="old")
    error = refusal(settings, request_of(model="Thing", artifacts=(lost,)))
    assert "`thing` was learned by the model `old`, which is not here" in error.message


def test_names_that_nothing_has_are_refused_with_those_that_came_along(
    settings: PipelineConfig, demo_model: Model, tmp_path: Path
) -> None:
    path = write(demo_model, "lora", tmp_path / "file.safetensors", 1)
    request = asking("anna", "lora", path).model_copy(update={"prompt": "a <lora:thin>"})
    error = refusal(settings, request)
    assert isinstance(error, UnknownAdapter)
    assert "Try: thing" in error.message


def test_an_embedding_that_cannot_be_used_matters_only_where_it_is_named(
    settings: PipelineConfig, tmp_path: Path
) -> None:
    request = asking("anna", "embedding", tmp_path / "gone.pt", prompt="a red circle")
    assert "anna" in pictures(settings, request)
