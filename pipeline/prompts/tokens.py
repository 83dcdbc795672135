"""From a script's texts to chunks of tokens for one model, with the embeddings there are now."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NoReturn, TypeAlias

from pipeline.adapters.embedding import Embedding
from pipeline.adapters.request_shelf import RequestShelf
from pipeline.errors import InvalidRequest, UnknownAdapter
from pipeline.models.model import Model
from pipeline.prompts.chunks import Chunk, EmbeddingNames, SpecialTokens, split_chunks
from pipeline.prompts.reading import Script, fragments_of
from pipeline.requests import GenerationRequest

Texts: TypeAlias = Mapping[str, tuple[Chunk, ...]]  # of one script, all of the same length

NUM_NAMES = 4096  # whose tokens are kept


class TextCutter:
    """Cuts texts for one model."""

    def __init__(self, model: Model) -> None:
        self._tokenizer = model.tokenizer
        self._width = model.token_width
        self._special = SpecialTokens(
            model.tokenizer.bos_token_id,
            model.tokenizer.eos_token_id,
            model.tokenizer.eos_token_id,  # a tower that is padded otherwise sees to it itself
            model.tokenizer.convert_tokens_to_ids(",</w>"),
        )
        self.embeddings: Mapping[str, Embedding] = {}
        self.unusable: Mapping[str, str] = {}
        self._ids_of_name = lru_cache(NUM_NAMES)(self.tokenize)
        self._names = EmbeddingNames({}, self.tokenize)

    def tokenize(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(
            text, add_special_tokens=False, truncation=False, verbose=False
        ).input_ids
        return ids

    def look_at_shelf(
        self, shelf: RequestShelf, bundled: Mapping[str, Embedding] = MappingProxyType({})
    ) -> None:
        """Take up what embeddings a request may name, those that come with a LoRA among them."""
        fitting = {name: each for name, each in bundled.items() if each.width == self._width}
        self.embeddings = {**shelf.embeddings(self._width), **fitting}
        self.unusable = shelf.unusable_embeddings(self._width)
        # Of names that are the same to the tokenizer, the first is found.
        lengths = {name: len(each.vectors) for name, each in self.embeddings.items()}
        lengths |= {name: 1 for name in self.unusable if name not in lengths}
        if lengths != self._names.lengths:
            self._names = EmbeddingNames(lengths, self._ids_of_name)

    def cut(self, script: Script, request: GenerationRequest) -> Texts:
        """Every text of a script; shorter ones get empty chunks until they are as long.

        Raises `InvalidRequest` where one has a weight that is no number, or names an embedding
        that is of no use here.
        """
        cut = {text: self._chunks(text, request) for text in script.counts}
        longest = max(map(len, cut.values()))
        empty = self._special.chunk()
        return {text: (*chunks, *[empty] * (longest - len(chunks))) for text, chunks in cut.items()}

    def _chunks(self, text: str, request: GenerationRequest) -> list[Chunk]:
        chunks, _ = split_chunks(
            fragments_of(text, request),
            self.tokenize,
            self._special,
            self._names,
            request.comma_backtrack,
        )
        for name in (fix.name for chunk in chunks for fix in chunk.fixes):
            if name in self.unusable:
                raise InvalidRequest(self.unusable[name])
        return chunks

    def refuse_tag(self, name: str) -> NoReturn:
        """Say what to write instead of a tag around an embedding's name."""
        if name in self.unusable:
            raise InvalidRequest(self.unusable[name])
        if name not in self.embeddings:
            raise UnknownAdapter(name, list(self.embeddings), "embedding")
        raise InvalidRequest(f"An embedding needs no tag: write `{name}` alone.")
