"""The routes of the file server, and the chat page's own static files."""

import asyncio
from pathlib import Path

from aiohttp import web

from bot.local_discord.assembly import DISCORD
from bot.local_discord.faults import OF_FILES, FaultForm, broken
from bot.local_discord.message import Attachment

PAGE = Path(__file__).parent / "page"
NUM_PIECES = 8  # of a file that trickles


async def get_attachment(request: web.Request) -> web.StreamResponse:
    """A file, if its URL was signed here and has not expired."""
    discord = request.app[DISCORD]
    if fault := await discord.faults.strike(request.method, request.path):
        return broken(fault)
    attachment_id = request.match_info["attachment_id"]
    signed = [request.query.get(name, "") for name in ("ex", "is", "hm")]
    attachment = discord.world.attachment(attachment_id)
    if attachment is None or not discord.cdn.admits(attachment_id, *signed):
        return web.Response(status=404, text="This content is no longer available.")
    if fault := discord.faults.take(request.method, request.path, OF_FILES):
        return await send_badly(request, attachment, fault)
    return web.Response(body=attachment.data, headers=headers_of(attachment))


def headers_of(attachment: Attachment) -> dict[str, str]:
    named = f'inline; filename="{attachment.filename}"'
    if (
        not attachment.content_type.startswith(("image/", "text/plain"))
        or "svg" in attachment.content_type
    ):
        # What a browser could run is only ever handed out as a download.
        named = named.replace("inline", "attachment")
    return {
        "Content-Type": attachment.content_type,
        "Content-Disposition": named,
        "Cache-Control": "private, max-age=86400",
        "X-Content-Type-Options": "nosniff",
    }


async def send_badly(
    request: web.Request, attachment: Attachment, fault: FaultForm
) -> web.StreamResponse:
    """Half of a file and then silence, or all of it, bit by bit."""
    data = attachment.data
    response = web.StreamResponse(headers=headers_of(attachment))
    response.content_length = len(data)
    await response.prepare(request)
    if fault.kind == "truncate":
        await response.write(data[: len(data) // 2])
        if request.transport:
            request.transport.close()
        return response
    size = max(1, len(data) // NUM_PIECES)
    for start in range(0, len(data), size):
        await asyncio.sleep(fault.seconds / NUM_PIECES)
        await response.write(data[start : start + size])
    return response


async def get_emoji(request: web.Request) -> web.Response:
    """An emoji's picture; as at Discord, its address needs no signature."""
    emoji = request.app[DISCORD].world.emojis.get(request.match_info["emoji_id"])
    if emoji is None:
        return web.Response(status=404, text="")
    headers = {"Content-Type": emoji.content_type, "X-Content-Type-Options": "nosniff"}
    return web.Response(body=emoji.data, headers=headers)


async def unknown_file(request: web.Request) -> web.Response:
    discord = request.app[DISCORD]
    discord.record.unknown_routes.append(f"{request.method} {request.path}")
    return web.Response(status=404, text="")


async def get_page(request: web.Request) -> web.FileResponse:
    # The page needs nothing from elsewhere, and may not fetch it either.
    policy = "default-src 'self'; img-src 'self' blob:; style-src 'self' 'unsafe-inline'"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
    return web.FileResponse(PAGE / "index.html", headers=headers)


def file_routes() -> list[web.AbstractRouteDef]:
    where = "/{channel_id}/{attachment_id}/{filename}"
    return [
        web.get("/", get_page),
        web.static("/page", PAGE),
        web.get(f"/cdn/attachments{where}", get_attachment),
        web.get(f"/cdn/ephemeral-attachments{where}", get_attachment),
        web.get(r"/cdn/emojis/{emoji_id:\d+}.{kind:png|webp|gif|jpg|avif}", get_emoji),
        web.get("/cdn/{anything:.*}", unknown_file),
    ]
