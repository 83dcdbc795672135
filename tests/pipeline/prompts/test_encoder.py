"""Text to conditioning: chunks, and one text at a time."""

from itertools import chain

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.models.model import Model
from pipeline.prompts.chunks import CHUNK_TOKENS, split_chunks
from pipeline.prompts.encoder import NUM_KEPT, PromptEncoder

COMMA = 1


@pytest.fixture
def encoder(demo_model: Model) -> PromptEncoder:
    return PromptEncoder(demo_model)


@given(st.lists(st.integers(1, 9), max_size=400))
def test_chunks_lose_no_token_and_hold_75_at_most(tokens: list[int]) -> None:
    chunks = split_chunks(tokens, COMMA)
    assert [*chain.from_iterable(chunks)] == tokens
    assert all(len(chunk) <= CHUNK_TOKENS for chunk in chunks)


@pytest.mark.parametrize(("place", "length"), [(74, 75), (55, 56), (54, 75), (0, 75)])
def test_a_chunk_ends_at_a_comma_that_is_near_its_end(place: int, length: int) -> None:
    tokens = [2] * 80
    tokens[place] = COMMA
    assert len(split_chunks(tokens, COMMA)[0]) == length


def test_a_comma_that_comes_right_after_a_full_chunk_moves_nothing() -> None:
    tokens = [2] * 70 + [COMMA] + [2] * 4 + [COMMA, 2]
    assert [len(chunk) for chunk in split_chunks(tokens, COMMA)] == [75, 2]


def test_a_text_takes_77_positions_for_every_75_tokens(encoder: PromptEncoder) -> None:
    assert encoder.encode("a red circle").num_tokens == 77
    assert encoder.encode("red " * 76).num_tokens == 154


def test_a_chunk_is_start_text_end_and_padding(encoder: PromptEncoder) -> None:
    tokenizer = encoder.model.tokenizer
    [ids] = encoder.tokenize("red")
    assert ids.shape == (1, 77)
    assert ids[0, 0] == tokenizer.bos_token_id
    assert ids[0, 2] == tokenizer.eos_token_id
    assert ids[0, 3:].unique().tolist() == [tokenizer.pad_token_id]
    reference = tokenizer("red", padding="max_length", max_length=77, return_tensors="pt")
    assert torch.equal(ids, reference.input_ids)


@given(text=st.text(max_size=60))
def test_any_text_can_be_tokenized(demo_model: Model, text: str) -> None:
    chunks = PromptEncoder(demo_model).tokenize(text)
    assert all(chunk.shape == (1, 77) for chunk in chunks)


def test_what_was_read_lately_is_kept_and_the_oldest_forgotten(encoder: PromptEncoder) -> None:
    first = encoder.encode("first")
    for number in range(NUM_KEPT - 1):
        encoder.encode(str(number))
    assert encoder.encode("first") is first
    for number in range(NUM_KEPT):
        encoder.encode(f"other {number}")
    assert encoder.encode("first") is not first
