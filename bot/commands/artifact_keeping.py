"""Files that somebody posted or brought along, kept as theirs: `/artifact import`, and a menu."""

import asyncio
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

import discord
from discord import app_commands

from bot.commands.artifact_info import show
from bot.commands.artifact_options import Interaction, subcommand
from bot.commands.desk import Desk
from bot.commands.forms import filled_in
from bot.commands.options import Command
from bot.commands.picture_forms import PICTURE
from bot.errors import Refusal
from bot.intake.origin import roles_of
from bot.intake.pictures import Offered, fetch_into
from bot.jobs.artifact_names import MAX_NAME, free_name
from bot.jobs.artifacts import Bringer, Kept
from bot.records.models import StoredArtifact
from bot.replies.paging import option
from bot.replies.previews import DraftAction, DraftId
from pipeline import ArtifactCard, plain_picture, read_artifact

CARDS = {".png", ".webp", ".avif"}
SUFFIXES = {".pt", ".bin", ".safetensors", ".ckpt", ".pth", *CARDS}
MAX_SIZE = 200 * 2**20  # bytes
NAME = "name"


def import_command(desk: Desk) -> Command:
    """`/artifact import`."""

    async def import_file(
        interaction: discord.Interaction, file: discord.Attachment, name: str | None = None
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        offered = Offered(name=file.filename, url=file.url)
        async with desk.artifacts.reading:
            kept = await _take_in(desk, interaction, offered, name or "")
        await show(desk, interaction, kept, desk.texts("artifact.kept"))

    return subcommand(
        "import",
        desk.texts("artifact.import.description"),
        desk.texts.under("artifact.import.options"),
        import_file,
    )


def keeping_menu(desk: Desk) -> app_commands.ContextMenu:
    """The entry in a message's menu: a form with the name that it shall have."""

    async def keep(interaction: discord.Interaction, message: discord.Message) -> None:
        offered = [
            Offered(name=it.filename, url=it.url)
            for it in message.attachments
            if PurePath(it.filename).suffix.lower() in SUFFIXES
        ]
        if not offered:
            raise Refusal("artifact.nothing_posted")
        user_id = interaction.user.id
        draft_id = await desk.drafts.offer(user_id, offered)
        mine = await desk.artifacts.usable(user_id, interaction.guild_id)
        taken = {it.name_key for it in mine if it.owner_id == user_id}
        name = free_name(PurePath(offered[0].name).stem, taken) if len(offered) == 1 else ""
        custom_id = DraftId(draft_id, DraftAction.KEEP).custom_id
        await interaction.response.send_modal(_form(desk, custom_id, offered, name))

    return app_commands.ContextMenu(name=desk.texts("artifact.menu"), callback=keep)


async def keep_posted(desk: Desk, interaction: Interaction, offered: Offered) -> None:
    """Keep a posted file under the name that stands in the form."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    async with desk.artifacts.reading:
        kept = await _take_in(desk, interaction, offered, filled_in(interaction).get(NAME, ""))
    await show(desk, interaction, kept, desk.texts("artifact.kept"))


def _form(desk: Desk, custom_id: str, offered: Sequence[Offered], name: str) -> discord.ui.Modal:
    modal = discord.ui.Modal(title=desk.texts("artifact.form"), custom_id=custom_id, timeout=None)
    if len(offered) > 1:
        files = [option(f"{n} · {it.name}", str(n)) for n, it in enumerate(offered, start=1)]
        files[0].default = True
        select: discord.ui.Select[discord.ui.View] = discord.ui.Select(
            custom_id=PICTURE, options=files
        )
        modal.add_item(discord.ui.Label(text=desk.texts("artifact.which_file"), component=select))
    line: discord.ui.TextInput[discord.ui.View] = discord.ui.TextInput(
        custom_id=NAME, required=False, default=name or None, max_length=MAX_NAME
    )
    modal.add_item(
        discord.ui.Label(
            text=desk.texts("artifact.name"),
            description=desk.texts("artifact.name_description"),
            component=line,
        )
    )
    # Answered by its id alone: discord.py is not to remember it for ever.
    modal.stop()
    return modal


async def _take_in(
    desk: Desk, interaction: Interaction, offered: Offered, name: str
) -> StoredArtifact:
    """Keep a file for whoever brought it. Raises `Refusal`, or `PipelineError` about the file."""
    if PurePath(offered.name).suffix.lower() not in SUFFIXES:
        raise Refusal("artifact.nothing_posted")
    user, roles = interaction.user, roles_of(interaction.user)
    file = BytesIO()
    await fetch_into(file, offered, MAX_SIZE)
    content = file.getvalue()
    if name:  # reading takes longer
        await desk.artifacts.check_new(user.id, name, roles, len(content))
    models = desk.intake.models
    readable = {it: models[it] for it in models if await desk.models.fit(it)}
    card = await read_artifact(content, offered.name, readable)
    name = await desk.artifacts.check_new(user.id, name or card.name, roles, len(content))
    kept = Kept(
        kind=card.kind,
        family=card.family,
        width=card.width,
        base=await _base(desk, card),
        card={"facts": dict(card.facts)},
        preview=await asyncio.to_thread(_preview, content, offered.name),
    )
    with TemporaryDirectory(prefix="kept-") as folder:
        path = Path(folder, f"file{card.suffix}")
        await asyncio.to_thread(path.write_bytes, content)
        return await desk.artifacts.take(user.id, name, path, kept, Bringer(user.name, roles))


async def _base(desk: Desk, card: ArtifactCard) -> str | None:
    """The first model in config that it fits; of a checkpoint, the first of its family."""
    for name in desk.intake.models:
        fit = await desk.models.fit(name)
        if fit and card.family in (None, fit.family) and card.fits(fit):
            return name
    return None


def _preview(content: bytes, name: str) -> bytes | None:
    """What a picture card shows."""
    is_card = PurePath(name).suffix.lower() in CARDS
    return plain_picture(content).png if is_card else None
