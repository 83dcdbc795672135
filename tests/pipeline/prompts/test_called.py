"""What a request calls by name: tags, words that may be embeddings, and what has an option."""

import pytest

from pipeline import CalledName, GenerationRequest, called_names


def called(prompt: str, **values: object) -> list[tuple[str, str]]:
    request = GenerationRequest(prompt=prompt, seeds=(1,), **values)
    return [(it.kind, it.name) for it in called_names(request)]


def test_tags_words_and_options_are_called_each_as_what_it_is() -> None:
    assert called(
        "a cat <lora:style:0.5> <lyco:x> <hypernet: net >",
        negative_prompt="bad <lora:no:1>",
        aesthetic_embedding="look",
        model="mine",
    ) == [
        ("lora", "style"),
        ("lora", "x"),
        ("hypernetwork", "net"),
        *(("embedding", word) for word in ("a", "cat", "bad", "lora", "no", "1")),
        ("aesthetic", "look"),
        ("checkpoint", "mine"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("my-cat.v2, a_b.", ["my-cat.v2", "a_b"]),
        ("(cat-1:1.2) [dog:fox:0.5]", ["cat-1", "1.2", "dog", "fox", "0.5"]),
        ("anna.b/cat and/or", ["anna.b/cat", "and/or"]),
        ("so... a -cat- 😀 猫/犬", ["so", "a", "cat", "猫/犬"]),
        ("cat cat", ["cat"]),
    ],
)
def test_a_word_is_as_long_as_a_name_could_be(text: str, words: list[str]) -> None:
    assert called(text) == [("embedding", word) for word in words]


def test_a_long_text_is_read_in_no_time() -> None:
    assert len(called_names(GenerationRequest(prompt="a-" * 1000, seeds=(1,)))) == 1
    assert CalledName("embedding", "a") in called_names(GenerationRequest(prompt="a", seeds=(1,)))
