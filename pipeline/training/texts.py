"""Texts of a batch to what the UNet attends to, with gradients where something there learns.

Captions are taken as they stand: brackets have no meaning in them, and cut into chunks of 75
tokens as prompts are.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.models.attention import TextContext
from pipeline.models.model import ChunkStates, Model
from pipeline.prompts.attention import Fragment
from pipeline.prompts.chunks import Chunk, EmbeddingNames, SpecialTokens, split_chunks

COMMA_BACKTRACK = 20  # tokens, as in prompts
NUM_KEPT = 512  # texts; one of Stable Diffusion XL takes 630 KB


class States(NamedTuple):
    """What the text towers make of texts, float32."""

    hidden: Tensor  # (rows, tokens, width)
    pooled: Tensor | None  # (rows, width); only of Stable Diffusion XL


class TrainingTexts:
    """Reads texts for one model; `vectors` are what stands for names in them."""

    def __init__(
        self, model: Model, vectors: Mapping[str, Tensor] | None = None, *, frozen: bool = False
    ) -> None:
        """`frozen`: nothing that learns is in the text towers, so each text is read only once."""
        self.model = model
        self.vectors = dict(vectors or {})
        self.frozen = frozen
        lengths = {name: len(rows) for name, rows in self.vectors.items()}
        self._names = EmbeddingNames(lengths, self.tokenize)
        tokenizer = model.tokenizer
        self._special = SpecialTokens(
            tokenizer.bos_token_id,
            tokenizer.eos_token_id,
            tokenizer.pad_token_id,
            tokenizer.convert_tokens_to_ids(",</w>"),
        )
        self._kept: dict[tuple[str, int], States] = {}

    def tokenize(self, text: str) -> list[int]:
        ids: list[int] = self.model.tokenizer(
            text, add_special_tokens=False, truncation=False, verbose=False
        ).input_ids
        return ids

    def chunks(self, text: str) -> list[Chunk]:
        """A text's chunks of 75 tokens."""
        fragments = [Fragment(text, 1.0)]
        found, _ = split_chunks(
            fragments, self.tokenize, self._special, self._names, COMMA_BACKTRACK
        )
        return found

    def states(self, texts: Sequence[str]) -> States:
        """What the towers make of each row's text; all get as many chunks as the longest."""
        chunks = {text: self.chunks(text) for text in texts}
        longest = max(map(len, chunks.values()))
        rows = [self._states(text, chunks[text], longest) for text in texts]
        pooled = [row.pooled for row in rows if row.pooled is not None]
        return States(
            torch.cat([row.hidden for row in rows]), torch.cat(pooled) if pooled else None
        )

    def contexts(self, texts: Sequence[str]) -> TextContext:
        """What the UNet attends to for each row."""
        hidden, pooled = self.states(texts)
        return self.model.context(hidden, pooled=pooled)

    def _states(self, text: str, chunks: Sequence[Chunk], longest: int) -> States:
        if not self.frozen:
            return self._read(chunks, longest)
        if (text, longest) not in self._kept:
            with torch.no_grad():
                self._kept[text, longest] = self._read(chunks, longest)
            if len(self._kept) > NUM_KEPT:
                del self._kept[next(iter(self._kept))]
        return self._kept[text, longest]

    def _read(self, chunks: Sequence[Chunk], longest: int) -> States:
        """One text with empty chunks behind it."""
        padded = [*chunks, *[self._special.chunk()] * (longest - len(chunks))]
        read = [self._read_chunk(chunk) for chunk in padded]
        # Of several towers, side by side; what pools a text is that of its first chunk.
        hidden = [torch.cat(states.hidden, dim=-1) for states in read]
        return States(torch.cat(hidden, dim=1), read[0].pooled)

    def _read_chunk(self, chunk: Chunk) -> ChunkStates:
        vectors = [(offset + 1, self.vectors[name]) for offset, name in chunk.fixes]
        return self.model.read_chunk(torch.tensor([chunk.tokens]), vectors=vectors)
