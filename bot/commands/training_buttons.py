"""What happens when somebody presses a training's button, however old its message is."""

import secrets
from typing import Any

import discord

from bot.commands.desk import Desk
from bot.commands.edit_modal import edit_modal, written
from bot.commands.forms import filled_in
from bot.commands.which import hand_in
from bot.errors import Refusal
from bot.intake.edits import as_texts, from_texts
from bot.intake.generation import JOB_ID_BYTES
from bot.intake.learned import calling, renamed
from bot.intake.origin import roles_of
from bot.jobs.training_queue import Actor
from bot.jobs.workshop import KINDS, kept_snapshots
from bot.records.models import StoredArtifact, Training
from bot.replies import training_wording as wording
from bot.replies.training_buttons import (
    TrainingAction,
    TrainingButtonId,
    training_view,
)
from pipeline import GenerationRequest

Interaction = discord.Interaction[Any]

FIELDS = ("snapshot", "learning_rate", "num_steps")  # of the form that goes on from a snapshot
MAX_DESCRIPTION = 100  # characters beside it


class TrainingButtons:
    """Answers every press that is about a training."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, interaction: Interaction, button_id: TrainingButtonId) -> None:
        """Do what the button or form says, or say in one sentence why not."""
        try:
            await self._press(interaction, button_id)
        except Exception as error:
            # discord.py would only log it, and the user see "interaction failed".
            await self._desk.explain(interaction, error)

    async def _press(self, interaction: Interaction, pressed: TrainingButtonId) -> None:
        trainings, actor = self._desk.trainings, actor_of(interaction)
        training_id = pressed.training_id
        is_form = interaction.type is discord.InteractionType.modal_submit
        match pressed.action:
            case TrainingAction.STATUS:
                await show_status(self._desk, interaction, training_id)
            case TrainingAction.USE if is_form:
                await self._use(interaction, training_id)
            case TrainingAction.USE:
                await self._offer_use(interaction, pressed)
            case TrainingAction.GO_BACK if is_form:
                await self._go_back(interaction, training_id)
            case TrainingAction.GO_BACK:
                await self._offer_going_back(interaction, pressed)
            case TrainingAction.DISCARD:
                await self._confirm(interaction, training_id)
            case TrainingAction.DISCARD_NOW:
                await interaction.response.defer()
                said = await trainings.discard(training_id, actor)
                await interaction.edit_original_response(content=said, view=None)
            case action:
                # Shows nothing: the message that says how far the training is does.
                await interaction.response.defer()
                await {
                    TrainingAction.PAUSE: trainings.pause,
                    TrainingAction.RESUME: trainings.go_on,
                    TrainingAction.FINISH: trainings.finish,
                    TrainingAction.SAMPLE: trainings.sample,
                }[action](training_id, actor)

    async def _confirm(self, interaction: Interaction, training_id: str) -> None:
        training = await self._desk.trainings.of(training_id, actor_of(interaction))
        now = TrainingButtonId(training_id, TrainingAction.DISCARD_NOW)
        await interaction.response.send_message(
            self._desk.texts("training.discard_really", name=wording.name_of(training)),
            view=training_view([now], self._desk.texts),
            ephemeral=True,
        )

    async def _offer_use(self, interaction: Interaction, pressed: TrainingButtonId) -> None:
        training, artifact = await self._learned(interaction, pressed.training_id)
        request = self._first_request(training, artifact, interaction.user.id)
        texts = self._desk.texts
        modal = edit_modal(pressed.custom_id, as_texts(request), texts, "training.use_title")
        await interaction.response.send_modal(modal)

    async def _use(self, interaction: Interaction, training_id: str) -> None:
        training, artifact = await self._learned(interaction, training_id)
        user_id = interaction.user.id
        request = self._first_request(training, artifact, user_id)
        request = from_texts(self._desk.intake, request, written(interaction), user_id)
        if artifact.kind == "checkpoint" and request.model == artifact.base:
            request = request.model_copy(update={"model": artifact.name})
        await hand_in(self._desk, interaction, request, chosen=[artifact.id])

    async def _learned(
        self, interaction: Interaction, training_id: str
    ) -> tuple[Training, StoredArtifact]:
        """A training and what came of it. Raises `Refusal` where it is not theirs to use here."""
        training = await self._desk.trainings.find(training_id)
        if training.artifact_id is None:
            raise Refusal("training.not_done")
        artifact = await self._desk.artifacts.find(
            training.artifact_id, interaction.user.id, interaction.guild_id
        )
        return training, artifact

    def _first_request(
        self, training: Training, artifact: StoredArtifact, user_id: int
    ) -> GenerationRequest:
        """A picture of what was learned, to begin with; the model is still the base."""
        if samples := training.request["samples"]:
            request = GenerationRequest(**samples[0])
        else:
            said = {side: training.request[side] for side in ("width", "height", "model")}
            request = GenerationRequest(prompt=artifact.name, seeds=(1,), **said)
        kind, word = KINDS[training.request["method"]["kind"]], training.request["name"]
        request = renamed(request, kind, word, artifact.name).model_copy(
            update={
                "id": secrets.token_hex(JOB_ID_BYTES),
                "user": str(user_id),
                "model": artifact.base,
                "wants_previews": True,
            }
        )
        return calling(request, kind, artifact.name, word=word)

    async def _offer_going_back(self, interaction: Interaction, pressed: TrainingButtonId) -> None:
        training = await self._desk.trainings.of(pressed.training_id, actor_of(interaction))
        await interaction.response.send_modal(going_back(self._desk, pressed, training))

    async def _go_back(self, interaction: Interaction, training_id: str) -> None:
        found = filled_in(interaction)
        step, num_steps = (whole(found.get(it, "")) for it in ("snapshot", "num_steps"))
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._desk.trainings.take_up(
            training_id, actor_of(interaction), step, found.get("learning_rate", ""), num_steps
        )
        await interaction.edit_original_response(content=taken_up(self._desk, step))


def actor_of(interaction: Interaction) -> Actor:
    """Who presses, whether they may manage the server that they press in, and their roles there."""
    user, manages = interaction.user, interaction.permissions.manage_guild
    return Actor(user.id, interaction.guild_id if manages else None, roles_of(user))


def whole(text: str) -> int:
    """A number of steps that was typed. Raises `Refusal`."""
    digits = text.replace(",", "").strip()
    if not digits.isdecimal() or len(digits) > 6:
        raise Refusal("training.no_number", text=discord.utils.escape_markdown(text[:20]))
    return int(digits)


def taken_up(desk: Desk, step: int) -> str:
    """What is said of a training that goes on from a snapshot, or from no step at all."""
    if not step:
        return desk.texts("training.begun_anew")
    return desk.texts("training.taken_up", step=f"{step:,}")


async def show_status(desk: Desk, interaction: Interaction, training_id: str) -> None:
    """How far a training is, for whoever asks."""
    training = await desk.trainings.find(training_id)
    line = wording.row(desk.texts, training, desk.trainings.status(training_id))
    await interaction.response.send_message(line, ephemeral=True)


def going_back(desk: Desk, pressed: TrainingButtonId, training: Training) -> discord.ui.Modal:
    """A form for a snapshot and another learning rate, filled in with what may help."""
    texts = desk.texts
    snapshots = kept_snapshots(training)
    # Where nothing is worth going on from, it begins anew.
    sound = [it for it in snapshots if it.verdict != "blown"]
    best = max(sound, key=lambda it: (it.is_best, -it.num_steps), default=None)
    values = {
        "snapshot": str(best.num_steps if best else 0),
        "learning_rate": wording.other_rate(training),
        "num_steps": str(training.request["num_steps"]),
    }
    modal = discord.ui.Modal(
        title=texts("training.back_title"), custom_id=pressed.custom_id, timeout=None
    )
    kept = ", ".join(["0", *(f"{it.num_steps}" for it in snapshots)])
    labels, described = texts.under("training.back_labels"), texts.under("training.back")
    for name in FIELDS:
        field: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id=name, default=values[name], max_length=wording.MAX_FIELD
        )
        description = described[name].format(kept=kept)[:MAX_DESCRIPTION]
        label = discord.ui.Label(text=labels[name], description=description, component=field)
        modal.add_item(label)
    modal.stop()
    return modal
