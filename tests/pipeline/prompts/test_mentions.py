"""Which learned things a prompt could call, told before any model is there."""

import pytest

from pipeline.prompts.mentions import names_in_prompt

NAMES = {"cat", "Anna's style", "ben/cat", "ben/my-style", "猫", "🐈", "v2", "old (one)"}


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a cat", {"cat"}),
        ("a CAT, (Cat:1.2)", {"cat"}),
        ("cats concat cat5", {"cat"}),
        ("cats, concatenated", set()),
        ("a BEN/CAT", {"ben/cat"}),
        ("ben /cat and cat", {"ben/cat", "cat"}),
        ("in anna's  style", {"Anna's style"}),
        ("[a dog:ben/my-style:0.5]", {"ben/my-style"}),
        ("<lora:ben/my-style:0.8> a dog", {"ben/my-style"}),
        ("<hypernet:V2> <lora: cat :1:0.5>", {"v2", "cat"}),
        ("<lora:cat", {"cat"}),
        ("可爱的猫", set()),
        ("可爱的, 猫 🐈🐈", {"猫", "🐈"}),
        (r"old \(one\)", {"old (one)"}),
        ("", set()),
    ],
)
def test_names_are_found_where_the_model_would_find_them(prompt: str, found: set[str]) -> None:
    assert names_in_prompt(prompt, NAMES) == found


def test_names_that_differ_in_capitals_alone_are_both_called() -> None:
    assert names_in_prompt("a fox", ["Fox", "FOX", ""]) == {"Fox", "FOX"}
