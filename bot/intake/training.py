"""What somebody wishes to be learned → `TrainingRequest`, and what they should know before it.

It knows no interaction. Nothing here takes a device's time.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.config import TrainingConfig
from bot.errors import Refusal
from bot.intake.training_drafts import TrainingDraft
from bot.intake.training_pictures import TrainingPictures
from bot.jobs.artifacts import Artifacts
from bot.jobs.training_limits import (
    TrainingAllowance,
    check_num_waiting,
    check_training,
    training_allowance,
)
from bot.jobs.training_names import check_free
from bot.records.database import Database, uninterrupted
from bot.records.training_figures import TrainingFigures
from pipeline import (
    PipelineConfig,
    PipelineError,
    TrainingPicture,
    TrainingRequest,
    UnknownModel,
    learned_bytes,
    look_alikes,
    training_fields,
)

MAX_ALIKE = 3  # pairs of pictures that are pointed out


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a draft would come to."""

    request: TrainingRequest | None  # None: it cannot be made yet
    problem: Exception | None  # what keeps it from being confirmed
    seconds: float  # that it would train
    is_measured: bool  # False: that is a guess
    num_before: int  # trainings
    look_alikes: Sequence[tuple[int, int]]  # numbers of pictures, from 0, that show the same


class TrainingIntake:
    """Makes requests of drafts, for the models that are configured."""

    def __init__(
        self,
        config: PipelineConfig,
        rules: TrainingConfig,
        database: Database,
        pictures: TrainingPictures,
        artifacts: Artifacts,
    ) -> None:
        self._config = config
        self._rules = rules
        self._database = database
        self._pictures = pictures
        self._artifacts = artifacts

    @property
    def models(self) -> list[str]:
        """What may be trained with."""
        return [*self._config.models]

    def model(self, name: str | None) -> str:
        """The model of that name, or the default one. Raises `UnknownModel`."""
        found = name or self._config.default_model
        if found not in self._config.models:
            raise UnknownModel(found, self.models)
        return found

    def allowance(self, roles: Collection[str]) -> TrainingAllowance:
        """What somebody with these roles may ask for. Raises `Refusal`: nothing."""
        return training_allowance(self._rules, roles)

    @uninterrupted
    async def check_turn(self, user_id: int, allowed: TrainingAllowance) -> None:
        """Raise `Refusal` where a user has as many trainings waiting as they may."""
        async with self._database.reading() as session:
            check_num_waiting(await TrainingFigures(session).num_waiting(user_id), allowed)

    async def check_room(self, user_id: int, roles: Collection[str]) -> None:
        """Raise `Refusal` where a user keeps more than they may already."""
        rooms = self._artifacts.rooms
        (await rooms.of(user_id, rooms.most(roles))).check()

    @uninterrupted
    async def check_open(self, draft: TrainingDraft) -> None:
        """Raise `Refusal` where a draft was confirmed before."""
        async with self._database.reading() as session:
            if await TrainingFigures(session).is_known(draft.id):
                raise Refusal("training.accepted_already")

    async def request(self, draft: TrainingDraft, user_id: int) -> TrainingRequest:
        """The request that a draft stands for, with small pictures in place of the large ones.

        Whoever follows it takes those from their files. Raises `InvalidRequest` or `Refusal` with
        a sentence for whoever wished.
        """
        if not draft.pictures:
            raise Refusal("train.no_pictures")
        model = self._config.models[self.model(draft.wish.model)]
        thumbnails = await self._pictures.thumbnails(draft.pictures)
        return TrainingRequest(
            id=draft.id,
            user=str(user_id),
            pictures=tuple(
                TrainingPicture(content=content, caption=caption)
                for content, caption in zip(thumbnails, draft.captions, strict=True)
            ),
            **training_fields(draft.wish, model, draft.captions),
        )

    async def outlook(self, draft: TrainingDraft, user_id: int, roles: Collection[str]) -> Outlook:
        """What a draft would come to, as things are now. Raises `Refusal`: they may not train."""
        allowed = self.allowance(roles)
        request, problem = None, None
        try:
            await self._artifacts.check_new(user_id, draft.wish.name, roles)
            await self._check_name(draft, user_id)
            request = await self.request(draft, user_id)
            check_training(request, len(draft.pictures), allowed)
            await self._check_size(request, user_id, roles)
        except (Refusal, PipelineError) as error:
            problem = error
        pace, num_before = await self._measured(request)
        step = pace or self._rules.guessed_step
        return Outlook(
            request=request,
            problem=problem,
            seconds=step * request.num_steps if request else 0.0,
            is_measured=pace is not None,
            num_before=num_before,
            look_alikes=await asyncio.to_thread(_look_alikes, draft),
        )

    @uninterrupted
    async def _check_name(self, draft: TrainingDraft, user_id: int) -> None:
        """Raise `Refusal` where something else of this user's has that name."""
        async with self._database.reading() as session:
            await check_free(session, user_id, draft.wish.name, draft.id)

    async def _check_size(
        self, request: TrainingRequest, user_id: int, roles: Collection[str]
    ) -> None:
        """Raise `Refusal` where what would be learned is more than a user may keep.

        What is not known before it is kept all the same.
        """
        num_bytes = await self._expected_bytes(request)
        rooms = self._artifacts.rooms
        room = await rooms.of(user_id, rooms.most(roles))
        room.check(num_bytes or 0, "train.limits.stored")

    @uninterrupted
    async def _expected_bytes(self, request: TrainingRequest) -> int | None:
        """As many as the same settings came to before, or as the model's own files tell."""
        model = request.model or self._config.default_model
        async with self._database.reading() as session:
            method = request.method.model_dump(mode="json")
            num_bytes = await TrainingFigures(session).num_bytes_of_last(method, model)
        if num_bytes is None:
            num_bytes = await asyncio.to_thread(
                learned_bytes, request.method, self._config.models[model]
            )
        return num_bytes

    @uninterrupted
    async def _measured(self, request: TrainingRequest | None) -> tuple[float | None, int]:
        """Seconds a step of such a training, as far as known, and how many come before it."""
        async with self._database.reading() as session:
            figures = TrainingFigures(session)
            pace = None
            if request and request.model:
                pace = await figures.seconds_per_step(request.method.kind, request.model)
            return pace, await figures.num_before()


def _look_alikes(draft: TrainingDraft) -> list[tuple[int, int]]:
    return [*islice(look_alikes([bytes.fromhex(it.coarse) for it in draft.pictures]), MAX_ALIKE)]
