"""`/stats`: what the bot has done, is doing, and has done for whoever asks."""

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.options import Command
from bot.jobs.statistics import Numbers
from bot.locales import Counted, Texts
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
                pictures=Counted("pictures", numbers.num_pictures),
                people=Counted("people", numbers.num_users),
                servers=Counted("servers", numbers.num_guilds),
            ),
            texts("stats.up", since=int(numbers.since.timestamp())),
            texts(
                "stats.now",
                running=Counted("requests", numbers.num_running),
                waiting=numbers.num_waiting,
            ),
            texts(
                "stats.recently",
                models=", ".join(models) or texts("stats.none"),
                wait=texts("stats.none") if wait is None else wording.duration(texts, wait),
            ),
            texts(
                "stats.own",
                requests=Counted("requests", numbers.num_own_requests),
                pictures=Counted("pictures", numbers.num_own_pictures),
                favourites=Counted("favourites", numbers.num_own_favourites),
            ),
        ]
    )
