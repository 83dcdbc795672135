"""Who asked, and where: read from an interaction that has been deferred."""

from typing import Any

import discord

from bot.records.origin import Origin

IS_PUBLIC = "is_public"  # in an interaction's extras: everybody sees that an answer is on its way


async def defer_in_public(
    interaction: discord.Interaction[Any],
) -> discord.InteractionCallbackResponse[Any] | None:
    """Let everybody see that an answer follows, which Discord wants to hear within 3 seconds."""
    interaction.extras[IS_PUBLIC] = True
    return await interaction.response.defer(thinking=True)


async def defer(interaction: discord.Interaction) -> Origin:
    """Promise an answer in public, and remember where it goes."""
    response = await defer_in_public(interaction)
    message_id = response.message_id if response else None
    if message_id is None:
        message_id = (await interaction.original_response()).id
    return origin_at(interaction, message_id, interaction.token)


async def defer_in_place(interaction: discord.Interaction[Any]) -> Origin:
    """Promise that the message whose button or form was used becomes the answer."""
    message = interaction.message
    assert message, "buttons stand in one"
    await interaction.response.defer()
    # What an interaction made may be out of the bot's own reach; a reply to words is not.
    token = interaction.token if message.interaction_metadata else None
    return origin_at(interaction, message.id, token)


def origin_at(interaction: discord.Interaction[Any], message_id: int, token: str | None) -> Origin:
    """Who acts, and the message that waits for the answer."""
    assert interaction.channel_id is not None, "commands and buttons stand in a channel"
    return Origin(
        user_id=interaction.user.id,
        user_name=interaction.user.name,
        guild_id=interaction.guild_id,
        guild_name=interaction.guild.name if interaction.guild else None,
        channel_id=interaction.channel_id,
        placeholder_id=message_id,
        interaction_token=token,
        token_expires_at=interaction.expires_at,
        file_limit=interaction.filesize_limit,
        roles=roles_of(interaction.user),
    )


def roles_of(user: discord.User | discord.Member) -> frozenset[str]:
    """Names and ids of all roles that somebody has where they act; none in direct messages."""
    roles = user.roles if isinstance(user, discord.Member) else []
    return frozenset(name for role in roles for name in (role.name, str(role.id)))


def sees(interaction: discord.Interaction[Any], channel_id: int) -> bool:
    """Whether whoever acts may look into a channel of the guild that they act in."""
    user, guild = interaction.user, interaction.guild
    if interaction.channel_id == channel_id:
        return True
    channel = guild.get_channel_or_thread(channel_id) if guild else None
    if channel is None or not isinstance(user, discord.Member):
        return False
    if isinstance(channel, discord.Thread) and channel.is_private():
        return False  # who was invited to it is not known here
    return channel.permissions_for(user).view_channel
