"""`/artifact share`, `unshare` and `use`, and the buttons that do the same."""

import re
from collections.abc import Sequence
from typing import Any, cast

import discord
from discord import app_commands

from bot.commands.artifact_info import SHARE, show
from bot.commands.artifact_options import (
    Interaction,
    manages,
    name_completion,
    named,
    subcommand,
)
from bot.commands.desk import Desk
from bot.commands.options import Choices, Command, matching
from bot.commands.turning import Item, usable
from bot.errors import Refusal
from bot.records.models import StoredArtifact

PRESSED = SHARE + r":(?P<action>[a-z]+):(?P<artifact_id>[0-9a-f]{24})"
SERVER, CODE, EVERYONE, ALL = "server", "code", "everyone", "all"


def sharing_commands(desk: Desk) -> list[Command]:
    """All three."""
    return [_share(desk), _unshare(desk), _use(desk)]


def sharing_items(desk: Desk) -> list[type[discord.ui.DynamicItem[Item]]]:
    """What can be pressed below what is known of something."""

    async def press(interaction: Interaction, match: re.Match[str], _: list[str]) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        artifact_id = match["artifact_id"]
        if match["action"] == "withdraw":
            shared = await desk.sharing.withdraw(artifact_id, interaction.user.id)
        else:
            shared = await _shared(desk, interaction, artifact_id, match["action"], None)
        await show(desk, interaction, shared, desk.texts("artifact.changed"))

    return [usable(desk, PRESSED, press)]


def _share(desk: Desk) -> Command:
    async def share(
        interaction: discord.Interaction,
        name: str,
        whom: str = SERVER,
        server: str | None = None,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        artifact = await named(desk, interaction, name)
        shared = await _shared(desk, interaction, artifact.id, whom, server)
        await show(desk, interaction, shared, desk.texts("artifact.changed"))

    command = subcommand(
        "share",
        desk.texts("artifact.share.description"),
        desk.texts.under("artifact.share.options"),
        _choosing(desk, share, (SERVER, CODE, EVERYONE)),
    )
    return _completed(desk, command)


def _unshare(desk: Desk) -> Command:
    async def unshare(
        interaction: discord.Interaction, name: str, whom: str = ALL, server: str | None = None
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        artifact = await named(desk, interaction, name)
        is_theirs = artifact.owner_id == interaction.user.id
        if is_theirs or server is not None or not manages(interaction, artifact):
            shared = await _withdrawn(desk, interaction, artifact, whom, server)
            await show(desk, interaction, shared, desk.texts("artifact.changed"))
            return
        # Who manages a server says what is shared there, and nothing else of what is others'.
        assert interaction.guild_id, "it is shared with that server"
        await desk.sharing.withdraw_from_guild(artifact.id, artifact.owner_id, interaction.guild_id)
        said = desk.texts("artifact.taken_away", name=artifact.name)
        await interaction.followup.send(said, ephemeral=True)

    command = subcommand(
        "unshare",
        desk.texts("artifact.unshare.description"),
        desk.texts.under("artifact.unshare.options"),
        _choosing(desk, unshare, (ALL, SERVER, CODE, EVERYONE)),
    )
    return _completed(desk, command, or_managed=True)


def _use(desk: Desk) -> Command:
    async def use(interaction: discord.Interaction, code: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        user = interaction.user
        artifact = await desk.sharing.use_code(code, user.id, user.name)
        await show(desk, interaction, artifact, desk.texts("artifact.granted"))

    return subcommand(
        "use",
        desk.texts("artifact.use.description"),
        desk.texts.under("artifact.use.options"),
        use,
    )


def _choosing(desk: Desk, callback: Any, ways: tuple[str, ...]) -> Any:
    names = desk.texts.under("artifact.whom")
    choices = [app_commands.Choice(name=names[way], value=way) for way in ways]
    return app_commands.choices(whom=choices)(callback)


def _completed(desk: Desk, command: Command, or_managed: bool = False) -> Command:
    completion = name_completion(desk, only_own=True, or_managed=or_managed)
    command.autocomplete("name")(completion)

    async def servers(interaction: Interaction, typed: str) -> Choices:
        known = await desk.sharing.guilds_of(interaction.user.id)
        offered = ((it.name, str(it.id)) for it in known if interaction.client.get_guild(it.id))
        return matching(offered, typed)

    command.autocomplete("server")(servers)
    return command


async def _shared(
    desk: Desk, interaction: Interaction, artifact_id: str, whom: str, server: str | None
) -> StoredArtifact:
    user_id = interaction.user.id
    if server is not None or whom == SERVER:
        guild = await _guild(interaction, server)
        return await desk.sharing.share_with_guild(artifact_id, user_id, guild.id, guild.name)
    if whom == CODE:
        return await desk.sharing.share_by_code(artifact_id, user_id)
    if whom == EVERYONE:
        return await desk.sharing.share_with_everyone(artifact_id, user_id)
    raise Refusal("buttons.unknown")


async def _withdrawn(
    desk: Desk, interaction: Interaction, artifact: StoredArtifact, whom: str, server: str | None
) -> StoredArtifact:
    user_id = interaction.user.id
    if server is not None or whom == SERVER:
        guild_id = _shared_guild(interaction, artifact, server)
        return await desk.sharing.withdraw_from_guild(artifact.id, user_id, guild_id)
    if whom == CODE:
        return await desk.sharing.withdraw_code(artifact.id, user_id)
    if whom == EVERYONE:
        return await desk.sharing.withdraw_from_everyone(artifact.id, user_id)
    return await desk.sharing.withdraw(artifact.id, user_id)


async def _guild(interaction: Interaction, server: str | None) -> discord.Guild:
    """The server that is meant: by its id or name, or where one is. Both must be in it."""
    if server is None:
        here = interaction.client.get_guild(interaction.guild_id or 0)
        if here is None:
            raise Refusal("artifact.no_server")
        return cast(discord.Guild, here)
    wanted = server.strip().casefold()
    guilds: Sequence[discord.Guild] = interaction.client.guilds
    for guild in guilds:
        if wanted in (str(guild.id), guild.name.casefold()) and await _is_member(
            guild, interaction.user.id
        ):
            return guild
    raise Refusal("artifact.other_server", server=server[:50])


async def _is_member(guild: discord.Guild, user_id: int) -> bool:
    try:
        await guild.fetch_member(user_id)
    except discord.NotFound:
        return False
    return True


def _shared_guild(interaction: Interaction, artifact: StoredArtifact, server: str | None) -> int:
    """The server that is meant, of those that it is shared with: one may have left it since."""
    wanted = str(interaction.guild_id) if server is None else server.strip().casefold()
    for share in artifact.guild_shares:
        if wanted in (str(share.guild_id), share.guild.name.casefold()):
            return share.guild_id
    raise Refusal("artifact.not_shared_there")
