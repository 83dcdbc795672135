"""`/train`: something is learned from pictures. What is said here begins nothing yet."""

from typing import Any

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.options import Choices, Command, matching
from bot.commands.training_forms import MAX_ADVANCED, SHOWN_METHODS, TrainingForms
from bot.commands.training_runs import training_run_commands
from bot.intake.generation import new_id
from bot.intake.origin import roles_of
from bot.intake.permissions import check_permissions
from bot.intake.training_drafts import TrainingDraft
from pipeline import TrainingWish


def train_commands(desk: Desk) -> app_commands.Group:
    """The group of commands."""
    group = app_commands.Group(name="train", description=desk.texts("train.description"))
    group.add_command(_start(desk))
    for command in training_run_commands(desk):
        group.add_command(command)
    return group


def _start(desk: Desk) -> Command:
    async def start(
        interaction: discord.Interaction[Any],
        model: str | None = None,
        advanced: app_commands.Range[str, 1, MAX_ADVANCED] | None = None,
    ) -> None:
        check_permissions(interaction, desk.texts)
        allowed = desk.training.allowance(roles_of(interaction.user))
        await desk.training.check_turn(interaction.user.id, allowed)
        await desk.training.check_room(interaction.user.id, roles_of(interaction.user))
        wish = TrainingWish(
            name="",
            method=SHOWN_METHODS[0],
            model=desk.training.model(model),
            advanced=advanced or "",
        )
        draft = TrainingDraft(id=new_id(), wish=wish)
        await desk.drafts.keep_training(draft, interaction.user.id)
        await interaction.response.send_modal(TrainingForms(desk.texts).begin(draft))

    async def models(_: discord.Interaction, typed: str) -> Choices:
        return matching(((name, name) for name in desk.training.models), typed)

    described = desk.texts.under("train.options")
    command: Command = app_commands.Command(
        name="start",
        description=desk.texts("train.start"),
        callback=app_commands.describe(**described)(start),
    )
    command.autocomplete("model")(models)
    return command
