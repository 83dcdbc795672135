"""What something that was learned may be called: one word, as a prompt can name it."""

import re
import unicodedata
from collections.abc import Collection
from itertools import count

from bot.errors import Refusal

MAX_NAME = 64  # characters
MAX_STEM = 20  # characters of an unfit name; casefolded, one may become three
MAX_SHOWN = 50  # characters of what cannot be a name
NAME = re.compile(r"\w+(?:[.-]\w+)*")  # as `pipeline.called_names` finds it in a text
UNFIT = re.compile(r"[^\w.-]+|(?<![\w])[.-]+|[.-]+(?!\w)")
ORDINARY = re.compile(r"[^\W\d_]+")


def check_name(name: str, models: Collection[str] = ()) -> str:
    """The name as it is kept. Raises `Refusal` where a prompt could not name it.

    `models` are the keys of names that only models in config are meant by.
    """
    name = unicodedata.normalize("NFC", name.strip())
    is_short = max(len(name), len(name_key(name))) <= MAX_NAME
    if not (is_short and NAME.fullmatch(name) and any(it.isalpha() for it in name)):
        # It is shown as code, and everybody may read that: nothing is to end it early.
        shown = name[:MAX_SHOWN].replace("`", "'")
        raise Refusal("artifact.bad_name", name=shown, max_length=MAX_NAME)
    if name_key(name) in models:
        raise Refusal("artifact.name_of_model", name=name)
    return name


def name_key(name: str) -> str:
    """A name as it is compared."""
    return unicodedata.normalize("NFC", name.casefold())


def free_name(wanted: str, taken: Collection[str]) -> str:
    """A name like a wanted one, such as that of a file, of which nothing else has the key."""
    words = [word for word in UNFIT.split(unicodedata.normalize("NFC", wanted)) if word]
    stem = re.sub(r"[.-]{2,}", "-", "-".join(words))[:MAX_STEM].strip(".-")
    if not any(it.isalpha() for it in stem):
        stem = "-".join(it for it in ("learned", stem) if it)
    numbered = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(name for name in numbered if name_key(name) not in taken)


def name_like(wanted: str, taken: Collection[str]) -> str:
    """A wanted name, if it can be one and is free; else one like it."""
    try:
        name = check_name(wanted)
    except Refusal:
        return free_name(wanted, taken)
    return free_name(name, taken) if name_key(name) in taken else name


def is_ordinary_word(name: str) -> bool:
    """Whether it might stand in anybody's prompt, meaning nothing but itself."""
    return ORDINARY.fullmatch(name) is not None
