"""`/stats`: what the bot has done, is doing, and has done for whoever asks."""

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.options import Command
from bot.jobs.statistics import Numbers
from bot.locales import Texts
from bot.replies import wording


def stats_command(desk: Desk) -> Command:
    """The command."""

    async def stats(interaction: discord.Interaction) -> None:
        numbers = await desk.statistics.of(interaction.user.id)
        await interaction.response.send_message(_shown(desk.texts, numbers), ephemeral=True)

    return app_commands.Command(
        name="stats", description=desk.texts("stats.description"), callback=stats
    )


def _shown(texts: Texts, numbers: Numbers) -> str:
    models = [
        texts("stats.model", model=discord.utils.escape_markdown(model), count=count)
        for model, count in numbers.busiest_models
    ]
    wait = numbers.average_wait
    return "\n".join(
        [
            texts(
                "stats.bot",
                pictures=f"{numbers.num_pictures:,}",
                users=f"{numbers.num_users:,}",
                guilds=f"{numbers.num_guilds:,}",
            ),
            texts("stats.up", since=int(numbers.since.timestamp())),
            texts("stats.now", running=numbers.num_running, waiting=numbers.num_waiting),
            texts(
                "stats.recently",
                models=", ".join(models) or texts("stats.none"),
                wait=texts("stats.none") if wait is None else wording.duration(texts, wait),
            ),
            texts(
                "stats.own",
                requests=f"{numbers.num_own_requests:,}",
                pictures=f"{numbers.num_own_pictures:,}",
                favourites=f"{numbers.num_own_favourites:,}",
            ),
        ]
    )
