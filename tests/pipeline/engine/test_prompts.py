"""Prompts at work in the engine: which text holds at which denoiser call, and who notices."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.engine.running_image import RunningImage
from pipeline.errors import InvalidRequest, UnknownAdapter
from pipeline.prompts.encoder import PromptEncoder
from pipeline.results import Failed, GeneratedImage
from pipeline.sampling.denoiser import guide
from tests.pipeline.engine.conftest import request_of, run

# What each takes rows and calls for in its own way; the last needs two chunks.
PROMPTS = {
    "edit": "a [red:blue:0.5] circle",
    "alternation": "a [red|blue|green] circle",
    "and": "a red circle AND a blue star :0.5 AND on black:-0.3",
    "break": "(a red circle:1.3) BREAK a [blue|green] star",
}


def admitted(engine: Engine, **values: object) -> RunningImage:
    """One image whose texts were read and that made no call yet."""
    engine.submit(request_of(**values))
    engine.step()
    [image] = engine.running
    return image


def texts_by_call(engine: Engine, **values: object) -> list[int]:
    """Which of its texts an image's first row has at each call, numbered as they first appear."""
    image = admitted(engine, **values)
    seen: list[int] = []
    while image.latents is None:
        seen.append(id(image.texts[0]))
        calls = image.num_done
        while image.latents is None and image.num_done == calls:
            engine.step()
    numbers = {context: number for number, context in enumerate(dict.fromkeys(seen))}
    return [numbers[context] for context in seen]


@pytest.mark.parametrize(
    ("prompt", "sampler", "num_steps", "expected"),
    [
        ("[red:blue:0.5]", "euler", 10, [0] * 6 + [1] * 4),
        ("[red|blue]", "euler", 6, [0, 0, 1, 0, 1, 0]),
        ("[red:blue:9]", "euler", 10, [0] * 10),
        ("[red:blue:0.5]", "heun", 5, [0] * 6 + [1] * 3),
        ("[red:blue:4]", "dpmpp_sde", 3, [0] * 5),
    ],
)
def test_each_call_is_read_with_the_text_that_holds_then(
    engine: Engine, prompt: str, sampler: str, num_steps: int, expected: list[int]
) -> None:
    values = {"prompt": prompt, "sampler": sampler, "num_steps": num_steps}
    assert texts_by_call(engine, **values) == expected


def test_the_negative_prompt_changes_too(engine: Engine) -> None:
    image = admitted(engine, negative_prompt="[red:blue:1]", num_steps=4, sampler="euler")
    held = [image.conditioning.at(call)[-1] for call in range(4)]
    assert [context is held[0] for context in held] == [True, True, False, False]


def test_nothing_is_encoded_while_a_prompt_changes(engine: Engine) -> None:
    image = admitted(engine, prompt="a [red|blue|green] circle", num_steps=6)
    calls = []
    image.model.text_encoder.register_forward_pre_hook(lambda *_: calls.append(1))
    run(engine)
    assert not calls


@torch.no_grad()
def test_every_subprompt_takes_a_row_and_weighs_what_it_says(engine: Engine) -> None:
    image = admitted(engine, prompt=PROMPTS["and"], num_steps=1, sampler="euler")
    evaluation, rows = image.evaluation, image.rows
    assert len(rows) == 4
    estimates = torch.cat([*engine.denoiser(rows)])
    expected = guide(estimates[:3], estimates[3:], 7.0, (1.0, 0.5, -0.3))
    run(engine)
    torch.testing.assert_close(image.denoised, expected, rtol=1e-4, atol=1e-4)
    assert evaluation.latents.shape[0] == 1


def test_pictures_with_changing_prompts_are_the_same_bytes_alone_and_in_a_crowd(
    reproducible: Callable[[], Engine],
) -> None:
    requests = [request_of(id=name, prompt=text, num_steps=4) for name, text in PROMPTS.items()]

    def pictures(engine: Engine, asked: list[int]) -> dict[str, bytes]:
        for number in asked:
            engine.submit(requests[number])
        return {
            event.request_id: event.png
            for event in run(engine)
            if isinstance(event, GeneratedImage)
        }

    alone: dict[str, bytes] = {}
    for number in range(len(requests)):
        alone |= pictures(reproducible(), [number])
    assert pictures(reproducible(), [3, 2, 1, 0]) == alone
    assert len(set(alone.values())) == len(requests)


@pytest.mark.parametrize(
    ("prompt", "error", "sentence"),
    [
        ("a (red:1..2) circle", InvalidRequest, "is no weight"),
        ("a red circle <lora:x:1>", UnknownAdapter, "no LoRA called `x`"),
        ("a red circle <hypernet:x>", UnknownAdapter, "no hypernetwork called `x`"),
    ],
)
def test_a_prompt_that_cannot_be_followed_fails_alone_and_says_why(
    engine: Engine, prompt: str, error: type[Exception], sentence: str
) -> None:
    engine.submit(request_of(id="sick", prompt=prompt))
    engine.submit(request_of(id="well", num_steps=1))
    events = run(engine)
    [failed] = [event for event in events if isinstance(event, Failed)]
    assert (failed.request_id, type(failed.error)) == ("sick", error)
    assert sentence in failed.error.message
    assert [event.request_id for event in events if isinstance(event, GeneratedImage)] == ["well"]


def test_adapters_of_the_folder_change_the_picture_and_are_told(
    config: PipelineConfig, tmp_path: Path
) -> None:
    (tmp_path / "embeddings").mkdir()
    engine = Engine(config.model_copy(update={"adapters": str(tmp_path)}), "cpu")
    table = encoder_of(engine).model.text_encoder.embeddings.token_embedding.weight
    save_file({"emb_params": table[[5, 6]].clone()}, tmp_path / "embeddings" / "thing.safetensors")
    for name, prompt in [("word", "a red circle"), ("embedding", "a red thing")]:
        engine.submit(request_of(id=name, prompt=prompt, num_steps=1))
    pictures = {each.request_id: each for each in run(engine) if isinstance(each, GeneratedImage)}
    assert "TI hashes" not in pictures["word"].infotext
    assert 'TI hashes: "thing: ' in pictures["embedding"].infotext
    assert pictures["word"].png != pictures["embedding"].png


def encoder_of(engine: Engine) -> PromptEncoder:
    return engine.models.get("demo")
