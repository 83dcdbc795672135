"""What a job's message says, for any request there can be."""

import pytest

from bot.locales import Texts
from bot.replies import wording
from pipeline import GenerationRequest


def test_a_result_names_every_setting(texts: Texts) -> None:
    request = GenerationRequest(
        prompt="a red circle",
        negative_prompt="blue",
        model="demo",
        width=128,
        height=192,
        num_steps=12,
        guidance_scale=3.5,
        sampler="DPM++ 2M Karras",
        seeds=(7, 8),
    )
    said = wording.result(texts, request)
    for setting in (
        "a red circle",
        "blue",
        "7–8",
        "128×192",
        "12",
        "3.5",
        "DPM++ 2M Karras",
        "demo",
    ):
        assert setting in said


@pytest.mark.parametrize("sign", ["a", "*", "_", "\n", "🐈", "> "])
def test_a_result_fits_into_a_message(sign: str, texts: Texts) -> None:
    prompt = (sign * 2000)[:1999] + "a"
    request = GenerationRequest(prompt=prompt, negative_prompt=prompt, seeds=(1, 2))
    assert len(wording.result(texts, request)) <= 2000
    assert len(wording.alt_text(request)) <= 1024


def test_a_prompt_cannot_pose_as_the_bots_own_words(texts: Texts) -> None:
    request = GenerationRequest(prompt="# **Seed 1**\n-# Seed 2 · `x`", seeds=(3,))
    lines = wording.result(texts, request).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("-# Seed 3 ")
    assert r"\*\*Seed 1\*\*" in lines[0]


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, ""), (0.2, "1 s"), (61.4, "61 s"), (600.0, "10 min")]
)
def test_waiting_says_the_place_and_about_how_long(
    seconds: float | None, said: str, texts: Texts
) -> None:
    waiting = wording.waiting(texts, 2, seconds)
    assert "place 3" in waiting
    assert said in waiting


@pytest.mark.parametrize(("fraction", "percent"), [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")])
def test_progress_is_a_bar_of_one_length(fraction: float, percent: str, texts: Texts) -> None:
    said = wording.progress(texts, fraction)
    assert percent in said
    assert sum(said.count(sign) for sign in "▰▱") == wording.BAR_LENGTH


def test_of_many_lines_as_many_whole_ones_are_shown_as_discord_takes() -> None:
    lines = [f"{number} " + "x" * 300 for number in range(10)]
    shown = wording.as_many_lines(lines)
    assert shown == "\n".join(lines[:6])
    assert wording.as_many_lines(lines[:2]) == "\n".join(lines[:2])
