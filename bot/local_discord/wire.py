"""JSON as it crosses the wire."""

import json
from typing import Any, TypeAlias

from aiohttp import web

Json: TypeAlias = dict[str, Any]


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def json_response(
    value: object, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    # The content type carries no charset: discord.py takes any other spelling for plain text.
    return web.Response(
        body=compact(value).encode(),
        status=status,
        headers={"Content-Type": "application/json"} | (headers or {}),
    )
