"""The prompt language on anything that people may type: no exception but ours, and linear time."""

import gc
import random
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InvalidRequest
from pipeline.prompts.attention import (
    MAX_OPEN_BRACKETS,
    NAI_BRACKETS,
    WEBUI_BRACKETS,
    Brackets,
    Fragment,
    parse_attention,
)
from pipeline.prompts.schedule import entry_at, schedule_texts
from pipeline.prompts.subprompts import split_subprompts
from pipeline.prompts.tags import extract_tags

PIECES = (
    *("(", ")", "[", "]", "{", "}", ":", "|", "\\", "<", ">", " ", "\n", "\u3000", ",", "\u0661"),
    *("a", "cat", "BREAK", " AND ", "AND", "1", "1.2", ".5", "-3", "1e1", "1..2", "9" * 400),
    *("(a:1.3)", "[a:b:0.5]", "[a|b]", "[::]", "[|]", "(()", "[[]", "<hypernet:x:1>", "\\(", "\\]"),
)
Read = Callable[[str], object]
READERS: dict[str, Read] = {
    "attention": parse_attention,
    "attention of NAI": lambda text: parse_attention(text, NAI_BRACKETS),
    "schedule": lambda text: schedule_texts(text, 7),
    "old schedule": lambda text: schedule_texts(text, 7, old=True),
    "schedule of a second pass": lambda text: schedule_texts(text, 7, hires_steps=5),
    "and": split_subprompts,
    "tags": extract_tags,
}
pieces = st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=30)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
@given(text=pieces)
def test_any_text_is_read_or_refused_in_a_sentence(read: Read, text: str) -> None:
    with suppress(InvalidRequest):
        assert read(text)


@pytest.mark.slow
@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
def test_a_hundred_thousand_texts_are_read_or_refused_in_a_sentence(read: Read) -> None:
    source = random.Random(4)
    for _ in range(100_000):
        with suppress(InvalidRequest):
            assert read("".join(source.choices(PIECES, k=source.randrange(1, 25))))


@given(text=pieces)
def test_a_schedule_ends_with_the_last_step_and_has_each_step_once(text: str) -> None:
    with suppress(InvalidRequest):
        steps = [entry.end_step for entry in schedule_texts(text, 7)]
        assert steps[-1] == 7
        assert steps == sorted(set(steps))


@given(text=pieces)
def test_a_prompt_without_numbers_and_bars_is_its_own_only_text(text: str) -> None:
    plain = "".join(sign for sign in text if not sign.isdigit() and sign != "|")
    assert [entry.text for entry in schedule_texts(plain, 7)] == [plain]


@given(text=st.text(alphabet="ab, ()[]:", max_size=30))
def test_attention_loses_nothing_but_brackets(text: str) -> None:
    read = "".join(fragment.text for fragment in parse_attention(text))
    assert [sign for sign in read if sign in "ab,"] == [sign for sign in text if sign in "ab,"]


LONG = {
    "words": "a cat, ",
    "pairs": "(a)[b]",
    "weights": "(a:1.01)",
    "colons": ":1.2 ",
    "blanks": " ",
    "digits": "1",
    "nested to the limit": "(" * 300 + "a:1)" * 300,
    "edits": "[a:b:0.5]",
    "alternations": "[a|b]",
    "stray closing": "a)]",
    "stray bars": "|a",
    "breaks": " BREAK",
    "ands": "a:1 AND ",
    "tags": "<hypernet:x:1>",
    "open tags": "<a:",
    "opening": "[",
    "opening round": "(",
    "closing": "]",
    "escapes": "\\(",
    "misfits": "[a:b:c:d]",
}
NUM_SIGNS = 100_000


@pytest.mark.slow
@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
@pytest.mark.parametrize("piece", LONG.values(), ids=LONG.keys())
def test_a_text_takes_time_in_proportion_to_its_length(read: Read, piece: str) -> None:
    text = piece * (NUM_SIGNS // len(piece))
    part, whole = (fastest(read, text[:length]) for length in (NUM_SIGNS // 4, NUM_SIGNS))
    assert_in_proportion(part, whole)
    assert whole < 2


@pytest.mark.slow
@pytest.mark.parametrize("opening", ["[", "("])
def test_brackets_within_brackets_take_no_longer(opening: str) -> None:
    closing = {"[": ":b:0.5]", "(": ")"}[opening]
    texts = [opening * depth + "a" + closing * depth for depth in (5_000, 20_000)]
    for text in texts:
        [*_, last] = schedule_texts(text, 10)
        assert last.text == ("b" if opening == "[" else text)
    assert_in_proportion(*(fastest(lambda text: schedule_texts(text, 10), text) for text in texts))


def assert_in_proportion(part: float, whole: float) -> None:
    """Four times the text takes about four times as long; were time quadratic, it took sixteen."""
    assert whole < 8 * part + 0.02


def fastest(read: Read, text: str) -> float:
    """Seconds of this thread that a text takes, at best."""
    taken = []
    gc.disable()  # it would look through all that other tests left behind
    try:
        for _ in range(3):
            begun = time.thread_time()
            with suppress(InvalidRequest):
                read(text)
            taken.append(time.thread_time() - begun)
    finally:
        gc.enable()
    return min(taken)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("(a:1..2)", r"`1\.\.2` is no weight"),
        (f"(a:{'9' * 400})", "too large to be a number"),
        ("(" * 900 + "a:9)" + ":9)" * 899, "too large to be a number"),
        ("[" * (MAX_OPEN_BRACKETS + 1), "More than 1,000 brackets are open"),
    ],
)
def test_weights_that_are_no_finite_numbers_are_refused_in_a_sentence(
    text: str, sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        parse_attention(text)


def test_a_step_or_a_weight_that_is_no_finite_number_is_refused_in_a_sentence() -> None:
    with pytest.raises(InvalidRequest, match="cannot change at step `1e999`"):
        schedule_texts("[a:b:1e999]", 10)
    with pytest.raises(InvalidRequest, match="behind AND is too large"):
        split_subprompts(f"a:{'9' * 400} AND b")


@pytest.mark.parametrize(
    ("text", "brackets", "fragments"),
    [
        ("{{cat}} [dog]", NAI_BRACKETS, [("cat", 1.1025), (" ", 1.0), ("dog", 1 / 1.05)]),
        ("{cat (big)", NAI_BRACKETS, [("cat (big)", 1.05)]),
        (r"\{cat\} {x:1.2}", NAI_BRACKETS, [("{cat} ", 1.0), ("x:1.2", 1.05)]),
        ("{{cat}} (dog)", WEBUI_BRACKETS, [("{{cat}} ", 1.0), ("dog", 1.1)]),
    ],
)
def test_each_syntax_weighs_by_its_own_brackets(
    text: str, brackets: Brackets, fragments: list[Fragment]
) -> None:
    assert parse_attention(text, brackets) == fragments


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ("[a:[b:c:0.75]:0.25]", [(5, "a"), (15, "b"), (20, "c")]),
        ("[[[a:b:4]:c:8]:d:12]", [(4, "a"), (8, "b"), (12, "c"), (20, "d")]),
        ("[a:b:1e1]", [(10, "a"), (20, "b")]),
        ("[a:b:5.e-1]", [(10, "a"), (20, "b")]),
        ("[a:b:-1]", [(20, "b")]),
        ("[a: b :\n 0.5 ]", [(10, "a"), (20, " b ")]),
        ("[:0.5]", [(10, ""), (20, "")]),
        # Brackets that fit nothing stand for themselves, what is whole beside them still counts.
        ("[x:y] [a:b:0.5]", [(10, "[x:y] a"), (20, "[x:y] b")]),
        ("[a:[b:0.5]", [(10, "[a:"), (20, "[a:b")]),
        ("[a:b:0.5]:c:0.7]", [(10, "a:c:0.7]"), (20, "b:c:0.7]")]),
        ("(a:b:c) [d:0.5]", [(10, "(a:b:c) "), (20, "(a:b:c) d")]),
        # A bar outside, or a backslash that hides nothing, and the whole prompt is as written.
        ("(a|b) [c:d:0.5]", [(20, "(a|b) [c:d:0.5]")]),
        ("[a|b:c] [c:d:0.5]", [(20, "[a|b:c] [c:d:0.5]")]),
        ("[c:d:0.5] \\", [(20, "[c:d:0.5] \\")]),
        ("[c:d:0.5] \\\n", [(20, "[c:d:0.5] \\\n")]),
    ],
)
def test_the_language_is_understood_as_the_reference_does(
    prompt: str, texts: list[tuple[int, str]]
) -> None:
    assert schedule_texts(prompt, 20) == texts


def test_more_calls_than_steps_begin_again_with_the_first_text() -> None:
    assert [entry_at((2, 4), call) for call in range(7)] == [0, 0, 0, 1, 1, 0, 0]
