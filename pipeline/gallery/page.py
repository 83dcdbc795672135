"""The gallery as one page of HTML: nothing is fetched from elsewhere, and it needs no script."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from pipeline.controls import Row, control_rows

if TYPE_CHECKING:
    from pipeline.gallery.making import Shown

STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #888; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 1100px; padding: 1.5rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.05rem; margin: 0; }
section { border-top: 1px solid var(--line); padding: 1rem 0; }
p { margin: .2rem 0 .7rem; color: var(--quiet); }
nav { columns: 13rem; margin: 1rem 0; } nav a { display: block; color: inherit; }
.row { display: flex; flex-wrap: wrap; gap: .9rem; align-items: flex-start; }
figure { margin: 0; max-width: 264px; }
figcaption { font-size: .85rem; overflow-wrap: anywhere; max-width: 264px; }
img { display: block; max-width: 100%; height: auto; border-radius: 4px; }
.many { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; }
details { font-size: .75rem; color: var(--quiet); white-space: pre-wrap; overflow-wrap: anywhere; }
code { font-size: .95em; }
"""


def page_of(shown: Sequence["Shown"]) -> str:
    """The page; every exhibit with what the catalogue says of its control."""
    rows = {row.control: row for row in control_rows()}
    groups = [(exhibit, list(each)) for exhibit, each in groupby(shown, key=lambda it: it.exhibit)]
    sections = [
        section(number, rows[exhibit.control], exhibit.note, each)
        for number, (exhibit, each) in enumerate(groups)
    ]
    links = "".join(
        f'<a href="#c{number}">{marked(exhibit.control)}</a>'
        for number, (exhibit, _) in enumerate(groups)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Every control, in pictures</title><style>{STYLE}</style></head><body>"
        "<h1>Every control, in pictures</h1>"
        "<p>Each row differs in one control alone; what is not said is the same everywhere. Under "
        "a picture are the settings that its file carries.</p>"
        f"<nav>{links}</nav>{''.join(sections)}</body></html>\n"
    )


def section(number: int, row: Row, note: str, shown: Iterable["Shown"]) -> str:
    """One control's pictures."""
    said = f"{marked(row.where)} · by default {marked(row.default)} · from {escape(row.source)}"
    if note:
        said += f" · {escape(note)}"
    figures = "".join(figure(each) for each in shown)
    return (
        f'<section id="c{number}"><h2>{marked(row.control)}</h2><p>{said}</p>'
        f'<div class="row">{figures}</div></section>'
    )


def figure(shown: "Shown") -> str:
    """One variant: its picture, or several, with caption and settings."""
    images = "".join(
        f'<img src="{escape(name)}" alt="{escape(shown.caption)}" loading="lazy">'
        for name in shown.files
    )
    if len(shown.files) > 1:
        images = f'<div class="many">{images}</div>'
    return (
        f"<figure>{images}<figcaption>{escape(shown.caption)}"
        f"<details><summary>settings</summary>{escape(shown.infotext)}</details>"
        "</figcaption></figure>"
    )


def marked(text: str) -> str:
    """Words of the catalogue: what stands in backticks as code."""
    parts = text.split("`")
    return "".join(
        f"<code>{escape(part)}</code>" if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )
