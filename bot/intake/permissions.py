"""What the bot itself must be allowed where it is asked for something: told before any work."""

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
# Without the last, all goes on in the channel itself.
EVERYWHERE = IN_CHANNELS | IN_THREADS | discord.Permissions(create_public_threads=True)


def check_permissions(interaction: discord.Interaction, texts: Texts) -> None:
    """Raise `Refusal`, naming what is missing and the fix, where an answer could not be posted."""
    if interaction.guild_id is None or interaction.app_permissions.administrator:
        return  # in direct messages nobody can take anything from it
    check_granted(interaction.app_permissions, interaction.channel, texts)


def check_granted(granted: discord.Permissions, channel: object, texts: Texts) -> None:
    """The same of what the bot is granted in a channel."""
    is_thread = isinstance(channel, discord.Thread)
    missing = (IN_THREADS if is_thread else IN_CHANNELS) & ~granted
    if missing.value:
        names = texts.under("permissions.names")
        named = [names[name] for name, is_missing in missing if is_missing]
        raise Refusal("permissions.missing", missing=", ".join(named))
