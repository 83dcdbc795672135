"""Where a client connects: /gateway/?v=10&encoding=json&compress=…"""

from aiohttp import web

from bot.local_discord.assembly import DISCORD
from bot.local_discord.gateway.client import GatewayClient
from bot.local_discord.gateway.protocol import DECODE_ERROR, INVALID_API_VERSION, MAX_PAYLOAD
from bot.local_discord.gateway.transport import COMPRESSORS, Connection

API_VERSION = "10"
CLOSING_TIME = 2.0  # seconds a client has to answer a close


async def connect(request: web.Request) -> web.WebSocketResponse:
    """One gateway connection, from the handshake to its end."""
    discord = request.app[DISCORD]
    socket = web.WebSocketResponse(
        compress=False, max_msg_size=4 * MAX_PAYLOAD, timeout=CLOSING_TIME
    )
    await socket.prepare(request)
    compression = request.query.get("compress")
    if request.query.get("v") != API_VERSION:
        await socket.close(code=INVALID_API_VERSION)
        return socket
    if request.query.get("encoding", "json") != "json":
        await socket.close(code=DECODE_ERROR)
        return socket
    if compression is not None and compression not in COMPRESSORS:
        await socket.close(code=DECODE_ERROR)
        return socket
    compressor = COMPRESSORS[compression]() if compression else None
    connection = Connection(socket, request.transport, compressor)
    await GatewayClient(connection, discord.sessions, discord.greeting).serve()
    return socket
