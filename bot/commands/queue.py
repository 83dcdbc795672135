"""`/queue`: one's own requests first, each with its place and a way to cancel it."""

import re
from typing import Any

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.options import Command
from bot.commands.turning import Item, only, usable
from bot.errors import Refusal
from bot.jobs.queue import Withdrawal
from bot.jobs.standing import Line, Standing
from bot.locales import Texts
from bot.replies import wording
from bot.replies.paging import Page, option, page_of, paged_select, turned_to, view_of
from pipeline import GenerationProgress

PAGE_SIZE = 8  # requests
CANCEL = "queue:cancel"
MAX_PROMPT = 60  # characters shown
JOB_ID = re.compile(r"[0-9a-f]{24}")

REFUSALS = {
    Withdrawal.NOT_THEIRS: "job.not_yours",
    Withdrawal.TOO_LATE: "job.too_late",
}


def queue_command(desk: Desk) -> Command:
    """The command."""

    async def queue(interaction: discord.Interaction) -> None:
        content, view = await _shown(desk, interaction.user.id, 0)
        await interaction.response.send_message(content, view=view, ephemeral=True)

    return app_commands.Command(
        name="queue", description=desk.texts("queue.description"), callback=queue
    )


def queue_select(desk: Desk) -> type[discord.ui.DynamicItem[Item]]:
    """What can be chosen below the list: a request to cancel, or another page."""

    async def choose(
        interaction: discord.Interaction[Any], match: re.Match[str], values: list[str]
    ) -> None:
        await interaction.response.defer()
        value = only(values)
        page = turned_to(value)
        if page is not None:
            await _show_again(desk, interaction, page)
            return
        job = await desk.jobs.find(value) if JOB_ID.fullmatch(value) else None
        if job is None:
            raise Refusal("job.unknown")
        result = await desk.jobs.cancel(job, interaction.user.id)
        await _show_again(desk, interaction, int(match["page"]))
        if result in REFUSALS:
            raise Refusal(REFUSALS[result])

    return usable(desk, CANCEL + r":(?P<page>[0-9]{1,6})", choose)


async def _show_again(desk: Desk, interaction: discord.Interaction[Any], number: int) -> None:
    content, view = await _shown(desk, interaction.user.id, number)
    await interaction.edit_original_response(content=content, view=view)


async def _shown(desk: Desk, user_id: int, number: int) -> tuple[str, discord.ui.View]:
    line = await desk.standings.line(user_id)
    texts = desk.texts
    page = page_of(line.mine, number, PAGE_SIZE)
    rows = [_row(texts, standing) for standing in page.items]
    content = "\n".join([_head(texts, line), *rows, _foot(texts, line)])
    if not rows:
        return content, view_of([])
    options = [option(_prompt(it), it.job.id, _state(texts, it)) for it in page.items]
    choices = Page(options, page.number, page.num_pages)
    return content, view_of([paged_select(CANCEL, texts("queue.cancel"), choices, texts)])


def _head(texts: Texts, line: Line) -> str:
    return texts("queue.mine", count=len(line.mine)) if line.mine else texts("queue.none_of_mine")


def _foot(texts: Texts, line: Line) -> str:
    running, waiting = line.num_others_running, line.num_others_waiting
    if not running and not waiting:
        return texts("queue.no_others")
    return texts("queue.others", running=running, waiting=waiting)


def _row(texts: Texts, standing: Standing) -> str:
    job = standing.job
    place = f"{job.guild_id or '@me'}/{job.channel_id}/{job.placeholder_id}"
    prompt = discord.utils.escape_markdown(_prompt(standing))
    return texts(
        "queue.row",
        prompt=prompt,
        state=_state(texts, standing),
        url=f"https://discord.com/channels/{place}",
    )


def _prompt(standing: Standing) -> str:
    return wording.one_line(standing.job.request["prompt"], MAX_PROMPT)


def _state(texts: Texts, standing: Standing) -> str:
    news = standing.news
    if news is None:
        return texts("queue.on_its_way")
    if isinstance(news, GenerationProgress):
        return texts("queue.being_made", percent=round(news.fraction * 100))
    if news.seconds is None:
        return texts("queue.place", place=news.num_before + 1)
    duration = wording.duration(texts, news.seconds)
    return texts("queue.place_and_time", place=news.num_before + 1, duration=duration)
