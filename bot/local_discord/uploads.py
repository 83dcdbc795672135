"""Reading a request's body: JSON, or a multipart form with `payload_json` and files."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from bot.local_discord.cdn import UploadedFile
from bot.local_discord.errors import InvalidFormBody, InvalidJson, RequestEntityTooLarge
from bot.local_discord.forms.base import parse
from bot.local_discord.wire import Json

MAX_BODY = 25 * 1024 * 1024  # bytes, the whole request
FILE_FIELD = re.compile(r"files?\[(\d+)\]")


@dataclass(frozen=True)
class Body:
    """What a request carried."""

    payload: Any = None
    files: list[UploadedFile] = field(default_factory=list)


async def read_body(request: web.Request, *, most: int = MAX_BODY) -> Body:
    """The request's JSON and files; over 25 MiB, or `most` bytes, it is Discord's 40005."""
    if not request.can_read_body:
        return Body()
    if request.content_type == "multipart/form-data":
        return await read_multipart(request, most)
    received = bytearray()
    async for chunk in request.content.iter_chunked(1 << 16):
        # Read to the end all the same: a client still writing would see a reset, not the refusal.
        if len(received) <= most:
            received += chunk
    if len(received) > most:
        raise RequestEntityTooLarge
    if request.content_type == "application/x-www-form-urlencoded":
        return Body(from_form(bytes(received)))
    return Body(parse_json(bytes(received))) if received else Body()


def from_form(data: bytes) -> Any:
    """A form without files, as some libraries send what might have had some."""
    fields: Json = dict(parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True))
    payload = fields.pop("payload_json", None)
    return fields if payload is None else parse(dict[str, Any], parse_json(payload)) | fields


async def read_multipart(request: web.Request, most: int) -> Body:
    payload: Any = {}
    files: list[UploadedFile] = []
    size = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise InvalidFormBody([((), "CONTENT_TYPE_INVALID", "Nested forms are not accepted.")])
        data = await read_part(part, room=most - size)
        size += len(data)
        if size > most:
            continue
        if part.name == "payload_json":
            payload = parse(dict[str, Any], parse_json(data)) | payload
        elif part.filename is not None:
            files.append(uploaded(part, data, num_files=len(files)))
        else:
            payload[part.name or ""] = data.decode("utf-8", "replace")
    if size > most:
        raise RequestEntityTooLarge
    return Body(payload, files)


async def read_part(part: BodyPartReader, *, room: int) -> bytes:
    """A part's bytes, kept only until they are more than there is room for."""
    data = bytearray()
    while chunk := await part.read_chunk(1 << 16):
        if len(data) <= room:
            data += chunk
    return bytes(data)


def uploaded(part: BodyPartReader, data: bytes, *, num_files: int) -> UploadedFile:
    match = FILE_FIELD.fullmatch(part.name or "")
    index = int(match[1]) if match else num_files
    return UploadedFile(index=index, filename=part.filename or "unknown", data=data)


def parse_json(data: bytes | str) -> Any:
    try:
        value = json.loads(data, parse_constant=refuse_constant)
        # Half of a surrogate pair can be written in JSON, but is no text.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidJson from error
    return value


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
