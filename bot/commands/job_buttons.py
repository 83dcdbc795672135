"""What happens when somebody presses a job's button, however old its message is.

Everything that a press needs stands in the button's id: nothing is kept in mind for it.
"""

from typing import Any, cast

import discord

from bot.commands.desk import Desk
from bot.commands.edit_modal import edit_modal, written
from bot.commands.picture_buttons import delete, show_settings, toggle_favourite
from bot.commands.picture_forms import PictureForms, chosen_picture, follow_form
from bot.commands.upscaling import upscale_once
from bot.commands.which import hand_in
from bot.errors import Refusal
from bot.intake.derived import Deriver
from bot.intake.edits import as_texts
from bot.intake.pictures import offered_images
from bot.jobs.queue import Withdrawal
from bot.records.models import Job, StoredImage
from bot.replies.buttons import Action, ButtonId, read_button_id
from pipeline import GenerationRequest

Interaction = discord.Interaction[Any]

REFUSALS = {
    Withdrawal.NOT_THEIRS: "job.not_yours",
    Withdrawal.TOO_LATE: "job.too_late",
}


class JobButtons:
    """Answers every press that is about a job, and those that nobody knows any more."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, interaction: Interaction) -> None:
        """Do what the pressed button says, or say in one sentence why not."""
        try:
            pressed = cast("dict[str, Any]", interaction.data)
            button_id = read_button_id(pressed["custom_id"])
            if button_id is None:
                raise Refusal("buttons.unknown")
            await self._press(interaction, button_id)
        except Exception as error:
            # discord.py would only log it, and the user see "interaction failed".
            await self._desk.explain(interaction, error)

    async def _press(self, interaction: Interaction, button_id: ButtonId) -> None:
        job = await self._find(button_id.job_id)
        match button_id.action:
            case Action.CANCEL:
                await self._cancel(interaction, job)
            case Action.DELETE:
                await delete(self._desk, interaction, job)
            case Action.SETTINGS:
                await show_settings(self._desk, interaction, job)
            case Action.FAVOURITE:
                await toggle_favourite(self._desk, interaction, _picture(job, button_id))
            case Action.UPSCALE:
                await upscale_once(self._desk, interaction, job, _picture(job, button_id))
            case Action.IMG2IMG:
                await self._image_to_image(interaction, job, button_id)
            case Action.EDIT if interaction.type is discord.InteractionType.component:
                request = GenerationRequest(**job.request)
                filled_in = as_texts(request)
                if job.init_hash:
                    filled_in["settings"] += f", Denoising strength: {request.strength:g}"
                modal = edit_modal(button_id.custom_id, filled_in, self._desk.texts)
                await interaction.response.send_modal(modal)
            case _:
                await self._hand_in(interaction, job, button_id)

    async def _hand_in(self, interaction: Interaction, job: Job, button_id: ButtonId) -> None:
        deriver = await self._deriver(interaction, job)
        match button_id.action:
            case Action.EDIT:
                derived = deriver.edit(written(interaction))
            case Action.VARY_SUBTLE | Action.VARY_STRONG as action:
                derived = deriver.vary(_picture(job, button_id), action)
            case _:
                derived = deriver.again()
        await hand_in(self._desk, interaction, derived.request, derived.descent, derived.inputs)

    async def _image_to_image(
        self, interaction: Interaction, job: Job, button_id: ButtonId
    ) -> None:
        """Ask what one of the pictures shall become; then do what was filled in."""
        pictures = offered_images(job.images)
        if not pictures:
            raise Refusal("job.unknown")
        if interaction.type is discord.InteractionType.component:
            forms = PictureForms(self._desk.texts)
            prompt = job.request["prompt"]
            form = forms.image_to_image(button_id.custom_id, pictures, prompt)
            await interaction.response.send_modal(form)
            return
        picture = chosen_picture(interaction, pictures)
        await follow_form(self._desk, interaction, picture)

    async def _deriver(self, interaction: Interaction, job: Job) -> Deriver:
        user_id, guild_id = interaction.user.id, interaction.guild_id
        return Deriver(await self._desk.intake_for(user_id, guild_id, job), job, user_id)

    async def _cancel(self, interaction: Interaction, job: Job) -> None:
        # Shows nothing: the job's own reply says so, in the message that the button stands in.
        await interaction.response.defer()
        result = await self._desk.jobs.cancel(job, interaction.user.id)
        if result in REFUSALS:
            raise Refusal(REFUSALS[result])

    async def _find(self, job_id: str) -> Job:
        job = await self._desk.jobs.find(job_id)
        if job is None:
            raise Refusal("job.unknown")
        return job


def _picture(job: Job, button_id: ButtonId) -> StoredImage:
    """The picture that the button is about."""
    for image in job.images:
        if image.index == button_id.index:
            return image
    raise Refusal("job.unknown")
