"""What the bot itself must be allowed where it is asked for something: told before any work."""

from typing import Any

import discord

from bot.errors import Refusal
from bot.locales import Texts

# In a thread, sending has a permission of its own.
IN_CHANNELS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    attach_files=True,
    embed_links=True,
    read_message_history=True,
)
IN_THREADS = discord.Permissions(
    view_channel=True,
    send_messages_in_threads=True,
    attach_files=True,
    embed_links=True,
    read_message_history=True,
)
# Without these, all goes on in the channel itself.
FOR_THREADS = discord.Permissions(create_public_threads=True, send_messages_in_threads=True)
EVERYWHERE = IN_CHANNELS | IN_THREADS | FOR_THREADS


def check_permissions(interaction: discord.Interaction, texts: Texts) -> None:
    """Raise `Refusal`, naming what is missing and the fix, where an answer could not be posted."""
    if interaction.guild_id is None or interaction.app_permissions.administrator:
        return  # in direct messages nobody can take anything from it
    check_granted(interaction.app_permissions, interaction.channel, texts)


def may_open_thread(interaction: discord.Interaction[Any]) -> bool:
    """Whether a thread can hang from a message that stands where somebody acts."""
    granted = interaction.app_permissions
    return (
        isinstance(interaction.channel, discord.TextChannel)
        and interaction.is_guild_integration()  # or the bot is not there itself
        and (granted.administrator or granted >= FOR_THREADS)
    )


def check_granted(granted: discord.Permissions, channel: object, texts: Texts) -> None:
    """The same of what the bot is granted in a channel."""
    is_thread = isinstance(channel, discord.Thread)
    missing = (IN_THREADS if is_thread else IN_CHANNELS) & ~granted
    if missing.value:
        names = texts.under("permissions.names")
        named = [names[name] for name, is_missing in missing if is_missing]
        raise Refusal("permissions.missing", missing=", ".join(named))
