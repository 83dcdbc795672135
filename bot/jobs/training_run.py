"""One training from its handing in to its end, or to a pause: what is done about all it says."""

import asyncio
import logging
import math
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import TypeVar

from bot.errors import RecordsUnavailable, Refusal, is_expected, sentence
from bot.jobs.generation import insist
from bot.jobs.training_progress import Heard
from bot.jobs.workshop import (
    Workshop,
    drawn_by,
    keep,
    learned_files,
    request_of,
    with_drawn,
)
from bot.records.models import Training, TrainingState
from bot.records.trainings import UNDER_WAY
from bot.replies.reply import ReplyDelayed, Unreachable
from bot.replies.training_reply import Overfull, Stage, TrainingReply, TrainingResult
from pipeline import (
    Artifact,
    Cancelled,
    FurnaceReport,
    LossPlot,
    SamplePictures,
    TrainingNews,
    TrainingProgress,
    Waiting,
)

T = TypeVar("T")
logger = logging.getLogger(__name__)

TROUBLES = ("blown", "spoiled")  # verdicts that are told in a message of their own


class TrainingRun:
    """One life of one training."""

    def __init__(self, shop: Workshop, training: Training, reply: TrainingReply) -> None:
        self._shop = shop
        self._queue = shop.queue
        self._id = training.id
        self.user_id = training.user_id
        self._training = training
        self._reply = reply
        self.heard = Heard(training.num_done, training.request["num_steps"])

    async def follow(self) -> None:
        """Bring it to its end, or to where it rests."""
        try:
            await self._bring_on()
        except Unreachable:
            logger.warning("training %s: nobody can be told any more", self._id)
            await self._queue.fail(self._training, self._shop.texts("training.unreachable"))
            await self._queue.answer(self._training)

    async def _bring_on(self) -> None:
        """Do what its state asks for, until nothing is left to be done."""
        while True:
            training = self._training = await self._queue.find(self._id)
            if training.answered_at:
                return
            if training.message_id is None:
                place = await self._insist(self._reply.open)
                await self._queue.place(training, place)
                continue
            match training.state:
                case TrainingState.CANCELLED:
                    await self._put_out(training)
                case TrainingState.FAILED:
                    text = training.sentence or ""
                    await self._insist(partial(self._reply.refuse, text))
                    await self._queue.answer(training)
                case TrainingState.DONE:
                    await self._deliver(training)
                    await self._queue.answer(training)
                case TrainingState.PAUSED:
                    status = self.heard.status(Stage.PAUSED)
                    await self._insist(partial(self._reply.settle, status))
                    return
                case _ if not await self._train(training):
                    return

    async def _train(self, training: Training) -> bool:
        """Let it run; False where somebody else goes on with it."""
        try:
            await self._recall(training)
            last = await self._listen(training)
            if last is None:
                raise Cancelled
            await self._keep(training, last)
        except Cancelled:
            logger.info("training %s: stopped at step %d", self._id, self.heard.num_done)
            now = await self._queue.find(self._id)
            if now.state is TrainingState.PAUSED:
                await self._queue.reach(training, self.heard.num_done)
            return now.state not in UNDER_WAY
        except (Unreachable, RecordsUnavailable):
            raise
        except Exception as error:
            if is_expected(error):
                logger.info("training %s: failed: %s", self._id, error)
            else:
                logger.exception("training %s: failed", self._id)
            await self._queue.fail(training, sentence(error, self._shop.texts, self._id))
        return True

    async def _recall(self, training: Training) -> None:
        """What an earlier life has shown."""
        if plot := training.pictured.get("plot"):
            self.heard.plot = await self._shop.files.load(plot)
        latest = "samples" if "samples" in training.pictured else "before"
        self.heard.samples = tuple(await self._pictures(training, latest))

    async def _listen(self, training: Training) -> Artifact | None:
        """Follow a run; returns what it came to."""
        request = await request_of(self._shop, training)
        last, begun = None, False
        async with aclosing(self._shop.pipeline.submit(request)) as stream:
            async for event in stream:
                if isinstance(event, TrainingProgress) and not begun:
                    begun = True
                    if not await self._queue.begin(training):
                        raise Cancelled
                await self._heed(training, event)
                self.heard.hear(event)
                self._reply.show(self.heard.status())
                if isinstance(event, Artifact) and event.is_final:
                    last = event
        return last

    async def _heed(self, training: Training, event: Waiting | TrainingNews) -> None:
        """Write down what must not be forgotten."""
        match event:
            case Artifact(is_final=False):
                await self._queue.add_snapshot(training, event)
            case FurnaceReport():
                await self._queue.judge(training, event)
                await self._warn(training, event)
            case SamplePictures(num_done=num_done, pictures=pictures):
                hashes = [await self._shop.files.store(png) for png in pictures]
                if num_done:
                    drawn = with_drawn(training, num_done, hashes)
                    await self._picture(training, samples=hashes, drawn=drawn)
                else:
                    await self._picture(training, before=hashes)
            case LossPlot(png=png):
                await self._picture(training, plot=await self._shop.files.store(png))

    async def _picture(self, training: Training, **hashes: object) -> None:
        training.pictured = training.pictured | hashes
        await self._queue.picture(training, training.pictured)

    async def _warn(self, training: Training, report: FurnaceReport) -> None:
        """Tell a trouble once; the next look tells it where Discord was away.

        That nobody can be told is no reason to give up what they will come back for.
        """
        verdict = report.verdict if report.verdict in TROUBLES else None
        if verdict == training.told_verdict:
            return
        try:
            if verdict:
                await self._reply.warn(report)
        except (ReplyDelayed, Unreachable) as error:
            logger.warning("training %s: no warning for now: %s", self._id, error)
            return
        training.told_verdict = verdict
        await self._queue.tell_verdict(training, verdict)

    async def _keep(self, training: Training, last: Artifact) -> None:
        """Put what was learned among the artifacts."""
        stored = await keep(self._shop, training, last.path, last.num_steps)
        if not await self._queue.keep(training, stored.id, last.num_steps):
            if (await self._queue.find(self._id)).artifact_id != stored.id:
                await self._shop.artifacts.delete(stored.id, training.user_id)
            raise Cancelled
        logger.info("training %s: done as artifact %s", self._id, stored.id)

    async def _deliver(self, training: Training) -> None:
        plot = training.pictured.get("plot")
        try:
            stored = await self._shop.artifacts.find(
                training.artifact_id or "", training.user_id, training.guild_id
            )
        except Refusal:
            return  # deleted already, by its owner: there is nothing left to be told of
        room = await self._shop.artifacts.rooms.of(
            training.user_id, math.inf if training.max_stored is None else training.max_stored
        )
        result = TrainingResult(
            name=stored.name,
            num_steps=training.num_done,
            files=learned_files(self._shop, training, stored),
            before=await self._pictures(training, "before"),
            after=await self._load(drawn_by(training, training.num_done)),
            plot=await self._shop.files.load(plot) if plot else None,
            notes=self.heard.status().notes,
            overfull=Overfull(room.stored, room.most) if room.is_overfull else None,
        )
        await self._insist(partial(self._reply.deliver, result))

    async def _pictures(self, training: Training, what: str) -> list[bytes]:
        return await self._load(training.pictured.get(what, []))

    async def _load(self, hashes: Sequence[str]) -> list[bytes]:
        return [await self._shop.files.load(each) for each in hashes]

    async def _put_out(self, training: Training) -> None:
        """Nothing of what was discarded stays."""
        folder = self._shop.folder_of(training)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        await self._insist(partial(self._reply.put_out, training.sentence or ""))
        await self._queue.answer(training)

    async def _insist(self, answer: Callable[[], Awaitable[T]]) -> T:
        return await insist(f"training {self._id}", answer)
