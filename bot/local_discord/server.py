"""The local Discord on the web: all routes in one application, on one loopback port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.local_discord.assembly import DISCORD, LocalDiscord
from bot.local_discord.building import building_routes
from bot.local_discord.directing import directing_routes
from bot.local_discord.files import file_routes
from bot.local_discord.gateway.route import connect
from bot.local_discord.people.control import people_routes
from bot.local_discord.people.marking import marking_routes
from bot.local_discord.people.places import place_routes
from bot.local_discord.rest.routes import rest_routes

CHECK_EVERY = 0.2  # seconds between looks at the clock


@web.middleware
async def only_from_here(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keeps other websites out: none may act here through a visitor's browser."""
    origin = request.headers.get("Origin")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.host
    if is_foreign or not is_own_name(request.url.host or ""):
        return web.Response(status=403, text="This server answers its own page only.")
    response = await handler(request)
    if request.path.startswith("/page/") and not response.prepared:
        response.headers["Cache-Control"] = "no-cache"  # an update must not meet an old half
    return response


def is_own_name(host: str) -> bool:
    """A bare address or localhost; any other name may have been pointed here by its owner."""
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return True


async def hang_up(app: web.Application) -> None:
    """Ends what is open for good, or shutting down would wait for it."""
    app[DISCORD].feed.close()
    for session in app[DISCORD].sessions.connected():
        if session.connection:
            session.connection.break_off()


def make_app(discord: LocalDiscord) -> web.Application:
    app = web.Application(middlewares=[only_from_here])
    app[DISCORD] = discord
    app.add_routes([web.get("/gateway", connect), web.get("/gateway/", connect)])
    app.add_routes([*rest_routes(), *people_routes(), *marking_routes(), *place_routes()])
    app.add_routes([*directing_routes(), *building_routes(), *file_routes()])
    app.on_shutdown.append(hang_up)
    return app


async def watch_the_clock(discord: LocalDiscord) -> None:
    while True:
        discord.notice_time()
        await asyncio.sleep(CHECK_EVERY)


@asynccontextmanager
async def serving(discord: LocalDiscord, *, host: str, port: int) -> AsyncIterator[str]:
    """The local Discord listening; gives its URL. A port that is taken raises OSError."""
    runner = web.AppRunner(make_app(discord), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound_port = runner.addresses[0][1]
        url = f"http://{host}:{bound_port}"
        discord.cdn.base_url = url
        discord.greeting.gateway_url = f"ws://{host}:{bound_port}/gateway"
        watch = asyncio.create_task(watch_the_clock(discord))
        try:
            yield url
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
    finally:
        await runner.cleanup()
