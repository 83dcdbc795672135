"""What people read, by key, out of the TOML files beside this one."""

import tomllib
from importlib import resources
from typing import Any


class Texts:
    """One language's sentences."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.sentences = dict(_flatten(table))

    def __call__(self, key: str, /, **values: object) -> str:
        """The sentence of that key, with its `{placeholders}` filled in."""
        return self.sentences[key].format_map(values)

    def under(self, prefix: str) -> dict[str, str]:
        """All sentences whose key starts with `prefix.`, by what follows."""
        return {
            key.removeprefix(f"{prefix}."): text
            for key, text in self.sentences.items()
            if key.startswith(f"{prefix}.")
        }


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
