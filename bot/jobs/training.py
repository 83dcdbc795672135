"""All trainings of this process, and what people may do to them.

It knows the durable queue, the dispatcher and the files, and nothing of Discord: a
`TrainingReply` speaks for it. One task at a time follows each training, to its end or to a pause.
"""

import asyncio
import logging
import math
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bot.errors import RecordsUnavailable, Refusal
from bot.jobs import generation
from bot.jobs.training_queue import Actor, Pictures
from bot.jobs.training_run import TrainingRun
from bot.jobs.workshop import Workshop, keep, kept_snapshots, request_of
from bot.records.artifact_files import num_bytes_of
from bot.records.models import KeptSnapshot, StoredArtifact, Training, TrainingState
from bot.records.origin import Origin
from bot.replies.reply import ReplyDelayed, Unreachable
from bot.replies.training_reply import Stage, TrainingStatus
from pipeline import TrainingRequest

logger = logging.getLogger(__name__)


class TrainingJobs:
    """All trainings of this process."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._queue = shop.queue
        self._tasks: set[asyncio.Task[None]] = set()
        self._latest: dict[str, asyncio.Task[None]] = {}  # of each training
        self._runs: dict[str, TrainingRun] = {}
        self._closing = False

    async def accept(
        self,
        request: TrainingRequest,
        pictures: Pictures,
        origin: Origin,
        preview_id: int | None = None,
    ) -> Training:
        """Take a training on; it is followed to its end, by this process or a later one.

        `pictures` are the hashes of their files, which are stored already, and their captions;
        `preview_id` is the message from which its thread hangs, if there can be one. Raises
        `Refusal` or `RecordsUnavailable` where it is not taken.
        """
        most = self._shop.artifacts.rooms.most(origin.roles)
        max_stored = None if math.isinf(most) else most
        training = await self._queue.accept(request, pictures, origin, max_stored, preview_id)
        logger.info("training %s: accepted from user %d", training.id, training.user_id)
        self._follow(training.id, may_be_answered=False)
        return training

    async def resume(self) -> None:
        """Go on with everything that an earlier process left; what is paused stays so."""
        await self.sweep()
        for training_id in await self._queue.take_over():
            logger.info("training %s: going on", training_id)
            self._follow(training_id)

    async def sweep(self) -> None:
        """Take away the folders of runs that ended long ago; what was learned lies elsewhere."""
        runs = self._shop.config.training_folder
        folders = await asyncio.to_thread(lambda: [it.name for it in runs.glob("*/")])
        for training_id in await self._queue.stale(folders):
            logger.info("training %s: its snapshots are swept away", training_id)
            await asyncio.to_thread(shutil.rmtree, runs / training_id, ignore_errors=True)

    async def find(self, training_id: str) -> Training:
        """The training of that id, whole. Raises `Refusal` where there is none."""
        return await self._queue.find(training_id)

    async def of(self, training_id: str, actor: Actor) -> Training:
        """The same, if this person may decide about it. Raises `Refusal`."""
        return await self._queue.of(training_id, actor)

    def status(self, training_id: str) -> TrainingStatus | None:
        """How far it is, if it is under way."""
        run = self._runs.get(training_id)
        return run.heard.status() if run else None

    def others(self, user_id: int) -> Counter[Stage]:
        """How many trainings of other people are at which stage."""
        runs = [run for run in self._runs.values() if run.user_id != user_id]
        return Counter(run.heard.status().stage for run in runs)

    async def of_user(self, user_id: int) -> Sequence[Training]:
        """The latest of a user, newest first."""
        return await self._queue.of_user(user_id)

    async def in_thread(self, thread_id: int, guild_id: int | None) -> Training | None:
        """The training that this thread of a guild is about."""
        return await self._queue.in_thread(thread_id, guild_id)

    async def finished_in(self, thread_id: int, guild_id: int | None) -> Training | None:
        """What was learned in this thread of a guild, if it is."""
        training = await self._queue.in_thread(thread_id, guild_id)
        return training if training and training.artifact_id else None

    async def pause(self, training_id: str, actor: Actor) -> None:
        """Let it keep a snapshot and hold no device; all these raise `Refusal`."""
        training = await self._queue.of(training_id, actor)
        await self._queue.pause(training, self._num_done(training))
        self._shop.pipeline.cancel(training_id)

    async def go_on(self, training_id: str, actor: Actor) -> None:
        """Let it wait for a device again."""
        await self._queue.go_on(await self._queue.of(training_id, actor))
        self._follow(training_id)

    async def finish(self, training_id: str, actor: Actor) -> None:
        """Let it end with what it has learned."""
        training = await self._queue.of(training_id, actor)
        await self._queue.end_at(training, self._num_done(training))
        if not self._shop.pipeline.order(training_id, "finish"):
            self._begin_anew(training_id)

    async def discard(self, training_id: str, actor: Actor) -> str:
        """Let it end, with nothing more kept; returns what is said of that."""
        training = await self._queue.of(training_id, actor)
        was_kept = training.artifact_id is not None
        said = self._shop.texts("training.discarded_rest" if was_kept else "training.discarded")
        await self._queue.discard(training, said)
        self._begin_anew(training_id)
        return said

    async def sample(self, training_id: str, actor: Actor) -> None:
        """Let it make sample pictures now."""
        await self._queue.of(training_id, actor)
        if not self._shop.pipeline.order(training_id, "sample"):
            raise Refusal("training.not_running")

    async def take_up(
        self, training_id: str, actor: Actor, num_done: int, learning_rate: str, num_steps: int
    ) -> None:
        """Let it go on from an earlier snapshot, to that many steps in all.

        Raises `InvalidRequest` where the numbers are not possible, `Refusal` where they are more
        than this person may ask for.
        """
        training = await self._queue.of(training_id, actor)
        is_where_it_rests = training.state is TrainingState.PAUSED and num_done == training.num_done
        if num_done and not is_where_it_rests:
            snapshot_at(training, num_done)
        changes = {"learning_rate": learning_rate, "num_steps": num_steps}
        await request_of(self._shop, training, changes)  # which refuses what cannot be
        if training.ended_at:
            await self._shop.artifacts.rooms.check_result(training, actor.roles)
        await self._queue.take_up(training, actor, num_done, changes)
        self._begin_anew(training_id)

    async def pick(self, training_id: str, actor: Actor, num_done: int) -> StoredArtifact:
        """Make a snapshot what came of it."""
        training = await self._queue.of(training_id, actor)
        snapshot = snapshot_at(training, num_done)
        path = Path(snapshot.path)
        await self._shop.artifacts.rooms.check_result(
            training, actor.roles, await num_bytes_of(path), is_picked=True
        )
        stored = await keep(self._shop, training, path, num_done, is_picked=True)
        await self._queue.publish(training, stored.id)
        logger.info("training %s: step %d published as %s", training_id, num_done, stored.id)
        reply = self._shop.make_reply(training, True)
        try:
            await reply.tell_pick(stored.name, num_done, actor.user_id)
        except (ReplyDelayed, Unreachable) as error:
            # It is theirs all the same, and whoever picked it is told that anyway.
            logger.warning("training %s: nobody hears of what was picked: %s", training_id, error)
        return stored

    async def close(self) -> None:
        """Let go of all; what is unfinished goes on at the next start."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _num_done(self, training: Training) -> int:
        """Steps, as far as was heard."""
        run = self._runs.get(training.id)
        return run.heard.num_done if run else training.num_done

    def _begin_anew(self, training_id: str) -> None:
        """Let the run go, and do what the row says now."""
        self._shop.pipeline.cancel(training_id)
        self._follow(training_id)

    def _follow(self, training_id: str, may_be_answered: bool = True) -> None:
        if self._closing:
            return
        before = self._latest.get(training_id)
        task = asyncio.create_task(
            self._run(training_id, may_be_answered, before), name=f"training {training_id}"
        )
        self._latest[training_id] = task
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._forget(training_id, task))

    def _forget(self, training_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._latest.get(training_id) is task:
            del self._latest[training_id]
            self._runs.pop(training_id, None)

    async def _run(
        self, training_id: str, may_be_answered: bool, before: asyncio.Task[None] | None
    ) -> None:
        if before:
            await asyncio.wait({before})
        delay = generation.FIRST_RETRY
        while True:
            try:
                await self._live(training_id, may_be_answered)
            except RecordsUnavailable:
                logger.warning("training %s: no records; again in %.0f s", training_id, delay)
            except Exception:
                # The row still says what is owed: the next start tries again.
                logger.exception("training %s: left as it is", training_id)
                return
            else:
                return
            await asyncio.sleep(delay)
            delay, may_be_answered = min(2 * delay, generation.LAST_RETRY), True

    async def _live(self, training_id: str, may_be_answered: bool) -> None:
        training = await self._queue.find(training_id)
        reply = self._shop.make_reply(training, may_be_answered)
        run = self._runs[training_id] = TrainingRun(self._shop, training, reply)
        try:
            await run.follow()
        finally:
            await reply.leave()
        await self.sweep()


def snapshot_at(training: Training, num_done: int) -> KeptSnapshot:
    """The snapshot of a step. Raises `Refusal` that names those there are."""
    kept = kept_snapshots(training)
    for snapshot in kept:
        if snapshot.num_steps == num_done:
            return snapshot
    if not kept:
        raise Refusal("training.no_snapshots")
    steps = ", ".join(f"{it.num_steps:,}" for it in kept)
    raise Refusal("training.no_such_snapshot", step=f"{num_done:,}", kept=steps)
