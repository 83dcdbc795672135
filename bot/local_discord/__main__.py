"""`python -m bot.local_discord`: starts the local Discord and prints its URL as the first line."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from bot.local_discord.assembly import assemble
from bot.local_discord.newcomer import APPLICATION_ID, make_token
from bot.local_discord.schema import Description, FrameDescription
from bot.local_discord.server import serving

DEFAULT_PORT = 8065
LOOPBACK = "127.0.0.1"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bot.local_discord",
        description="A Discord on this computer alone, for one bot and the people at its page.",
    )
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 picks a free one")
    parser.add_argument("--token", help="the bot's token; a built-in one unless given")
    parser.add_argument(
        "--openapi", type=Path, help="Discord's OpenAPI description, to check everything against"
    )
    parser.add_argument(
        "--frames",
        type=Path,
        help="a JSON schema of gateway payloads, to check every frame against",
    )
    return parser.parse_args()


def read_description(path: Path | None) -> Description | None:
    if path is None:
        return None
    # Only here: the validator is a dependency of the tests, not of the bot.
    from bot.local_discord.openapi import OpenApi

    return OpenApi.read(path)


def read_frames(path: Path | None) -> FrameDescription | None:
    if path is None:
        return None
    from bot.local_discord.frame_schema import FrameSchema

    return FrameSchema.read(path)


async def run(options: argparse.Namespace) -> None:
    token = options.token or make_token(APPLICATION_ID)
    discord = assemble(token, read_description(options.openapi), read_frames(options.frames))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(discord, host=options.host, port=options.port) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> int:
    options = arguments()
    try:
        asyncio.run(run(options))
    except OSError as error:
        reason = error.strerror or error
        sys.stderr.write(
            f"The local Discord cannot use {options.host}:{options.port} ({reason}); "
            "choose another with --port, or --port 0 for any free one.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
