"""`/history` and `/show`: pictures that were made before, found and posted again.

What is looked for stands in the ids of the buttons, so that pages turn after a restart.
"""

import asyncio
import re
from io import BytesIO
from typing import Any

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.options import Choices, Command, matching
from bot.commands.turning import Item, only, usable
from bot.errors import Refusal
from bot.intake.origin import defer_in_public, sees
from bot.intake.permissions import check_permissions
from bot.jobs.history import Found
from bot.locales import Counted
from bot.records.images import Wanted
from bot.records.models import StoredImage
from bot.replies import wording
from bot.replies.contact_sheet import contact_sheet
from bot.replies.paging import Page, num_pages_of, option, page_buttons, view_of
from bot.replies.results import Result
from pipeline import MAX_SEED, GenerationRequest

PAGE_SIZE = 9  # pictures
MAX_WORDS = 33  # characters; a custom_id has 100, and a sign outside the BMP counts twice
SHORT_ID = 8  # characters of a job's id that people read; enough to tell any two apart
MAX_PROMPT = 60  # characters shown
SHEET = "history.webp"
NUM_SUGGESTED = 100  # of the newest pictures, those that what is typed is looked for in

PAGE, SHOW = "history:page", "history:show"
TURN = PAGE + r":(?P<page>[0-9]{1,6}):(?P<favourites>[01]):(?P<seed>[0-9]{0,10}):(?P<words>.{0,33})"
PICTURE_ID = re.compile(r"[0-9a-f]{6,24}")


def history_commands(desk: Desk) -> list[Command]:
    """Both commands."""
    return [_history(desk), _show(desk)]


def history_items(desk: Desk) -> list[type[discord.ui.DynamicItem[Item]]]:
    """What can be used below a page of pictures."""

    async def turn(
        interaction: discord.Interaction[Any], match: re.Match[str], _: list[str]
    ) -> None:
        await interaction.response.defer()
        seed = int(match["seed"]) if match["seed"] else None
        wanted = _wanted(interaction, match["words"], seed, match["favourites"] == "1")
        await _answer(desk, interaction, wanted, int(match["page"]))

    async def show(
        interaction: discord.Interaction[Any], _: re.Match[str], values: list[str]
    ) -> None:
        job_id = only(values)
        await _post(desk, interaction, job_id)

    return [usable(desk, TURN, turn), usable(desk, SHOW, show)]


def _history(desk: Desk) -> Command:
    async def history(
        interaction: discord.Interaction,
        words: app_commands.Range[str, 1, MAX_WORDS] | None = None,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        favourites: bool = False,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        wanted = _wanted(interaction, words or "", seed, favourites)
        await _answer(desk, interaction, wanted, 0)

    return app_commands.Command(
        name="history",
        description=desk.texts("history.description"),
        callback=app_commands.describe(**desk.texts.under("history.options"))(history),
    )


def _show(desk: Desk) -> Command:
    async def show(interaction: discord.Interaction, picture: str) -> None:
        await _post(desk, interaction, picture)

    async def pictures(interaction: discord.Interaction, typed: str) -> Choices:
        wanted = Wanted(user_id=interaction.user.id)
        found = await desk.history.find(wanted, 0, NUM_SUGGESTED)
        names = {it.job_id: f"{it.job_id[:SHORT_ID]} · {_prompt(it)}" for it in found.images}
        return matching(((name, job_id) for job_id, name in names.items()), typed)

    renamed = app_commands.rename(picture="id")(show)
    described = app_commands.describe(picture=desk.texts("show.id"))(renamed)
    command: Command = app_commands.Command(
        name="show", description=desk.texts("show.description"), callback=described
    )
    command.autocomplete("picture")(pictures)
    return command


def _wanted(
    interaction: discord.Interaction[Any], words: str, seed: int | None, favourites: bool
) -> Wanted:
    # Databases refuse some signs that Discord takes; nobody can see them, or look for them.
    words = "".join(sign for sign in " ".join(words.split()) if sign.isprintable())
    return Wanted(
        user_id=interaction.user.id, words=words[:MAX_WORDS], seed=seed, favourites=favourites
    )


async def _answer(
    desk: Desk, interaction: discord.Interaction[Any], wanted: Wanted, number: int
) -> None:
    found = await desk.history.find(wanted, number * PAGE_SIZE, PAGE_SIZE)
    if not found.images:
        await interaction.edit_original_response(
            content=_nothing(desk, wanted), attachments=[], view=None
        )
        return
    pngs = await desk.history.load(found.images)
    # Decoding takes longer than a heartbeat may wait.
    sheet = await asyncio.to_thread(contact_sheet, pngs)
    alt_text = desk.texts("history.alt_text", pictures=Counted("pictures", len(found.images)))
    await interaction.edit_original_response(
        content=_list(desk, found),
        attachments=[discord.File(BytesIO(sheet), SHEET, description=alt_text)],
        view=_controls(desk, wanted, found),
    )


def _nothing(desk: Desk, wanted: Wanted) -> str:
    if wanted.words or wanted.seed is not None:
        return desk.texts("history.nothing_found")
    return desk.texts("history.no_favourites" if wanted.favourites else "history.nothing_yet")


def _list(desk: Desk, found: Found) -> str:
    last = found.offset + len(found.images)
    lines = [
        desk.texts("history.head", first=found.offset + 1, last=last, num_found=found.num_found)
    ]
    for number, image in enumerate(found.images, start=1):
        lines.append(
            desk.texts(
                "history.row",
                number=number,
                id=image.job_id[:SHORT_ID],
                seed=image.seed,
                prompt=discord.utils.escape_markdown(_prompt(image)),
            )
        )
    return "\n".join(lines)


def _controls(desk: Desk, wanted: Wanted, found: Found) -> discord.ui.View:
    page = Page(found.images, found.offset // PAGE_SIZE, num_pages_of(found.num_found, PAGE_SIZE))
    seed = "" if wanted.seed is None else wanted.seed
    state = f":{int(wanted.favourites)}:{seed}:{wanted.words}"
    jobs = {image.job_id: image for image in found.images}
    select: discord.ui.Select[Any] = discord.ui.Select(
        custom_id=SHOW,
        placeholder=desk.texts("history.show"),
        options=[
            option(f"{job_id[:SHORT_ID]} · {_prompt(image)}", job_id)
            for job_id, image in jobs.items()
        ],
    )
    return view_of([select, *page_buttons(PAGE, page, desk.texts, state)])


async def _post(desk: Desk, interaction: discord.Interaction[Any], picture_id: str) -> None:
    picture_id = picture_id.strip().casefold()
    user_id, guild_id = interaction.user.id, interaction.guild_id
    if not PICTURE_ID.fullmatch(picture_id):
        raise Refusal("show.no_id", id=picture_id[:50])
    check_permissions(interaction, desk.texts)
    job = await desk.history.find_job(picture_id, user_id, guild_id)
    if job is None or not (job.user_id == user_id or sees(interaction, job.channel_id)):
        raise Refusal("show.unknown", id=picture_id)
    pictures = await desk.history.load(job.images)
    if None in pictures:
        raise Refusal("show.lost")
    await defer_in_public(interaction)
    request = GenerationRequest(**job.request)
    result = Result(desk.texts, job.id, request, [it for it in pictures if it is not None])
    limit = interaction.filesize_limit
    standing = {image.index for image in job.images if image.message_id is not None}
    first, *others = result.posts(standing, limit).values()
    await interaction.edit_original_response(
        content=first.content, attachments=await first.files(limit), view=first.view(desk.texts)
    )
    for post in others:
        await interaction.followup.send(
            post.content, files=await post.files(limit), view=post.view(desk.texts)
        )


def _prompt(image: StoredImage) -> str:
    return wording.one_line(image.settings["prompt"], MAX_PROMPT)
