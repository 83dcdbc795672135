"""Discord's OpenAPI description as a judge of every request and every answer.

The file is Discord's (discord-api-spec, MIT) and not part of this repository; without it the
local Discord goes by its own forms alone. This module is imported only when a file is named,
because jsonschema-rs is a dependency of the tests.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs

from bot.local_discord.errors import Path as Place
from bot.local_discord.errors import Problem
from bot.local_discord.wire import Json

BITS = {"default_member_permissions", "permissions", "allow", "deny"}
SCHEMAS = "#/components/schemas/"


class OpenApi:
    """One validator per operation, made at its first use."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self.paths: Json = document["paths"]
        self.schemas: Json = by_type(document["components"]["schemas"], document)
        # Nested error codes are names ("BASE_TYPE_REQUIRED"), whatever the description says.
        self.schemas["Error"]["properties"]["code"] = {"type": ["integer", "string"]}
        self.lenient_schemas = self.schemas | as_discord_reads(self.schemas)
        self.validators: dict[str, jsonschema_rs.Draft202012Validator | None] = {}

    @classmethod
    def read(cls, path: Path) -> "OpenApi":
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def request_problems(self, method: str, path: str, payload: object) -> Sequence[Problem]:
        validator = self.validator(method, path, "requestBody")
        if validator is None:
            return []
        return [in_discords_words(error) for error in validator.iter_errors(payload)]

    def answer_problem(self, method: str, path: str, status: int, payload: object) -> str | None:
        validator = self.validator(method, path, str(status))
        if validator is None:
            return None if status == 204 else f"The description knows no answer {status}."
        first = next(iter(validator.iter_errors(payload)), None)
        if first is None:
            return None
        return f"{'/'.join(map(str, first.instance_path)) or '(root)'}: {first.message[:500]}"

    def validator(
        self, method: str, path: str, part: str
    ) -> jsonschema_rs.Draft202012Validator | None:
        key = f"{method} {path} {part}"
        if key not in self.validators:
            schema = self.schema(method.lower(), path, part)
            schemas = self.lenient_schemas if part == "requestBody" else self.schemas
            whole = {**(schema or {}), "components": {"schemas": schemas}}
            self.validators[key] = (
                jsonschema_rs.Draft202012Validator(whole, validate_formats=True) if schema else None
            )
        return self.validators[key]

    def schema(self, method: str, path: str, part: str) -> Json | None:
        operation = self.paths.get(path, {}).get(method)
        if operation is None:
            return None
        if part == "requestBody":
            node = operation.get("requestBody", {})
        else:
            responses = operation["responses"]
            node = responses.get(part) or responses.get(f"{part[0]}XX", {})
            if "$ref" in node:
                node = self.document["components"]["responses"][node["$ref"].rpartition("/")[2]]
        found: Json | None = node.get("content", {}).get("application/json", {}).get("schema")
        return by_type(found, self.document) if found else None


def by_type(schema: Any, document: Json) -> Any:
    """The schema with unions told apart by `type`, so that an error names the field at fault."""
    if isinstance(schema, list):
        return [by_type(part, document) for part in schema]
    if not isinstance(schema, dict):
        return schema
    rewritten = {key: by_type(part, document) for key, part in schema.items()}
    for keyword in ("oneOf", "anyOf"):
        branches = rewritten.get(keyword)
        kinds = [kinds_of(branch, document) for branch in branches or ()]
        if len(kinds) > 1 and all(kinds):
            del rewritten[keyword]
            every = [kind for group in kinds for kind in group]
            known = {"required": ["type"], "properties": {"type": {"enum": every}}}
            rewritten |= {"if": known, "else": False}
            rewritten["allOf"] = [
                {"if": {"properties": {"type": {"enum": group}}}, "then": branch}
                for group, branch in zip(kinds, branches or (), strict=True)
            ]
    return rewritten


def kinds_of(branch: Json, document: Json) -> list[int]:
    """The values of `type` by which a union's branch is known, if it is known by them."""
    if "$ref" in branch and branch["$ref"].startswith(SCHEMAS):
        branch = document["components"]["schemas"][branch["$ref"].removeprefix(SCHEMAS)]
    kinds: list[int] = branch.get("properties", {}).get("type", {}).get("enum", [])
    return kinds if "type" in branch.get("required", ()) else []


def as_discord_reads(schemas: Json) -> Json:
    """Requests are read more kindly than they are described: numbers for ids, text for bits."""
    snowflake = {"anyOf": [schemas["SnowflakeType"], {"type": "integer", "minimum": 0}]}
    kinder: Json = {"SnowflakeType": snowflake}
    either: Json = {"type": ["integer", "string", "null"]}
    for name, schema in schemas.items():
        properties = schema.get("properties", {})
        bits = dict.fromkeys(properties.keys() & BITS, either)
        if bits and name.endswith(("Request", "RequestPartial")):
            kinder[name] = schema | {"properties": properties | bits}
    return kinder


def in_discords_words(error: jsonschema_rs.ValidationError) -> Problem:
    """A schema's complaint as Discord phrases its own."""
    place: Place = tuple(error.instance_path)
    facts = error.kind.as_dict()
    match error.kind.name:
        case "required":
            return (*place, facts["property"]), "BASE_TYPE_REQUIRED", "This field is required"
        case "enum" | "const":
            return place, "BASE_TYPE_CHOICES", f"{error.message[:500]}."
        case "falseSchema":
            # Only by_type makes such a schema, for what is of none of a union's types.
            sentence = 'Value of field "type" is none that may stand here.'
            return place, "UNION_TYPE_CHOICES", sentence
        case "maxLength" | "maxItems" | "maxProperties":
            sentence = f"Must be {facts['limit']} or fewer in length."
            return place, "BASE_TYPE_MAX_LENGTH", sentence
        case "minLength" | "minItems" | "minProperties":
            return place, "BASE_TYPE_MIN_LENGTH", f"Must be {facts['limit']} or more in length."
        case "maximum":
            sentence = f"int value should be less than or equal to {facts['limit']}."
            return place, "NUMBER_TYPE_MAX", sentence
        case "minimum":
            sentence = f"int value should be greater than or equal to {facts['limit']}."
            return place, "NUMBER_TYPE_MIN", sentence
        case _:
            return place, "BASE_TYPE_INVALID", error.message[:500]
