"""What people read, by key, out of the TOML files beside this one."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Counted:
    """So many of something: "1 picture", "2 pictures"."""

    noun: str
    count: int


class Texts:
    """One language's sentences."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.sentences = dict(_flatten(table))

    def __call__(self, key: str, /, **values: object) -> str:
        """The sentence of that key, with its `{placeholders}` filled in."""
        said = {
            name: self._in_words(value) if isinstance(value, Counted) else value
            for name, value in values.items()
        }
        return self.sentences[key].format_map(said)

    def under(self, prefix: str) -> dict[str, str]:
        """All sentences whose key starts with `prefix.`, by what follows."""
        return {
            key.removeprefix(f"{prefix}."): text
            for key, text in self.sentences.items()
            if key.startswith(f"{prefix}.")
        }

    def _in_words(self, value: Counted) -> str:
        # A language that has one form for any number gives only `other`.
        one, other = f"counted.{value.noun}.one", f"counted.{value.noun}.other"
        form = one if value.count == 1 and one in self.sentences else other
        return self.sentences[form].format(count=f"{value.count:,}")


def read_texts(language: str = "en") -> Texts:
    """The sentences of one language."""
    file = resources.files("bot.locales") / f"{language}.toml"
    return Texts(tomllib.loads(file.read_text("utf-8")))


def _flatten(table: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    sentences = []
    for key, value in table.items():
        if isinstance(value, dict):
            sentences += _flatten(value, f"{prefix}{key}.")
        else:
            sentences.append((f"{prefix}{key}", value))
    return sentences
