"""Names in text without blanks: found there, and only there, where the engine finds them."""

import random
import time

import pytest
from transformers import PreTrainedTokenizerBase

from pipeline import CalledName, GenerationRequest, called_within, has_unspaced
from pipeline.models.model import Model
from pipeline.prompts.chunks import EmbeddingNames

LETTERS = "猫犬とアzukx海2-_，ก"


@pytest.fixture(scope="module")
def tokenizer(demo_model: Model) -> PreTrainedTokenizerBase:
    return demo_model.tokenizer


def asking(prompt: str, negative_prompt: str = "") -> GenerationRequest:
    return GenerationRequest(prompt=prompt, negative_prompt=negative_prompt, seeds=(1,))


def called(prompt: str, *names: str) -> list[str]:
    return [it.name for it in called_within(asking(prompt), names)]


def engines(tokenizer: PreTrainedTokenizerBase, text: str, *names: str) -> list[str]:
    """What the engine finds in a text without brackets."""

    def tokenize(text: str) -> list[int]:
        ids: list[int] = tokenizer(text, add_special_tokens=False).input_ids
        return ids

    embeddings = EmbeddingNames(dict.fromkeys(names, 1), tokenize)
    tokens, position, found = tokenize(text), 0, []
    while position < len(tokens):
        name, length = embeddings.at(tokens, position) or ("", 1)
        found += [name] if name else []
        position += length
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("画一只zuk", ["zuk"]),
        ("画一只ZUK，在海边", ["ZUK"]),
        ("画一只猫猫，在海边", ["猫猫"]),
        ("一只黑猫猫。猫猫", ["猫猫"]),
        ("かわいいzukとzuk", ["zuk"]),
        ("一只zuk2在海边", ["zuk2"]),
        ("猫猫2号", ["猫猫"]),
        ("红色anna/zuk", ["anna/zuk"]),
        # A letter behind it makes another word of it.
        ("一只zuk猫", []),
        ("画一只猫猫在海边", []),
        ("zuk猫", []),
        # Parts of words that are written with blanks are no names.
        ("bazuk azuk2 zuks 猫", []),
        ("猫 my-zuk zuk-2 ben/zuk", []),
    ],
)
def test_a_name_is_found_where_the_tokenizers_word_ends(
    tokenizer: PreTrainedTokenizerBase, text: str, found: list[str]
) -> None:
    names = ("zuk", "zuk2", "猫猫", "anna/zuk")
    assert called(text, *names) == found
    if "bazuk" not in text and "my-zuk" not in text:
        assert {*map(str.lower, found)} == {*engines(tokenizer, text, *names)}


def test_of_names_in_one_another_the_one_that_begins_first_is_called() -> None:
    assert called("一只黑猫", "猫", "黑猫") == ["黑猫"]
    assert called("一只黑猫，猫", "猫", "黑猫") == ["黑猫", "猫"]


def test_whatever_is_called_the_engine_finds_and_in_unspaced_text_the_other_way_round(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    source = random.Random(7)
    num_found = 0
    for _ in range(3000):
        text = "".join(source.choices(LETTERS, k=source.randint(1, 9)))
        name = "".join(source.choices("猫犬とzuk2", k=source.randint(1, 3)))
        found = bool(called(text, name))
        is_used = bool(engines(tokenizer, text, name))
        assert is_used or not found, (text, name)
        if not set(text) & set("zukx-_2"):
            assert found == is_used, (text, name)
        num_found += found
    assert num_found > 50


def test_negative_prompts_count_and_tags_do_not() -> None:
    request = asking("猫 <lora:一只zuk:1>", negative_prompt="画一只猫猫")
    assert called_within(request, ["zuk", "猫猫"]) == (CalledName("embedding", "猫猫"),)
    assert has_unspaced(request)
    assert not has_unspaced(asking("a cat, 고양이 <lora:猫:1>", "été"))


def test_a_long_text_of_many_names_is_read_in_no_time() -> None:
    began = time.monotonic()
    assert called("猫" * 2000, *(f"猫{number}" for number in range(500)), "猫" * 20)
    assert time.monotonic() - began < 1
