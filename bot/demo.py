"""`python -m bot.demo`: the bot, a Discord of its own, and the demo model, at one address.

For whoever wants to see it work: no token, account, GPU or network. It only starts things: the
local Discord as a child process, and the bot as it always is, pointed at it.
"""

import asyncio
import logging
from pathlib import Path
from typing import Annotated

import typer

from bot.app import run
from bot.client import Athanor
from bot.config import Config, DatabaseConfig, DiscordConfig, StorageConfig, read_config
from bot.errors import StartError
from bot.local_discord.launch import CouldNotStart, launched
from pipeline import PipelineError


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
        asyncio.run(_demo(read_config(config), port, data.resolve()))
    except (StartError, PipelineError) as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(1) from None
    except CouldNotStart as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


async def _demo(config: Config, port: int, data: Path) -> None:
    async with launched(port=port) as place:

        def announce(_: Athanor) -> None:
            typer.echo(f"Ready. Open {place.url} and type /imagine. Ctrl-C ends it.")

        here = config.model_copy(
            update={
                "discord": DiscordConfig(api_url=place.url),
                "database": DatabaseConfig(url=f"sqlite:///{data / 'athanor.db'}"),
                "storage": StorageConfig(folder=data / "pictures"),
            }
        )
        await run(here, place.token, announce)


if __name__ == "__main__":
    typer.run(main)
