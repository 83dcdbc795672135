"""The words that a model knows as one token each, by the files of its tokenizer."""

import json
from pathlib import Path

import pytest

from pipeline import ModelConfig, known_words
from pipeline.errors import ModelUnavailable
from tests.conftest import WEIGHTS


@pytest.mark.parametrize("name", ["vocab.json", "tokenizer.json"])
def test_a_word_that_is_one_token_is_known_in_whatever_letters_and_file(
    tmp_path: Path, name: str
) -> None:
    vocabulary = {"girl</w>": 0, "gir": 1, "cafÃ©</w>": 2, "Ã</w>": 3, "Ġthe": 4}
    content = vocabulary if name == "vocab.json" else {"model": {"vocab": vocabulary}}
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / name).write_text(json.dumps(content))
    assert known_words(ModelConfig(path=tmp_path)) == {"girl", "café"}
    elsewhere = ModelConfig(path=tmp_path / "a.pt", tokenizer=str(tmp_path / "tokenizer"))
    assert known_words(elsewhere) == {"girl", "café"}


def test_the_demo_model_knows_the_words_of_its_language() -> None:
    words = known_words(ModelConfig(path=WEIGHTS))
    assert {"red", "circle", "a"} <= words
    assert not {"cat", "red-1", "circ"} & words


@pytest.mark.parametrize("content", [None, "[]", "{", '{"model": 1}'])
def test_a_tokenizer_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, content: str | None
) -> None:
    (tmp_path / "tokenizer").mkdir()
    if content is not None:
        (tmp_path / "tokenizer" / "tokenizer.json").write_text(content)
    with pytest.raises(ModelUnavailable, match="tokenizer"):
        known_words(ModelConfig(path=tmp_path))
