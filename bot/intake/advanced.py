"""What may come next in a line of advanced settings while somebody types it."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from pipeline import CONTROLS, Control

AESTHETIC_KEY = "Aesthetic embedding"
NOTHING_MORE: Mapping[str, Sequence[str]] = MappingProxyType({})


def completions(typed: str, more: Mapping[str, Sequence[str]] = NOTHING_MORE) -> Iterator[str]:
    """Whole lines that begin as typed: with the next setting's name, or with its value.

    A line that is complete comes first, so that it can be chosen as it stands. `more` has further
    values by the keys of their controls.
    """
    head, comma, last = typed.rpartition(",")
    head = head.strip(" ,")
    before = f"{head}, " if comma and head else ""
    key, colon, value = last.strip().partition(":")
    if colon:
        yield from _values(before, key, value.strip(), more)
        return
    if not last.strip() and before:
        yield before.rstrip(" ,")
    taken = {_spelling(part.partition(":")[0]) for part in head.split(",")}
    wanted = _spelling(key)
    matching = [
        control
        for control in CONTROLS
        if wanted in _spelling(control.key) and _spelling(control.key) not in taken
    ]
    matching.sort(key=lambda control: not _spelling(control.key).startswith(wanted))
    for control in matching:
        yield f"{before}{control.key}: "


def _values(before: str, key: str, value: str, more: Mapping[str, Sequence[str]]) -> Iterator[str]:
    control = _find(key)
    if control is None:
        return
    if value:
        yield f"{before}{control.key}: {value}"
    wanted = _spelling(value)
    known = [*control.offered, *more.get(control.key, ())]
    for offered in sorted(known, key=lambda it: not _spelling(it).startswith(wanted)):
        if wanted in _spelling(offered) and offered != value:
            yield f"{before}{control.key}: {offered}"


def _find(key: str) -> Control | None:
    return next((it for it in CONTROLS if _spelling(it.key) == _spelling(key)), None)


def _spelling(text: str) -> str:
    return " ".join(text.casefold().split())
