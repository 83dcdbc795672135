"""Texts of a batch to what the UNet attends to, with gradients where something there learns.

Captions are taken as they stand: brackets have no meaning in them, and cut into chunks of 75
tokens as prompts are.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from pipeline.models.attention import TextContext, stack_contexts
from pipeline.models.model import ChunkStates, Model
from pipeline.prompts.attention import Fragment
from pipeline.prompts.chunks import Chunk, EmbeddingNames, SpecialTokens, split_chunks

COMMA_BACKTRACK = 20  # tokens, as in prompts
NUM_KEPT = 4096  # texts


class TrainingTexts:
    """Reads texts for one model; `vectors` are what stands for names in them."""

    def __init__(self, model: Model, vectors: Mapping[str, Tensor] | None = None) -> None:
        self.model = model
        self.vectors = dict(vectors or {})
        lengths = {name: len(rows) for name, rows in self.vectors.items()}
        self._names = EmbeddingNames(lengths, self.tokenize)
        tokenizer = model.tokenizer
        self._special = SpecialTokens(
            tokenizer.bos_token_id,
            tokenizer.eos_token_id,
            tokenizer.pad_token_id,
            tokenizer.convert_tokens_to_ids(",</w>"),
        )
        self._kept: dict[tuple[str, int], TextContext] = {}

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

    def contexts(self, texts: Sequence[str]) -> TextContext:
        """What the UNet attends to for each row; all get as many chunks as the longest."""
        longest = self._longest(texts)
        return stack_contexts([self._context(text, longest) for text in texts])

    def kept_contexts(self, texts: Sequence[str]) -> TextContext:
        """The same where nothing that learns is in between: every text is read once only."""
        longest = self._longest(texts)
        for text in texts:
            if (text, longest) not in self._kept:
                with torch.no_grad():
                    self._kept[text, longest] = self._context(text, longest)
                if len(self._kept) > NUM_KEPT:
                    self._kept.pop(next(iter(self._kept)))
        return stack_contexts([self._kept[text, longest] for text in texts])

    def _longest(self, texts: Sequence[str]) -> int:
        return max(len(self.chunks(text)) for text in texts)

    def _context(self, text: str, num_chunks: int) -> TextContext:
        chunks = self.chunks(text)
        chunks += [self._special.chunk()] * (num_chunks - len(chunks))
        read = [self._read(chunk) for chunk in chunks]
        # Of several towers, side by side; what pools a text is that of its first chunk.
        hidden = torch.cat([torch.cat(states.hidden, dim=-1) for states in read], dim=1)
        return self.model.context(hidden, pooled=read[0].pooled)

    def _read(self, chunk: Chunk) -> ChunkStates:
        vectors = [(offset + 1, self.vectors[name]) for offset, name in chunk.fixes]
        return self.model.read_chunk(torch.tensor([chunk.tokens]), vectors=vectors)
