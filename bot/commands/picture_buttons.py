"""Buttons under pictures that make nothing new: settings, favourite, delete."""

from io import BytesIO
from typing import Any

import discord

from bot.commands.desk import Desk
from bot.errors import Refusal
from bot.records.models import Job, StoredImage
from bot.replies.fitting import Attached, Pictures

Interaction = discord.Interaction[Any]

MAX_CONTENT = 2000  # characters of a message
FENCE = "```"


async def show_settings(desk: Desk, interaction: Interaction, job: Job) -> None:
    """All settings of a job's pictures as text that every program reads, for whoever asks."""
    infotexts = [image.infotext for image in job.images]
    if not infotexts:
        raise Refusal("job.unknown")
    blocks = "\n".join(f"{FENCE}\n{infotext}\n{FENCE}" for infotext in infotexts)
    if len(blocks) <= MAX_CONTENT and not any(FENCE in infotext for infotext in infotexts):
        await interaction.response.send_message(blocks, ephemeral=True)
        return
    file = BytesIO("\n\n".join(infotexts).encode())
    await interaction.response.send_message(
        desk.texts("job.settings_file"), file=discord.File(file, "settings.txt"), ephemeral=True
    )


async def toggle_favourite(desk: Desk, interaction: Interaction, image: StoredImage) -> None:
    """Take a picture among the favourites of whoever presses, or out of them."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    user = interaction.user
    is_favourite = await desk.album.toggle_favourite(image, user.id, user.name)
    said = "buttons.is_favourite" if is_favourite else "buttons.is_no_favourite"
    await interaction.edit_original_response(content=desk.texts(said))


async def delete(desk: Desk, interaction: Interaction, job: Job) -> None:
    """Delete the message, for whoever asked for its pictures or may manage messages here."""
    if interaction.user.id != job.user_id and not interaction.permissions.manage_messages:
        raise Refusal("buttons.not_theirs")
    await interaction.response.defer()
    try:
        await interaction.delete_original_response()
    except discord.NotFound:
        pass  # somebody was faster
    except discord.Forbidden as error:
        raise Refusal("buttons.not_deleted") from error
    if interaction.message:
        await desk.album.take_down(job, interaction.message.id)


async def show_first(desk: Desk, interaction: Interaction, job: Job) -> None:
    """What is made only once, to whoever asks again: the pictures, or where they will be."""
    if not interaction.response.is_done():
        await interaction.response.defer(ephemeral=True, thinking=True)
    pictures = Pictures(
        [Attached(f"{it.seed}.png", await desk.album.load(it)) for it in job.images]
    )
    files = [
        discord.File(BytesIO(it.data), it.filename)
        for it in await pictures.within(interaction.filesize_limit)
    ]
    await interaction.edit_original_response(content=_where(desk, job), attachments=files)


def _where(desk: Desk, job: Job) -> str:
    if not job.images:
        url = _url(job.guild_id, job.channel_id, job.placeholder_id)
        return desk.texts("upscale.being_made", url=url)
    image = job.images[0]
    if image.channel_id is None or image.message_id is None:
        return desk.texts("upscale.made_here")
    # Elsewhere than in its channel it was answered by direct message.
    guild_id = job.guild_id if image.channel_id == job.channel_id else None
    url = _url(guild_id, image.channel_id, image.message_id)
    return desk.texts("upscale.made", url=url)


def _url(guild_id: int | None, channel_id: int, message_id: int) -> str:
    return f"https://discord.com/channels/{guild_id or '@me'}/{channel_id}/{message_id}"
