"""What somebody trained as an option: its names while one types, and what is meant by one."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.options import Choices, Command, Complete, matching
from bot.jobs.artifact_resolving import label
from bot.records.models import StoredArtifact

Interaction: TypeAlias = discord.Interaction[Any]


def name_completion(desk: Desk, *, only_own: bool, or_managed: bool = False) -> Complete:
    """The names of all that somebody may use, or of what is theirs, or theirs to withdraw."""

    async def complete(interaction: Interaction, typed: str) -> Choices:
        user_id = interaction.user.id
        default = next(iter(desk.intake.models))
        found = await desk.artifacts.names(user_id, interaction.guild_id, default)
        offered = [
            it
            for it in found.usable
            if not only_own or it.owner_id == user_id or (or_managed and manages(interaction, it))
        ]
        return matching(
            ((summary(desk, it, user_id), called(it, user_id)) for it in offered), typed
        )

    return complete


async def named(desk: Desk, interaction: Interaction, name: str) -> StoredArtifact:
    """What is meant by a name. Raises `Refusal` where that is nothing, or several things."""
    return await desk.artifacts.find_named(name, interaction.user.id, interaction.guild_id)


def manages(interaction: Interaction, artifact: StoredArtifact) -> bool:
    """Whether it is shared with the server where they are, which they manage."""
    shared_with = {it.guild_id for it in artifact.guild_shares}
    return interaction.permissions.manage_guild and interaction.guild_id in shared_with


def called(artifact: StoredArtifact, user_id: int) -> str:
    """What a prompt of theirs calls it."""
    return artifact.name if artifact.owner_id == user_id else label(artifact)


def summary(desk: Desk, artifact: StoredArtifact, user_id: int) -> str:
    """Its name, and what it is, to be searched."""
    parts = [called(artifact, user_id), desk.texts.under("artifact.kinds")[artifact.kind]]
    if artifact.family:
        parts.append(desk.texts.under("model.families")[artifact.family])
    return " · ".join(parts)


def subcommand(name: str, description: str, described: Mapping[str, str], callback: Any) -> Command:
    """A command of the group, with its options described."""
    command: Command = app_commands.Command(
        name=name, description=description, callback=app_commands.describe(**described)(callback)
    )
    return command
