"""A CLIP tokenizer with a small vocabulary: one token a word of the language, else bytes."""

from functools import cache
from itertools import pairwise

from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

from pipeline.models.demo.captions import WORDS

LENGTH = 77
START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"


def merges_for(words: tuple[str, ...]) -> list[tuple[str, str]]:
    """The byte pairs to join, most frequent first, until every word is one token."""
    spelt = [[*word[:-1], word[-1] + WORD_END] for word in words]
    merges: list[tuple[str, str]] = []
    while pairs := [pair for word in spelt for pair in pairwise(word)]:
        # Ties go to the alphabet, so that the vocabulary never depends on chance.
        best = max(sorted(set(pairs)), key=pairs.count)
        merges.append(best)
        spelt = [_joined(word, best) for word in spelt]
    return merges


def _joined(word: list[str], pair: tuple[str, str]) -> list[str]:
    joined: list[str] = []
    for piece in word:
        if joined and (joined[-1], piece) == pair:
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


@cache
def new_tokenizer() -> CLIPTokenizer:
    """All bytes, all bytes at a word's end, the words, then two special tokens, as CLIP has it."""
    letters = sorted(ByteLevel.alphabet())
    merges = merges_for(WORDS)
    tokens = [*letters, *(letter + WORD_END for letter in letters)]
    tokens += dict.fromkeys(left + right for left, right in merges)
    vocabulary = {token: number for number, token in enumerate([*tokens, START, END])}
    return CLIPTokenizer(vocabulary, merges, model_max_length=LENGTH)
