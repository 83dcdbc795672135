"""A text's tokens in chunks of 75, as the reference web UI cuts them (spec: webui §1.7, §1.8)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from pipeline.prompts.attention import Fragment

CHUNK_TOKENS = 75  # a text tower has 77 positions; start and end take two
PLACEHOLDER = 0  # stands where an embedding's vectors go

Tokenize: TypeAlias = Callable[[str], Sequence[int]]


class Fix(NamedTuple):
    """An embedding in a chunk."""

    offset: int  # of its first vector, not counting the start token
    name: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """What the text tower reads at once, with start, end and padding."""

    tokens: tuple[int, ...]
    multipliers: tuple[float, ...]  # one for each token
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    """The tokens with a meaning of their own."""

    start: int
    end: int
    padding: int
    comma: int | None

    def chunk(
        self,
        tokens: Sequence[int] = (),
        multipliers: Sequence[float] = (),
        fixes: Sequence[Fix] = (),
    ) -> Chunk:
        """A whole chunk around some tokens; around none, the empty one."""
        num_padding = max(CHUNK_TOKENS - len(tokens), 0)
        return Chunk(
            (self.start, *tokens, self.end, *[self.padding] * num_padding),
            (1.0, *multipliers, *[1.0] * (num_padding + 1)),
            tuple(fixes),
        )


class EmbeddingNames:
    """Finds embeddings by name in tokens: a name is matched as the tokens it consists of."""

    def __init__(self, lengths: Mapping[str, int], tokenize: Tokenize) -> None:
        """`lengths` says how many vectors each name stands for."""
        self.lengths = lengths
        self._by_first: dict[int, list[tuple[tuple[int, ...], str]]] = defaultdict(list)
        for name in lengths:
            if ids := tuple(tokenize(name)):
                self._by_first[ids[0]].append((ids, name))
        for names in self._by_first.values():
            names.sort(key=lambda entry: len(entry[0]), reverse=True)

    def at(self, tokens: Sequence[int], position: int) -> tuple[str, int] | None:
        """The longest name that begins here, and how many tokens it is long."""
        for ids, name in self._by_first.get(tokens[position], ()):
            if tuple(tokens[position : position + len(ids)]) == ids:
                return name, len(ids)
        return None


def split_chunks(
    fragments: Iterable[Fragment],
    tokenize: Tokenize,
    special: SpecialTokens,
    names: EmbeddingNames,
    comma_backtrack: int,
) -> tuple[list[Chunk], int]:
    """A text's chunks, at least one, and the number of its tokens, in which BREAK counts 75.

    Fragments are tokenised one by one, so a name that two of them share is not found.
    """
    cutter = _Cutter(special, comma_backtrack)
    for fragment in fragments:
        if fragment.is_break:
            cutter.end_chunk()
            continue
        tokens, position = tokenize(fragment.text), 0
        while position < len(tokens):
            cutter.make_room(tokens[position])
            found = names.at(tokens, position)
            if found is None:
                cutter.add([tokens[position]], fragment.weight)
                position += 1
            else:
                name, num_tokens = found
                cutter.add_embedding(name, names.lengths[name], fragment.weight)
                position += num_tokens
    return cutter.finished()


@dataclass(slots=True)
class _Cutter:
    """The chunks so far, and the one that is being filled."""

    special: SpecialTokens
    comma_backtrack: int
    chunks: list[Chunk] = field(default_factory=list)
    num_tokens: int = 0  # of the chunks so far
    tokens: list[int] = field(default_factory=list)
    multipliers: list[float] = field(default_factory=list)
    fixes: list[Fix] = field(default_factory=list)
    last_comma: int | None = None  # its place in this chunk

    def make_room(self, token: int) -> None:
        """Begin another chunk where this one is full.

        A chunk that fills up shortly after a comma ends at that comma, so that a phrase is not
        torn. What an embedding would have put behind the comma stays in the old chunk, and its
        placeholders move: plainly a mistake of the reference, but pictures depend on it.
        """
        if token == self.special.comma:
            self.last_comma = len(self.tokens)
        elif len(self.tokens) == CHUNK_TOKENS and self.last_comma is not None:
            num_back = CHUNK_TOKENS - self.last_comma
            if num_back <= self.comma_backtrack:
                self.end_chunk(keep=num_back - 1)
        if len(self.tokens) == CHUNK_TOKENS:
            self.end_chunk()

    def add(self, tokens: Sequence[int], weight: float) -> None:
        self.tokens += tokens
        self.multipliers += [weight] * len(tokens)

    def add_embedding(self, name: str, num_vectors: int, weight: float) -> None:
        if len(self.tokens) + num_vectors > CHUNK_TOKENS:
            self.end_chunk()
        self.fixes.append(Fix(len(self.tokens), name))
        self.add([PLACEHOLDER] * num_vectors, weight)

    def end_chunk(self, keep: int = 0) -> None:
        """Pad and put away this chunk; its last `keep` tokens begin the next."""
        end = len(self.tokens) - keep
        self.chunks.append(
            self.special.chunk(self.tokens[:end], self.multipliers[:end], self.fixes)
        )
        self.num_tokens += CHUNK_TOKENS
        self.tokens, self.multipliers = self.tokens[end:], self.multipliers[end:]
        self.fixes, self.last_comma = [], None

    def finished(self) -> tuple[list[Chunk], int]:
        num_tokens = self.num_tokens + len(self.tokens)
        if self.tokens or not self.chunks:
            self.end_chunk()
        return self.chunks, num_tokens
