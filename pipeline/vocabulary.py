"""The words that a model knows as one token each: read from its tokenizer's files, no torch."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.errors import ModelUnavailable
from pipeline.model_config import ModelConfig

END = "</w>"  # of a token that ends a word


def known_words(config: ModelConfig) -> frozenset[str]:
    """Words in small letters, as the tokenizer takes them.

    Raises `ModelUnavailable` where it cannot be read.
    """
    folder = Path(config.tokenizer) if config.tokenizer else config.path / "tokenizer"
    plain = folder / "vocab.json"
    try:
        if plain.is_file():
            vocabulary: dict[str, int] = json.loads(plain.read_text("utf-8"))
        else:
            written = json.loads((folder / "tokenizer.json").read_text("utf-8"))
            vocabulary = written["model"]["vocab"]
        return frozenset(_words(vocabulary.keys()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnavailable(f"The tokenizer in `{folder}` cannot be read: {error}.") from error


def _words(tokens: Iterable[str]) -> Iterator[str]:
    bytes_of = {sign: byte for byte, sign in enumerate(_signs())}
    for token in tokens:
        if not token.endswith(END):
            continue
        try:
            yield bytes(bytes_of[sign] for sign in token.removesuffix(END)).decode()
        except (KeyError, UnicodeDecodeError):
            continue  # a mark of the tokenizer's own, or the end of some letter


def _signs() -> Iterator[str]:
    """What each byte is written as: itself where that can be seen, else a letter of no language.

    (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"; CLIP does it too)
    """
    num_unseen = 0
    for byte in range(256):
        if 33 <= byte <= 126 or 161 <= byte <= 172 or byte >= 174:
            yield chr(byte)
        else:
            yield chr(256 + num_unseen)
            num_unseen += 1
