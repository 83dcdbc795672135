"""The routes of the file server, and the chat page's own static files."""

from pathlib import Path

from aiohttp import web

from bot.local_discord.assembly import DISCORD

PAGE = Path(__file__).parent / "page"


async def get_attachment(request: web.Request) -> web.Response:
    """A file, if its URL was signed here and has not expired."""
    discord = request.app[DISCORD]
    attachment_id = request.match_info["attachment_id"]
    signed = [request.query.get(name, "") for name in ("ex", "is", "hm")]
    attachment = discord.world.attachment(attachment_id)
    if attachment is None or not discord.cdn.admits(attachment_id, *signed):
        return web.Response(status=404, text="This content is no longer available.")
    named = f'inline; filename="{attachment.filename}"'
    if (
        not attachment.content_type.startswith(("image/", "text/plain"))
        or "svg" in attachment.content_type
    ):
        # What a browser could run is only ever handed out as a download.
        named = named.replace("inline", "attachment")
    return web.Response(
        body=attachment.data,
        headers={
            "Content-Type": attachment.content_type,
            "Content-Disposition": named,
            "Cache-Control": "private, max-age=86400",
            "X-Content-Type-Options": "nosniff",
        },
    )


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
        web.get("/cdn/{anything:.*}", unknown_file),
    ]
