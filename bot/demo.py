"""`python -m bot.demo`: the bot, a Discord of its own, and the demo model, at one address.

For whoever wants to see it work: no token, account, GPU or network. It only starts things: the
local Discord as a child process, and the bot as it always is, pointed at it.
"""

import asyncio
import logging
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from bot.app import serve, until_stopped
from bot.client import Athanor
from bot.config import Config, DatabaseConfig, DiscordConfig, StorageConfig, read_config
from bot.errors import StartError
from pipeline import PipelineError, open_dispatcher


def main(
    config: Annotated[Path, typer.Option(help="The configuration file.")] = Path("config.toml"),
    port: Annotated[int, typer.Option(help="The page's port; 0 takes a free one.")] = 0,
    data: Annotated[Path, typer.Option(help="Where records and pictures are kept.")] = Path(
        "data/demo"
    ),
) -> None:
    """Try the bot in your browser, without Discord."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(until_stopped(_demo(read_config(config), port, data.resolve())))
    except (StartError, PipelineError) as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(1) from None


async def _demo(config: Config, port: int, data: Path) -> None:
    token = secrets.token_urlsafe()
    pipeline = config.pipeline.model_copy(update={"training": str(data / "training")})
    # The worker first: it loads its libraries while the page and the bot come up.
    async with open_dispatcher(pipeline) as dispatcher, _local_discord(port, token) as url:

        def announce(_: Athanor) -> None:
            typer.echo(f"Ready. Open {url} and type /imagine. Ctrl-C ends it.")

        here = config.model_copy(
            update={
                "discord": DiscordConfig(api_url=url),
                "database": DatabaseConfig(url=f"sqlite:///{data / 'athanor.db'}"),
                "storage": StorageConfig(folder=data / "pictures", artifacts=data / "artifacts"),
                "pipeline": pipeline,
            }
        )
        await serve(here, token, dispatcher, announce)


@asynccontextmanager
async def _local_discord(port: int, token: str) -> AsyncIterator[str]:
    """A Discord as a child process; it says itself why it cannot start."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.local_discord", "--port", str(port), "--token", token),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        if not url:
            await process.wait()  # or it would be signalled just as it ends, which asyncio warns of
            raise typer.Exit(1)
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


if __name__ == "__main__":
    typer.run(main)
