"""Infotext from anywhere: read in time that grows as its length does, whatever it says."""

import random
import re
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InvalidRequest
from pipeline.images.advanced import parse_advanced
from pipeline.images.infotext import InfotextSettings, create_infotext, quote
from pipeline.images.infotext_reading import find_pairs, parse_infotext, unquote
from pipeline.images.infotext_requests import request_from_infotext

SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512"
# Pieces that mean something in an infotext, so that random texts come close to real ones.
PIECES = (
    *(SETTINGS, "Negative prompt:", "\n", ", ", ": ", '"', "\\", "x", "512x512", "0x0", "Key"),
    *("Version: ", "v1.5.0", "1.7.0-225-gab", "-", "9" * 5000, "Hypernet: h", "First pass size: "),
    *(
        "(",
        ")",
        "[",
        "]",
        ":1.2)",
        ":1..2)",
        "BREAK",
        "猫",
        "\ud800",
        "\x00",
        "\r",
        " ",
        "FP8 weight: ",
    ),
)
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=5)).map("".join)


@given(texts)
def test_any_text_is_read(text: str) -> None:
    told = parse_infotext(text)
    assert isinstance(told["Prompt"], str)
    assert isinstance(told["Negative prompt"], str)


@pytest.mark.slow
def test_a_hundred_thousand_random_texts_are_read() -> None:
    choose = random.Random(1)
    signs = [*PIECES, *map(chr, range(128))]
    for _ in range(100_000):
        text = "".join(choose.choices(signs, k=choose.randrange(30)))
        parse_infotext(text)
        for read in (request_from_infotext, parse_advanced):
            with suppress(InvalidRequest):
                read(text)


# What webui's settings look like (webui.md §9.2). Searching for it takes a time that grows with the
# square of the length.
KEY, QUOTED = r"(\w[-/ \w]+)", r'"(?:[^"\\]|\\.)+"(?=,|$)'
DESCRIPTION = re.compile(rf"{KEY}:\s*({QUOTED}|[^,]*),?")
lines = st.lists(
    st.sampled_from(["ab", "a", ":", ",", '"', "\\", " ", "\t", "-", "/", "é", ".", "1x2"])
)


@given(lines.map("".join))
def test_settings_are_found_where_webui_finds_them(line: str) -> None:
    assert [(pair.key, pair.value) for pair in find_pairs(line)] == DESCRIPTION.findall(line)


@pytest.mark.parametrize(
    "piece",
    [
        *("a", " ", "aa:", 'aa:"', 'aa:"\\', 'aa:"\\",', "aa: b,", "\n", "Negative prompt:\n"),
        *("(", "[", "a-", ":", "\\", '"', ",", "1x2,", "aa:1x"),
    ],
)
def test_a_text_of_a_million_characters_takes_no_longer_than_its_length(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    begun = time.process_time()
    parse_infotext(f"{SETTINGS}, {text}")
    assert time.process_time() - begun < 10  # about 1 s; a square would be hours


plain = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), max_size=20)


@given(st.dictionaries(st.from_regex(r"[A-Z][a-z]{2,8}", fullmatch=True), plain | st.integers()))
def test_what_is_written_is_read(extra: dict[str, str | int]) -> None:
    # Text in quotes of its own, or ending in an unbalanced one, is not told from quoted text.
    extra = {key: value for key, value in extra.items() if '"' not in str(value) and value != ""}
    settings = InfotextSettings(
        prompt="a cat",
        negative_prompt="dog",
        num_steps=20,
        sampler="euler",
        noise_schedule="automatic",
        guidance_scale=7,
        seed=1,
        width=512,
        height=768,
        extra=extra,
    )
    told = parse_infotext(create_infotext(settings))
    sizes = re.compile(r"\d+x\d+")
    assert (
        told.items()
        >= {
            key: str(value) for key, value in extra.items() if not sizes.fullmatch(str(value))
        }.items()
    )
    assert (told["Prompt"], told["Negative prompt"]) == ("a cat", "dog")
    assert (told["Size-1"], told["Size-2"], told["RNG"]) == ("512", "768", "CPU")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_quoted_is_unquoted(text: str) -> None:
    if quote(text) != text:
        assert unquote(quote(text)) == text


@pytest.mark.parametrize(
    ("version", "followed"),
    [
        ("", set()),
        ("no version", set()),
        ("v" + "1" * 5000, set()),
        ("v1.10.1", set()),
        ("v1.7.0-225-g1234", {"Refiner switch by sampling steps"}),
        ("v1.7.0-224-g1234", {"Refiner switch by sampling steps", "Downcast alphas_cumprod"}),
        ("v1.8.0-RC", {"Refiner switch by sampling steps"}),
        ("v1.8.0", set()),
        (
            "1.5.2",
            {
                "Refiner switch by sampling steps",
                "Downcast alphas_cumprod",
                "Pad conds v0",
                "Old prompt editing timelines",
            },
        ),
    ],
)
def test_pictures_of_older_versions_ask_for_what_was_different(
    version: str, followed: set[str]
) -> None:
    told = parse_infotext(
        f"[a:b:2]\nSteps: 20, Sampler: DDIM, CFG scale: 7, Refiner: x, Version: {version}"
    )
    assert {key for key, value in told.items() if value is True} == followed


@pytest.mark.parametrize("size", ["0x0", "0x64"])
def test_a_first_pass_of_sides_that_are_no_sizes_changes_nothing(size: str) -> None:
    told = parse_infotext(f"a\nSteps: 20, Size: 0x512, First pass size: {size}, CFG scale: 7")
    assert (told["Size-1"], told["Hires resize-1"]) == ("0", 0)


@pytest.mark.parametrize(
    ("prompt", "is_weighted"),
    [
        *(("a", False), ("(a)", True), ("(a:1)", False), ("()", False), ("\\(a\\)", False)),
        *(("a BREAK b", False), ("(a:1..2)", True), ("(" * 2000, True)),
    ],
)
def test_emphasis_is_taken_for_granted_only_where_something_is_weighed(
    prompt: str, is_weighted: bool
) -> None:
    for text in (prompt, f"a\nNegative prompt: {prompt}"):
        assert ("Emphasis" in parse_infotext(f"{text}\n{SETTINGS}")) is is_weighted
