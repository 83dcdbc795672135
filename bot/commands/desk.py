"""Where every wish is handed in, whether it was typed or pressed."""

import asyncio
import logging
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import discord

from bot.config import LimitsConfig
from bot.errors import Refusal, is_expected, sentence
from bot.intake.defaults import DefaultsKeeper
from bot.intake.drafts import DraftKeeper, UnclearDraft
from bot.intake.generation import ADAPTERS, GenerationIntake
from bot.intake.learned import calling
from bot.intake.models import ModelList
from bot.intake.origin import IS_PUBLIC, defer, roles_of
from bot.intake.permissions import check_permissions
from bot.intake.pictures import InputPictures
from bot.intake.training import TrainingIntake
from bot.intake.training_pictures import TrainingPictures
from bot.jobs.album import Album
from bot.jobs.artifacts import Artifacts
from bot.jobs.generation import GenerationJobs
from bot.jobs.history import History
from bot.jobs.sharing import Sharing
from bot.jobs.standing import Standings
from bot.jobs.statistics import Statistics
from bot.jobs.training import TrainingJobs
from bot.jobs.workshop import KINDS
from bot.locales import Texts
from bot.records.models import Job
from pipeline import GenerationRequest

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """What commands and buttons need, and all that they may use."""

    intake: GenerationIntake
    jobs: GenerationJobs
    defaults: DefaultsKeeper
    standings: Standings
    history: History
    statistics: Statistics
    limits: LimitsConfig
    album: Album
    pictures: InputPictures
    drafts: DraftKeeper
    training: TrainingIntake
    training_pictures: TrainingPictures
    models: ModelList
    artifacts: Artifacts
    sharing: Sharing
    trainings: TrainingJobs
    texts: Texts

    async def hand_in(self, interaction: discord.Interaction, draft: UnclearDraft) -> None:
        """Promise an answer, if one can be posted here, then take the job on.

        What is refused is refused before everybody reads that something is on its way.
        """
        check_permissions(interaction, self.texts)
        user, guild_id = interaction.user, interaction.guild_id
        request = await self.checked(draft.request, user, guild_id, draft.source, draft.chosen)
        await self.jobs.accept(request, await defer(interaction), draft.descent, draft.inputs)

    async def checked(
        self,
        request: GenerationRequest,
        user: discord.User | discord.Member,
        guild_id: int | None,
        source: str | None = None,
        chosen: Collection[str] = (),
    ) -> GenerationRequest:
        """The request with all that it names to this user in this guild.

        `source` is the job that it comes from. Raises `InvalidRequest` or `Refusal` where it would
        not be taken.
        """
        request = await self.artifacts.resolve(request, user.id, guild_id, source, chosen)
        self.intake.native_size_of(request)
        await asyncio.to_thread(self.intake.check_prompts, request)
        await self.jobs.check(request, user.id, roles_of(user))
        return request

    async def at_home(
        self,
        request: GenerationRequest,
        user: discord.User | discord.Member,
        guild_id: int | None,
        channel_id: int | None,
    ) -> tuple[GenerationRequest, Collection[str]]:
        """The request as it is meant where it is asked for, and the ids of what it means.

        In a training's thread, what was learned there is called without its name, by whoever may
        use it, whatever else they have of that name.
        """
        training = channel_id and await self.trainings.finished_in(channel_id, guild_id)
        if not training:
            return request, ()
        try:
            artifact = await self.artifacts.find(training.artifact_id or "", user.id, guild_id)
        except Refusal:  # it is somebody else's alone, or deleted
            return request, ()
        kind = KINDS[training.request["method"]["kind"]]
        word = training.request["name"]
        request = calling(request, kind, artifact.name, artifact.base, word)
        return request, [artifact.id]

    async def intake_for(
        self, user_id: int, guild_id: int | None, job: Job | None = None
    ) -> GenerationIntake:
        """The intake with what this user may use here beside what config names.

        The model of a job that a request comes from is known too: whether it may be used, checking
        tells.
        """
        names = await self.artifacts.names(user_id, guild_id)
        bases = {name: it.base for name, it in names.of_kind("checkpoint").items()}
        if job:
            used = GenerationRequest(**job.request).checkpoint
            bases |= {used.name: used.base} if used else {}
        return self.intake.with_learned(bases, {kind: names.of_kind(kind) for kind in ADAPTERS})

    async def explain(self, interaction: discord.Interaction, error: BaseException) -> None:
        """Answer an interaction that failed with one sentence; log what nobody expected."""
        reference = str(interaction.id)
        if not is_expected(error):
            logger.error("interaction %s failed", reference, exc_info=error)
        text = sentence(error, self.texts, reference)
        try:
            await say(interaction, text)
        except discord.HTTPException as unanswered:
            logger.info("interaction %s: no answer is possible: %s", reference, unanswered)


async def say(
    interaction: discord.Interaction[Any], text: str, view: discord.ui.View = discord.utils.MISSING
) -> None:
    """Say this to whoever acted: to nobody else, unless "thinking…" already stands there."""
    match interaction.response.type:
        case None:
            await interaction.response.send_message(text, ephemeral=True, view=view)
        case discord.InteractionResponseType.deferred_channel_message:
            if interaction.extras.get(IS_PUBLIC):
                # What is wrong stays between the two: the first follow-up would fill this message.
                with suppress(discord.HTTPException):
                    await interaction.delete_original_response()
                await interaction.followup.send(text, ephemeral=True, view=view)
            else:
                await interaction.edit_original_response(content=text, view=view)
        case _:
            # The original is somebody's message with a button: not ours to write over.
            await interaction.followup.send(text, ephemeral=True, view=view)
