"""Prompts that cannot be followed are known before a model is loaded, and no others are refused."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import AdapterNames, GenerationRequest, InvalidRequest, check_prompts

WORDS = st.lists(
    st.sampled_from(["(a", ":1.2)", "[b", ":", "|", "]", "AND", "<hypernet:", ">", "9"])
)

ADAPTERS = AdapterNames(hypernetworks=frozenset({"ink"}), loras=frozenset({"ink"}))


def request(prompt: str, negative_prompt: str = "") -> GenerationRequest:
    return GenerationRequest(prompt=f"a {prompt}", negative_prompt=negative_prompt, seeds=(1,))


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("(cat:1.2.3)", "1.2.3"),
        ("[cat:dog:1e999]", "1e999"),
        ("cat AND dog:" + "9" * 400, "too large"),
        ("<tag:cat>", "`tag`"),
        ("<hypernet:cat:much>", "`much`"),
    ],
)
def test_what_means_nothing_is_named(prompt: str, named: str) -> None:
    with pytest.raises(InvalidRequest, match=named):
        check_prompts(request(prompt), ADAPTERS)


def test_what_is_called_must_be_here() -> None:
    check_prompts(request("<hypernet:ink> <lora:ink:0.5> <embedding:style>", "<tag:cat>"), ADAPTERS)
    for prompt, said in (("<hypernet:inc>", "hypernetwork called `inc`"), ("<lora:x>", "LoRA")):
        with pytest.raises(InvalidRequest, match=said):
            check_prompts(request(prompt), ADAPTERS)


@settings(deadline=None)  # a busy machine is no mistake of ours
@given(WORDS.map("".join) | st.text(), WORDS.map("".join))
def test_any_prompt_at_all_is_followed_or_refused_with_a_sentence(text: str, other: str) -> None:
    with suppress(InvalidRequest):
        check_prompts(request(text[:1900], other[:1900]), ADAPTERS)
