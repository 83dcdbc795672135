"""Chunks of tokens against webui's, with the toy tokenizer that the file describes."""

import json
import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline.prompts.attention import parse_attention
from pipeline.prompts.chunks import EmbeddingNames, SpecialTokens, split_chunks

COMMA = 1
SPECIAL = SpecialTokens(start=2, end=3, padding=3, comma=COMMA)
WORD = re.compile(r"[a-z0-9_-]+|\S")


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "prompt_chunks.json").read_text())
    toy = {key: recorded[key] for key in ("vocab", "embeddings")}
    return {case["name"]: case | toy for case in recorded["cases"]}


def test_a_text_is_cut_as_in_the_reference(case: dict[str, Any]) -> None:
    def tokenize(text: str) -> Sequence[int]:
        words = WORD.findall(text.lower())
        return [COMMA if word == "," else case["vocab"][word] for word in words]

    chunks, num_tokens = split_chunks(
        parse_attention(case["text"]),
        tokenize,
        SPECIAL,
        EmbeddingNames(case["embeddings"], tokenize),
        case["comma_padding_backtrack"],
    )

    assert num_tokens == case["token_count"]
    assert [
        {
            "len": len(chunk.tokens),
            "tokens": list(chunk.tokens),
            "multipliers_rle": [
                [value, len(list(run))] for value, run in groupby(chunk.multipliers)
            ],
            "fixes": [list(fix) for fix in chunk.fixes],
        }
        for chunk in chunks
    ] == case["chunks"]
