"""`python -m bot`: read the configuration, be the bot, and end with a sentence if that fails."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Annotated

import typer

from bot.app import run, until_stopped
from bot.client import Athanor
from bot.config import read_config
from bot.errors import StartError
from pipeline import PipelineError

NO_TOKEN = (
    "There is no token: set the environment variable DISCORD_TOKEN to the one from the Bot page "
    "of https://discord.com/developers/applications, or try everything without: "
    "python -m bot.demo"
)


def main(
    config: Annotated[Path, typer.Option(help="The configuration file.")] = Path("config.toml"),
) -> None:
    """Run the bot. Its token comes from the environment variable DISCORD_TOKEN."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        token = os.environ.get("DISCORD_TOKEN", "").strip()
        if not token:
            raise StartError(NO_TOKEN)
        asyncio.run(until_stopped(run(read_config(config), token, _announce)))
    except (StartError, PipelineError) as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(1) from None


def _announce(client: Athanor) -> None:
    typer.echo(f"Ready. Invite the bot to a server: {client.invite_link()}")


if __name__ == "__main__":
    typer.run(main)
