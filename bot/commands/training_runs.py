"""`/train resume`, `/train pick`, `/train list`: trainings that are under way, or were."""

from collections.abc import Callable, Coroutine
from typing import Any

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.options import Choices, Command, matching
from bot.commands.training_buttons import actor_of, taken_up, whole
from bot.errors import Refusal
from bot.jobs.workshop import kept_snapshots
from bot.records.models import Training
from bot.replies import training_wording as wording
from bot.replies.training_reply import Stage
from bot.replies.wording import as_many_lines

NUM_LISTED = 10


def training_run_commands(desk: Desk) -> list[Command]:
    """The commands, for the group of all that is about training."""

    async def resume(
        interaction: discord.Interaction,
        training: str,
        snapshot: str | None = None,
        learning_rate: str | None = None,
        steps: app_commands.Range[int, 1, 100_000] | None = None,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await _chosen(desk, interaction, training)
        actor = actor_of(interaction)
        if snapshot is None and learning_rate is None and steps is None:
            await desk.trainings.go_on(found.id, actor)
            said = desk.texts("training.resume.started", name=wording.name_of(found))
        else:
            step = found.num_done if snapshot is None else whole(snapshot)
            rate = learning_rate or found.request["learning_rate"]
            num_steps = steps or found.request["num_steps"]
            await desk.trainings.take_up(found.id, actor, step, rate, num_steps)
            said = taken_up(desk, step)
        await interaction.edit_original_response(content=said)

    async def pick(interaction: discord.Interaction, training: str, snapshot: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await _chosen(desk, interaction, training)
        step = whole(snapshot)
        artifact = await desk.trainings.pick(found.id, actor_of(interaction), step)
        name = discord.utils.escape_markdown(artifact.name)
        said = desk.texts("training.picked", step=f"{step:,}", name=name)
        await interaction.edit_original_response(content=said)

    async def show(interaction: discord.Interaction) -> None:
        mine = await desk.trainings.of_user(interaction.user.id)
        rows = [
            wording.row(desk.texts, it, desk.trainings.status(it.id)) for it in mine[:NUM_LISTED]
        ]
        if not rows:
            rows.append(desk.texts("training.list.none"))
        others = desk.trainings.others(interaction.user.id)
        running, waiting = others[Stage.RUNNING], others[Stage.WAITING]
        if running or waiting:
            rows.append(desk.texts("training.list.others", running=running, waiting=waiting))
        await interaction.response.send_message(as_many_lines(rows), ephemeral=True)

    resuming = _command("resume", desk.texts("training.resume.description"), resume)
    picking = _command("pick", desk.texts("training.pick.description"), pick)
    listing = _command("list", desk.texts("training.list.description"), show)
    for command, options in (
        (resuming, desk.texts.under("training.resume.options")),
        (picking, desk.texts.under("training.pick.options")),
    ):
        app_commands.describe(**options)(command)
        command.autocomplete("training")(_trainings(desk))
        command.autocomplete("snapshot")(_snapshots(desk))
    return [resuming, picking, listing]


def _command(
    name: str, description: str, callback: Callable[..., Coroutine[Any, Any, None]]
) -> Command:
    return app_commands.Command(name=name, description=description, callback=callback)


Complete = Callable[[discord.Interaction[Any], str], Coroutine[Any, Any, Choices]]


def _trainings(desk: Desk) -> Complete:
    async def complete(interaction: discord.Interaction, typed: str) -> Choices:
        mine = await desk.trainings.of_user(interaction.user.id)
        offered = []
        for it in mine:
            state = wording.standing(desk.texts, it, desk.trainings.status(it.id))
            offered.append((f"{it.request['name']} · {state}", it.id))
        return matching(offered, typed)

    return complete


def _snapshots(desk: Desk) -> Complete:
    async def complete(interaction: discord.Interaction, typed: str) -> Choices:
        try:
            found = await _chosen(desk, interaction, str(interaction.namespace.training or ""))
        except Refusal:  # half typed: its snapshots are not known yet
            return []
        kept = (
            (wording.snapshot(desk.texts, it), str(it.num_steps)) for it in kept_snapshots(found)
        )
        return matching(kept, typed)

    return complete


async def _chosen(desk: Desk, interaction: discord.Interaction[Any], typed: str) -> Training:
    """The training that was chosen from those suggested, or named. Raises `Refusal`."""
    for training in await desk.trainings.of_user(interaction.user.id):
        if typed in (training.id, training.request["name"]):
            return training
    return await desk.trainings.of(typed, actor_of(interaction))
