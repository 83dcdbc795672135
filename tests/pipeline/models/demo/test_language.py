"""Captions say what is drawn, the tokenizer takes any text, and what is held out stays out."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.models.demo.captions import WORDS, caption_for, describe
from pipeline.models.demo.clip import family, new_batch
from pipeline.models.demo.pictures import (
    ALL_FORMS,
    COLOURS,
    UNSEEN_PATTERNS,
    UNSEEN_SHAPES,
    Thing,
    coverage,
)
from pipeline.models.demo.pool import random_scene
from pipeline.models.demo.scenes import (
    FACTS,
    NATIVE,
    Attributes,
    combinations,
    random_attributes,
    random_source,
    scene_for,
)
from pipeline.models.demo.tokenizer import LENGTH, new_tokenizer
from pipeline.models.demo.unet import new_unet

HEART = Attributes("heart", "red", "white", "top", "small")


def test_a_full_caption_names_every_fact() -> None:
    rng = random_source("language", 0)
    for _ in range(50):
        words = describe(HEART, frozenset(FACTS), rng).replace(",", "").split()
        assert {"heart", "red", "white", "top", "small"} <= set(words)


def test_a_caption_names_only_what_it_says_it_tells() -> None:
    rng = random_source("language", 1)
    names = {"kind": "heart", "colour": "red", "background": "white", "place": "top"}
    for _ in range(200):
        caption = caption_for(scene_for(HEART, NATIVE, rng), rng)
        words = set(caption.text.replace(",", "").split())
        assert {fact for fact, name in names.items() if name in words} == caption.told - {"size"}


def test_the_drawing_matches_its_caption() -> None:
    scene = scene_for(HEART, NATIVE, random_source("language", 2))
    thing = scene.picture.things[0]
    rows = np.flatnonzero(coverage(thing, *NATIVE).sum(axis=1))

    assert np.allclose(thing.colour, COLOURS["red"], atol=0.15)
    assert np.allclose(scene.picture.background, COLOURS["white"], atol=0.15)
    assert rows[0] > 0
    assert rows[-1] < NATIVE[1] / 2


def test_nothing_held_out_is_ever_drawn_for_training() -> None:
    rng = random_source("language", 3)
    drawn = {attributes for _ in range(400) for attributes in random_scene(NATIVE, rng).attributes}
    drawn |= {random_attributes(rng) for _ in range(400)}

    assert not any(attributes.held_out() for attributes in drawn)


def test_no_near_twin_shown_to_clip_is_held_out() -> None:
    rng = random_source("language", 4)
    twins = {twin for _ in range(50) for twin in family(random_attributes(rng), 5, rng)}

    assert not any(attributes.held_out() for attributes in twins)


def test_a_tenth_of_all_combinations_is_held_out() -> None:
    share = np.mean([one.held_out() for one in combinations()])

    assert share == pytest.approx(0.1, abs=0.01)


def test_what_is_left_to_be_taught_later_occurs_in_no_caption() -> None:
    rng = random_source("language", 5)
    unseen = {*UNSEEN_SHAPES, *UNSEEN_PATTERNS}
    captions = [caption_for(random_scene(NATIVE, rng), rng).text for _ in range(500)]
    captions += [caption.text for caption in new_batch(rng).captions]

    assert len(unseen) >= 3
    assert not unseen & {word for text in captions for word in text.replace(",", "").split()}
    assert unseen <= ALL_FORMS.keys()


@pytest.mark.parametrize("kind", [*UNSEEN_SHAPES, *UNSEEN_PATTERNS])
def test_what_is_left_out_can_be_drawn(kind: str) -> None:
    covered = coverage(Thing(kind, COLOURS["red"], 0.5, 0.5, 0.29), *NATIVE)

    assert 0.03 < covered.mean() < 0.7


@given(st.text())
def test_the_tokenizer_gives_any_text_back(text: str) -> None:
    tokenizer = new_tokenizer()
    tokens = tokenizer(text).input_ids
    back = tokenizer.decode(tokens, skip_special_tokens=True)

    assert tokenizer.unk_token_id not in tokens[1:-1] or "endoftext" in text
    assert _letters(back) == _letters(text)


def _letters(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).lower().split())


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_language_is_one_token(word: str) -> None:
    assert len(new_tokenizer()(word).input_ids) == 3


def test_special_tokens_are_as_in_clip() -> None:
    tokenizer = new_tokenizer()
    tokens = tokenizer("a red circle", padding="max_length").input_ids

    assert len(tokens) == LENGTH
    assert tokens[0] == tokenizer.bos_token_id == len(tokenizer) - 2
    assert tokens[-1] == tokenizer.pad_token_id == tokenizer.eos_token_id == len(tokenizer) - 1


def test_no_unet_width_equals_the_width_of_the_context() -> None:
    config = new_unet().config

    assert config.cross_attention_dim not in config.block_out_channels
