"""What may come next in a line of advanced settings while somebody types it."""

from collections.abc import Iterator

from pipeline import CONTROLS, Control


def completions(typed: str) -> Iterator[str]:
    """Whole lines that begin as typed: with the next setting's name, or with its value.

    A line that is complete comes first, so that it can be chosen as it stands.
    """
    head, comma, last = typed.rpartition(",")
    head = head.strip(" ,")
    before = f"{head}, " if comma and head else ""
    key, colon, value = last.strip().partition(":")
    if colon:
        yield from _values(before, key, value.strip())
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


def _values(before: str, key: str, value: str) -> Iterator[str]:
    control = _find(key)
    if control is None:
        return
    if value:
        yield f"{before}{control.key}: {value}"
    wanted = _spelling(value)
    for offered in sorted(control.offered, key=lambda it: not _spelling(it).startswith(wanted)):
        if wanted in _spelling(offered) and offered != value:
            yield f"{before}{control.key}: {offered}"


def _find(key: str) -> Control | None:
    return next((it for it in CONTROLS if _spelling(it.key) == _spelling(key)), None)


def _spelling(text: str) -> str:
    return " ".join(text.casefold().split())
