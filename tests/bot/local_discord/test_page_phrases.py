"""What people read on the page stands in one file."""

import re

from bot.local_discord.files import PAGE

SCRIPTS = PAGE / "script"
# Two words of plain English in quotes, the first with a capital: a sentence or a label.
ENGLISH = re.compile(r"""["`](?:[A-Z][a-z]+|A|You) (?:[a-z]+|[A-Z][a-z]+)[^"`]*["`]""")


def test_every_sentence_of_the_page_stands_in_its_phrases() -> None:
    found = {
        path.name: ENGLISH.findall(path.read_text(encoding="utf-8"))
        for path in SCRIPTS.glob("*.js")
    }
    assert len(found.pop("phrases.js")) > 50
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_every_phrase_is_used_and_every_one_used_is_there() -> None:
    said = (SCRIPTS / "phrases.js").read_text(encoding="utf-8")
    there = set(re.findall(r"^export const (\w+)", said, re.MULTILINE))
    used = {
        name
        for path in SCRIPTS.glob("*.js")
        for name in re.findall(r"\bphrase\.(\w+)", path.read_text(encoding="utf-8"))
    }
    used |= set(re.findall(r"\?\? (\w+)", said))
    assert there == used
