"""Embeddings' names in text that is written without blanks, found where the engine finds them.

The tokenizer takes letters that touch for one word and cuts it into pieces, of which the last says
that a word ends with it. So a name matches at the end of such a word, where its pieces are the
same, and not before: the engine finds zuk in 一只zuk, and not in 一只zuk猫. Within a word of
letters as in English the pieces are others, and what stands there is but part of it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from pipeline.artifact import ArtifactKind
from pipeline.prompts.called import CalledName, plain_text
from pipeline.requests import GenerationRequest

KIND: ArtifactKind = "embedding"
# Han, kana, Thai, Lao, Burmese and Khmer.
LETTER = re.compile(
    "[\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
)
JOINED = re.compile(r"[.-]\w")  # what goes on with a name behind it


def has_unspaced(request: GenerationRequest) -> bool:
    """Whether anything in a request's texts is written without blanks."""
    return LETTER.search(plain_text(request)) is not None


def called_within(request: GenerationRequest, names: Iterable[str]) -> tuple[CalledName, ...]:
    """Those of some embeddings' names that a request's texts call, as they are written there.

    Where two overlap, the one that begins first is called, or the longer one.
    """
    text = unicodedata.normalize("NFC", plain_text(request))
    spans = {span for name in names for span in _spans(text, name)}
    called, free = [], 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= free:
            called.append(CalledName(KIND, text[start:end]))
            free = end
    return tuple(dict.fromkeys(called))


def _spans(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Where a name stands, whatever its capitals."""
    for found in re.finditer(f"(?={re.escape(name)})", text, re.IGNORECASE):
        start, end = found.start(), found.start() + len(name)
        if _begins(text, start) and _ends(text, end):
            yield start, end


def _begins(text: str, start: int) -> bool:
    """Whether the pieces of a name that begins here are the same as if it stood alone."""
    before = text[start - 1 : start]
    if _is_word(before):
        return _is_unspaced(before) or _is_unspaced(text[start])
    return not before or before not in "./-"


def _ends(text: str, end: int) -> bool:
    """Whether a word of the tokenizer's ends before this, as a name does."""
    last, after = text[end - 1], text[end : end + 1]
    if _is_word(after):
        is_one_word = last.isalpha() and after.isalpha()
        return not is_one_word and (_is_unspaced(last) or _is_unspaced(after))
    return not JOINED.match(text, end)


def _is_word(letter: str) -> bool:
    return re.fullmatch(r"\w", letter) is not None


def _is_unspaced(letter: str) -> bool:
    return LETTER.fullmatch(letter) is not None
