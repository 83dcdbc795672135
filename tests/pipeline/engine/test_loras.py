"""Pictures with other LoRAs, called in their prompts and in flight together."""

from io import BytesIO
from pathlib import Path

import pytest
import torch
from PIL import Image

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.errors import AdapterUnreadable, InvalidRequest, UnknownAdapter
from pipeline.images.infotext_reading import parse_infotext
from pipeline.models.model import Model
from pipeline.requests import GenerationRequest
from pipeline.results import Failed, Finished, GeneratedImage
from tests.pipeline.adapters.lora_files import kohya, random_matrices, write_lora
from tests.pipeline.engine.conftest import request_of, run

CALLS = {
    "none": "",
    "strength 0": "<lora:one:0>",
    "one": "<lora:one:0.8>",
    "weaker": "<lora:one:0.4>",
    "only the text": "<lora:one:0.8:0>",
    "only the picture": "<lora:one:te=0:unet=0.8>",
    "both": "<lora:one:0.8> <lyco:other:0.5>",
    "the other way round": "<lora:other:0.5> <lora:one:0.8>",
}
SAME = {"strength 0": "none", "the other way round": "both"}


@pytest.fixture
def with_loras(demo_model: Model, config: PipelineConfig, tmp_path: Path) -> PipelineConfig:
    """Exact calls, and a folder with two LoRAs, one of another model and a file that is none."""
    for seed, name in enumerate(("one", "other"), start=1):
        matrices = random_matrices(demo_model, seed, size=0.1)
        write_lora(tmp_path, name, kohya(demo_model, matrices))
    strange = {f"lora_te2_x.lora_{side}.weight": torch.ones(4, 4) for side in ("down", "up")}
    write_lora(tmp_path, "sdxl", strange)
    (tmp_path / "loras" / "bad.safetensors").write_bytes(b"PK\x03\x04")
    return config.model_copy(
        update={"adapters": str(tmp_path), "reproducible": True, "max_images_in_flight": 4}
    )


def calling(name: str, num_steps: int = 2) -> GenerationRequest:
    return request_of(id=name, prompt=f"a red circle{CALLS[name]}", num_steps=num_steps)


def pixels_of(image: GeneratedImage) -> bytes:
    return Image.open(BytesIO(image.png)).tobytes()


def pictures(engine: Engine, names: list[str]) -> dict[str, GeneratedImage]:
    for name in names:
        engine.submit(calling(name))
    return {each.request_id: each for each in run(engine) if isinstance(each, GeneratedImage)}


def test_pictures_with_other_sets_are_in_flight_together_and_do_not_notice(
    with_loras: PipelineConfig,
) -> None:
    engine = Engine(with_loras, "cpu")
    alone = {name: image for each in CALLS for name, image in pictures(engine, [each]).items()}
    together = pictures(Engine(with_loras, "cpu"), list(CALLS))
    assert {name: image.png for name, image in together.items()} == {
        name: image.png for name, image in alone.items()
    }
    pixels = {name: pixels_of(image) for name, image in alone.items()}
    assert all(pixels[one] == pixels[other] for one, other in SAME.items())
    assert len(set(pixels.values())) == len(CALLS) - len(SAME)


def test_only_the_same_sets_share_a_call(with_loras: PipelineConfig) -> None:
    engine = Engine(with_loras, "cpu")
    for name in CALLS:
        engine.submit(calling(name, num_steps=20))
    while engine.waiting:
        engine.step()
    groups = {image.request.id: image.rows[0].group for image in engine.running}
    # What is done to the text is in the text: the UNet's side alone decides who shares.
    assert groups["none"] == groups["only the text"]
    assert groups["one"] == groups["only the picture"]
    assert len(set(groups.values())) == len(CALLS) - len(SAME) - 2
    assert len({row.group for row in engine.batcher.choose(engine.running)}) == 1


def test_the_name_that_it_was_trained_under_calls_it_too(
    with_loras: PipelineConfig, demo_model: Model
) -> None:
    matrices = random_matrices(demo_model, 1, size=0.1)
    said = {"ss_output_name": "trained name"}
    write_lora(Path(with_loras.adapters), "one", kohya(demo_model, matrices), said)
    engine = Engine(with_loras, "cpu")
    expected = pictures(engine, ["one"])["one"]
    engine.submit(
        calling("one").model_copy(update={"prompt": "a red circle<lora:trained name:0.8>"})
    )
    [image] = [each for each in run(engine) if isinstance(each, GeneratedImage)]
    assert pixels_of(image) == pixels_of(expected)
    assert 'Lora hashes: "trained name: ' in image.infotext


def test_an_embedding_in_its_file_is_a_word_where_it_is_called(
    with_loras: PipelineConfig, demo_model: Model
) -> None:
    tensors = kohya(demo_model, random_matrices(demo_model, 1, size=0.1))
    vectors = torch.randn(2, demo_model.token_width, generator=torch.Generator().manual_seed(1))
    bundled = {"bundle_emb.zorblax.string_to_param.*": vectors}
    write_lora(Path(with_loras.adapters), "bundle", tensors | bundled)
    engine = Engine(with_loras, "cpu")
    for name, prompt in (
        ("bundle", "a zorblax circle<lora:bundle:0.8>"),
        ("lora alone", "a zorblax circle<lora:one:0.8>"),
        ("again", "a zorblax circle<lora:bundle:0.8>"),
    ):
        engine.submit(request_of(id=name, prompt=prompt, num_steps=2))
    made = {each.request_id: each for each in run(engine) if isinstance(each, GeneratedImage)}
    assert pixels_of(made["bundle"]) == pixels_of(made["again"])
    assert pixels_of(made["bundle"]) != pixels_of(made["lora alone"])
    told = {name: parse_infotext(image.infotext) for name, image in made.items()}
    assert str(told["bundle"]["TI hashes"]).startswith("zorblax: ")
    assert "TI hashes" not in told["lora alone"]


def test_a_picture_tells_which_loras_it_has(with_loras: PipelineConfig) -> None:
    image = pictures(Engine(with_loras, "cpu"), ["both"])["both"]
    told = str(parse_infotext(image.infotext)["Lora hashes"])
    hashes = dict(each.split(": ") for each in told.split(", "))
    assert list(hashes) == ["one", "other"]
    assert all(len(digits) == 12 for digits in hashes.values())


def test_what_cannot_be_called_fails_alone_in_a_sentence(with_loras: PipelineConfig) -> None:
    engine = Engine(with_loras, "cpu")
    wanted = {
        "near": ("<lora:ona:1>", UnknownAdapter, "Try: one"),
        "bad": ("<lora:bad>", AdapterUnreadable, "damaged"),
        "sdxl": ("<lora:sdxl>", InvalidRequest, "another kind of model"),
        "strength": ("<lora:one:much>", InvalidRequest, "`much` is no strength for the LoRA"),
        "blocks": ("<lora:one:1:1:0,0,1>", InvalidRequest, "means nothing"),
        "nameless": ("<lora::1>", InvalidRequest, "needs a name"),
    }
    for name, (tag, _, _) in wanted.items():
        engine.submit(request_of(id=name, prompt=f"a red circle {tag}"))
    engine.submit(request_of(id="good"))
    events = run(engine)
    errors = {event.request_id: event.error for event in events if isinstance(event, Failed)}
    for name, (_, kind, words) in wanted.items():
        assert isinstance(errors[name], kind)
        assert words in errors[name].message
    assert Finished("good") in events


def test_a_lora_that_is_replaced_is_read_again(
    with_loras: PipelineConfig, demo_model: Model
) -> None:
    engine = Engine(with_loras, "cpu")
    first = pictures(engine, ["one"])["one"]
    matrices = random_matrices(demo_model, seed=9, size=0.1)
    write_lora(Path(with_loras.adapters), "one", kohya(demo_model, matrices))
    second = pictures(engine, ["one"])["one"]
    assert first.png != second.png
