"""The published types of gateway payloads as a judge of every frame that the bot is sent.

Discord's OpenAPI description has no gateway; npm's `discord-api-types` has, and a JSON schema can
be generated from it. Like the description, the schema is no part of this repository, and this
module is imported only when a file is named.
"""

import json
from pathlib import Path
from urllib.parse import unquote

import jsonschema_rs

from bot.local_discord.wire import Json

ROOT = "GatewayDispatchPayload"  # the union of all that can be dispatched
DEFINITIONS = "#/definitions/"


class FrameSchema:
    """One validator per event, made at its first use."""

    def __init__(self, schema: Json) -> None:
        self.definitions: Json = {
            name: as_integer_if_flags(name, definition)
            for name, definition in schema["definitions"].items()
        }
        self.branches = {name: branch for branch in self.union() for name in self.events(branch)}
        self.validators: dict[str, jsonschema_rs.Draft7Validator] = {}

    @classmethod
    def read(cls, path: Path) -> "FrameSchema":
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def problem(self, frame: Json) -> str | None:
        """What is wrong with a dispatched frame, in one sentence."""
        event = frame["t"]
        if event == "RESUMED":
            return None  # the types say that it carries nothing; Discord sends an object
        if event not in self.branches:
            return f"Discord dispatches nothing called {event}."
        if event not in self.validators:
            whole = self.branches[event] | {"definitions": self.definitions}
            self.validators[event] = jsonschema_rs.Draft7Validator(whole)
        errors = list(self.validators[event].iter_errors(frame))
        if not errors:
            return None
        worst = max(map(deepest, errors), key=lambda error: len(error.instance_path))
        return f"{'/'.join(map(str, worst.instance_path)) or '(root)'}: {worst.message[:500]}"

    def union(self) -> list[Json]:
        branches: list[Json] = self.definitions[ROOT]["anyOf"]
        return branches

    def events(self, branch: Json) -> list[str]:
        """The names of the events that a branch of the union is for."""
        node = self.resolved(branch)
        while "properties" not in node:
            node = self.resolved(node)
        named = self.resolved(node["properties"]["t"])
        events: list[str] = named.get("enum") or [named["const"]]
        return events

    def resolved(self, node: Json) -> Json:
        if "$ref" not in node:
            return node
        target: Json = self.definitions[unquote(node["$ref"].removeprefix(DEFINITIONS))]
        return target


def as_integer_if_flags(name: str, definition: Json) -> Json:
    """Flags add up to numbers that no enumeration of them lists."""
    return {"type": "integer"} if name.endswith("Flags") else definition


def deepest(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Of a union none of whose branches fits, the complaint of the one that came closest."""
    branches = error.kind.as_dict().get("context", ())
    inner = [deepest(part) for branch in branches for part in branch]
    return max([error, *inner], key=lambda one: len(one.instance_path))
