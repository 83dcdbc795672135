"""The durable part of trainings: what the database knows of each, and when it learns it.

A training is `accepted` and `running`, may be `paused` any number of times, and is `done`,
`failed` or `cancelled` in the end; `answered_at` says that its user has seen that. As with jobs
(`bot.jobs.queue`), each change is one unit of work, on disk before anything relies on it, and what
is unanswered when the bot starts is its debt. What is different:

- *`accepted` or `running`* at a start: the run is handed in again with its id, whose folder holds
  its last snapshot, and goes on from there.
- *Ending early* is a request that ends at the step it has reached: a bot that is killed before the
  end comes to the same end.
- *Taken up again* from an earlier step after an end, it is in its next round, which has an end of
  its own; `resume_from` is taken out of its request once a worker has gone back.
- *What was learned* is kept before the row says so: kept again under the same id, it is the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.config import TrainingConfig
from bot.errors import Refusal
from bot.jobs.training_limits import (
    check_num_waiting,
    check_steps,
    check_training,
    training_allowance,
)
from bot.jobs.training_names import check_free
from bot.records.database import Database, uninterrupted
from bot.records.models import LearnedPicture, Training, TrainingState
from bot.records.origin import Origin
from bot.records.people import People
from bot.records.training_figures import TrainingFigures
from bot.records.trainings import TrainingChanges, Trainings
from bot.replies.training_reply import TrainingPlace
from pipeline import Artifact, FurnaceReport, TrainingRequest

Pictures = Sequence[tuple[str, str]]
"""Of pictures to learn from: the hashes of their files, and their captions."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who wants something of a training."""

    user_id: int
    manages_guild: int | None = None  # where they act, if they may manage that server
    roles: Collection[str] = ()  # by name and id


class TrainingQueue:
    """Every training there is, as the database has it."""

    def __init__(self, database: Database, rules: TrainingConfig) -> None:
        self._database = database
        self._rules = rules

    @uninterrupted
    async def accept(
        self,
        request: TrainingRequest,
        pictures: Pictures,
        origin: Origin,
        max_stored: float | None = None,
        preview_id: int | None = None,
    ) -> Training:
        """Write a training down; its user may be told so when this returns.

        Its pictures are stored already; `max_stored` is how many MB its user may keep, None: any.
        From the message `preview_id` its thread hangs; None: there can be no thread. Raises
        `Refusal` where it is accepted already, called like something else of theirs, or more than
        they may ask for.
        """
        allowed = training_allowance(self._rules, origin.roles)
        check_training(request, len(pictures), allowed)
        training = Training(
            id=request.id,
            state=TrainingState.ACCEPTED,
            request=request.model_dump(mode="json") | {"max_running": allowed.running_limit},
            user_id=origin.user_id,
            guild_id=origin.guild_id,
            channel_id=origin.channel_id,
            preview_id=preview_id,
            file_limit=origin.file_limit,
            max_stored=max_stored,
            is_direct=False,
            num_done=0,
            round=0,
            pictured={},
            created_at=datetime.now(UTC),
            pictures=[
                LearnedPicture(index=index, file_hash=file_hash, caption=caption)
                for index, (file_hash, caption) in enumerate(pictures)
            ],
            snapshots=[],
        )
        async with self._database.writing() as session:
            people = People(session)
            await people.meet_user(origin.user_id, origin.user_name)
            if origin.guild_id is not None:
                await people.meet_guild(origin.guild_id, origin.guild_name or "")
            if await Trainings(session).find(training.id):
                raise Refusal("training.accepted_already")
            num_waiting = await TrainingFigures(session).num_waiting(origin.user_id)
            check_num_waiting(num_waiting, allowed)
            await check_free(session, origin.user_id, request.name, training.id)
            await TrainingChanges(session).add(training)
        return training

    @uninterrupted
    async def take_over(self) -> Sequence[str]:
        """What an earlier process owed, oldest first; of that, nothing is being worked on now."""
        async with self._database.writing() as session:
            await TrainingChanges(session).put_back()
        async with self._database.reading() as session:
            return await Trainings(session).owed()

    @uninterrupted
    async def find(self, training_id: str) -> Training:
        """The training of that id, whole, as it is now. Raises `Refusal`."""
        async with self._database.reading() as session:
            training = await Trainings(session).find(training_id)
        if training is None:
            raise Refusal("training.unknown")
        return training

    @uninterrupted
    async def stale(self, ids: Collection[str]) -> Sequence[str]:
        """Which of these ended so long ago that nothing of their runs is kept any more."""
        if not self._rules.kept_days:
            return []
        moment = datetime.now(UTC) - timedelta(days=self._rules.kept_days)
        async with self._database.reading() as session:
            return await Trainings(session).ended_before(moment, ids)

    @uninterrupted
    async def of_user(self, user_id: int) -> Sequence[Training]:
        """The latest of a user, newest first."""
        async with self._database.reading() as session:
            return await Trainings(session).of_user(user_id)

    @uninterrupted
    async def in_thread(self, thread_id: int, guild_id: int | None) -> Training | None:
        """The training that this thread of a guild is about."""
        async with self._database.reading() as session:
            return await Trainings(session).in_thread(thread_id, guild_id)

    async def of(self, training_id: str, actor: Actor) -> Training:
        """The training, if this person may decide about it. Raises `Refusal`."""
        training = await self.find(training_id)
        is_admin = actor.manages_guild is not None and actor.manages_guild == training.guild_id
        if actor.user_id != training.user_id and not is_admin:
            raise Refusal("training.not_yours")
        return training

    @uninterrupted
    async def place(self, training: Training, place: TrainingPlace) -> None:
        """It is talked about there."""
        async with self._database.writing() as session:
            await TrainingChanges(session).place(
                training.id, place.thread_id, place.message_id, place.is_direct
            )

    @uninterrupted
    async def begin(self, training: Training) -> bool:
        """A worker has it, and has gone back to where it was to go on from.

        False where it was ended meanwhile, or taken up again.
        """
        async with self._database.writing() as session:
            changes = TrainingChanges(session)
            now = await changes.lock(training.id)
            if now is None or now.round != training.round:
                return False
            # As it is now: somebody may have shortened it since it was handed in.
            return await changes.begin(training.id, now.request | {"resume_from": None})

    @uninterrupted
    async def reach(self, training: Training, num_done: int) -> None:
        """It has taken so many steps."""
        async with self._database.writing() as session:
            await TrainingChanges(session).reach(training.id, num_done, training.round)

    @uninterrupted
    async def add_snapshot(self, training: Training, snapshot: Artifact) -> None:
        """What was learned by one step is on disk; it counts unless it was taken up again since."""
        async with self._database.writing() as session:
            changes = TrainingChanges(session)
            if await changes.reach(training.id, snapshot.num_steps, training.round):
                await changes.add_snapshot(training.id, snapshot.num_steps, str(snapshot.path))

    @uninterrupted
    async def judge(self, training: Training, report: FurnaceReport) -> None:
        """The watch has looked at one step."""
        async with self._database.writing() as session:
            await TrainingChanges(session).judge(
                training.id, report.num_done, report.verdict, report.is_best
            )

    @uninterrupted
    async def tell_verdict(self, training: Training, verdict: str | None) -> None:
        """The watch's word was posted; none: there is no trouble any more."""
        async with self._database.writing() as session:
            await TrainingChanges(session).tell_verdict(training.id, verdict)

    @uninterrupted
    async def picture(self, training: Training, pictured: dict[str, Any]) -> None:
        """The picture files that show it now."""
        async with self._database.writing() as session:
            await TrainingChanges(session).picture(training.id, pictured)

    @uninterrupted
    async def pause(self, training: Training, num_done: int) -> None:
        """Let it hold no device after so many steps. Raises `Refusal` where it does not now."""
        async with self._database.writing() as session:
            if not await TrainingChanges(session).pause(training.id, num_done):
                raise Refusal("training.not_under_way")

    @uninterrupted
    async def go_on(self, training: Training) -> None:
        """Let it wait for a device again. Raises `Refusal` where it is not paused."""
        async with self._database.writing() as session:
            if not await TrainingChanges(session).go_on(training.id):
                raise Refusal("training.not_paused")

    @uninterrupted
    async def end_at(self, training: Training, num_done: int) -> None:
        """Let it end at a step that it has reached. Raises `Refusal` where it cannot."""
        if not num_done:
            raise Refusal("training.nothing_yet")
        async with self._database.writing() as session:
            changes = TrainingChanges(session)
            now = await changes.lock(training.id)
            request = (now or training).request | {"num_steps": num_done}
            if not await changes.shorten(training.id, request):
                raise Refusal("training.over")

    @uninterrupted
    async def take_up(
        self, training: Training, actor: Actor, num_done: int, changes: dict[str, Any]
    ) -> None:
        """Let it go on from an earlier step, with some settings changed.

        Raises `Refusal` where that is more than whoever asks may ask for.
        """
        request = training.request | changes | {"resume_from": num_done}
        allowed = training_allowance(self._rules, actor.roles)
        check_steps(request["num_steps"], allowed)
        async with self._database.writing() as session:
            now = await Trainings(session).find(training.id)
            if now and now.ended_at:  # what waits, goes on or is paused has its place already
                num_waiting = await TrainingFigures(session).num_waiting(training.user_id)
                check_num_waiting(num_waiting, allowed)
            if not await TrainingChanges(session).take_up(training, request, num_done):
                raise Refusal("training.over")

    @uninterrupted
    async def keep(self, training: Training, artifact_id: str, num_done: int) -> bool:
        """What came of it is kept; False where it was discarded or taken up again meanwhile."""
        async with self._database.writing() as session:
            changes = TrainingChanges(session)
            return await changes.keep(training.id, artifact_id, num_done, training.round)

    @uninterrupted
    async def publish(self, training: Training, artifact_id: str) -> None:
        """One of its snapshots is what came of it."""
        async with self._database.writing() as session:
            await TrainingChanges(session).publish(training.id, artifact_id)

    @uninterrupted
    async def discard(self, training: Training, sentence: str) -> None:
        """End it, for good, with nothing kept. Raises `Refusal` where it is over."""
        async with self._database.writing() as session:
            if not await TrainingChanges(session).cancel(training.id, sentence):
                raise Refusal("training.over")

    @uninterrupted
    async def fail(self, training: Training, sentence: str) -> None:
        """It ended without anything, for the reason given."""
        async with self._database.writing() as session:
            await TrainingChanges(session).fail(training.id, sentence, training.round)

    @uninterrupted
    async def answer(self, training: Training) -> None:
        """Its user knows how it ended, or cannot be reached."""
        async with self._database.writing() as session:
            await TrainingChanges(session).answer(training.id)
