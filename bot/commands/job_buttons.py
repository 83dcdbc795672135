"""What happens when somebody presses a job's button, however old its message is."""

import re
from typing import Any, Self

import discord

from bot.commands.desk import Desk
from bot.errors import Refusal
from bot.intake.origin import defer
from bot.jobs.queue import Withdrawal
from bot.records.models import Job
from bot.replies.buttons import CUSTOM_ID, Action
from pipeline import GenerationRequest

Button = discord.ui.Button[Any]

REFUSALS = {
    Withdrawal.NOT_THEIRS: "job.not_yours",
    Withdrawal.TOO_LATE: "job.too_late",
}


def job_button(desk: Desk) -> type[discord.ui.DynamicItem[Button]]:
    """The class that discord.py makes an object of whenever a job's button is pressed."""

    class JobButton(discord.ui.DynamicItem[Button], template=CUSTOM_ID):
        def __init__(self, button: Button, job_id: str, action: Action) -> None:
            super().__init__(button)
            self.job_id = job_id
            self.action = action

        @classmethod
        async def from_custom_id(
            cls, _: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str]
        ) -> Self:
            assert isinstance(item, discord.ui.Button)
            return cls(item, match["job_id"], Action(match["action"]))

        async def callback(self, interaction: discord.Interaction) -> Any:
            try:
                await _press(desk, interaction, self.job_id, self.action)
            except Exception as error:
                # discord.py would only log it, and the user see "interaction failed".
                await desk.explain(interaction, error)

    return JobButton


async def _press(desk: Desk, interaction: discord.Interaction, job_id: str, action: Action) -> None:
    if action is Action.CANCEL:
        await _cancel(desk, interaction, job_id)
        return
    origin = await defer(interaction)
    job = await _find(desk, job_id)
    request = desk.intake.again(GenerationRequest(**job.request), interaction.user.id)
    await desk.jobs.accept(request, origin)


async def _cancel(desk: Desk, interaction: discord.Interaction, job_id: str) -> None:
    # Shows nothing: the job's own reply says so, in the message that the button stands in.
    await interaction.response.defer()
    result = await desk.jobs.cancel(await _find(desk, job_id), interaction.user.id)
    if result in REFUSALS:
        raise Refusal(REFUSALS[result])


async def _find(desk: Desk, job_id: str) -> Job:
    job = await desk.jobs.find(job_id)
    if job is None:
        raise Refusal("job.unknown")
    return job
