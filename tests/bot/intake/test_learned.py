"""Requests that call what was learned, whether or not their prompt says so."""

import pytest

from bot.intake.learned import calling, renamed
from pipeline import ArtifactKind, GenerationRequest


def request(prompt: str, **values: object) -> GenerationRequest:
    return GenerationRequest.model_validate(
        {"prompt": prompt, "seeds": (1,), "model": "sd"} | values
    )


@pytest.mark.parametrize(
    ("kind", "prompt", "expected"),
    [
        ("embedding", "on a hill", "zuk, on a hill"),
        ("embedding", "a Zuk on a hill", "a Zuk on a hill"),
        ("embedding", "a zukunft", "zuk, a zukunft"),
        ("embedding", "画一只zuk", "画一只zuk"),
        ("embedding", "一只zuk猫", "zuk, 一只zuk猫"),
        ("lora", "on a hill", "zuk, on a hill <lora:zuk:1>"),
        ("lora", "a zuk", "a zuk <lora:zuk:1>"),
        ("lora", "a zuk <lora:zuk:0.5>", "a zuk <lora:zuk:0.5>"),
        ("lora", "a hill <lora:zuk:0>", "zuk, a hill <lora:zuk:0>"),
        ("hypernetwork", "a zuk", "a zuk <hypernet:zuk:1>"),
        ("checkpoint", "a hill", "zuk, a hill"),
        ("aesthetic", "a hill", "a hill"),
    ],
)
def test_what_was_learned_is_called_once(kind: ArtifactKind, prompt: str, expected: str) -> None:
    called = calling(request(prompt), kind, "zuk", "sd")
    assert called.prompt == expected
    assert calling(called, kind, "zuk", "sd") == called


def test_a_learned_model_takes_the_place_of_its_base_and_of_no_other() -> None:
    assert calling(request("a"), "checkpoint", "zuk", "sd").model == "zuk"
    assert calling(request("a", model="anime"), "checkpoint", "zuk", "sd").model == "anime"


def test_an_aesthetic_embedding_of_ones_own_choice_stays() -> None:
    assert calling(request("a"), "aesthetic", "zuk").aesthetic_embedding == "zuk"
    chosen = request("a", aesthetic_embedding="dusk")
    assert calling(chosen, "aesthetic", "zuk").aesthetic_embedding == "dusk"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("embedding", "a photo of hat, zuk-like <lora:hat:1>"),
        ("lora", "a photo of zuk, zuk-like <lora:hat:1>"),
        ("checkpoint", "a photo of zuk, zuk-like <lora:hat:1>"),
    ],
)
def test_what_is_kept_under_another_name_still_heeds_the_word_that_it_was_learned_by(
    kind: ArtifactKind, expected: str
) -> None:
    sample = renamed(request("a photo of zuk, zuk-like <lora:zuk:1>"), kind, "zuk", "hat")
    assert sample.prompt == expected
    assert calling(request("a zuk"), "lora", "hat", word="zuk").prompt == "a zuk <lora:hat:1>"
    assert calling(request("a hat"), "checkpoint", "hat", word="zuk").prompt == "zuk, a hat"
    assert calling(request("a hill"), "embedding", "hat", word="zuk").prompt == "hat, a hill"
