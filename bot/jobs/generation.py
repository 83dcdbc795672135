"""The line that every generation job runs along, from accepted to answered.

It knows the durable queue, the dispatcher and the picture files, and nothing of Discord: a
`Reply` answers for it. One task follows each job; `bot.jobs.queue` says why a job survives the
death of this process at any moment.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from typing import Protocol, TypeVar

from bot.errors import is_expected, sentence
from bot.jobs.artifacts import Artifacts
from bot.jobs.queue import Queue, Withdrawal
from bot.locales import Texts
from bot.records.derivations import Descent
from bot.records.files import PictureFiles
from bot.records.inputs import NO_INPUTS, Inputs
from bot.records.models import Job, JobState
from bot.records.origin import Origin
from bot.replies.reply import Reply, ReplyDelayed, Unreachable
from pipeline import (
    Cancelled,
    GeneratedImage,
    GenerationProgress,
    GenerationRequest,
    TrainingProgress,
    Waiting,
)

T = TypeVar("T")
logger = logging.getLogger(__name__)

FIRST_RETRY, LAST_RETRY = 5.0, 300.0  # seconds between attempts to post an answer

MakeReply = Callable[[Job, bool], Reply]
"""Of a job, and whether it may have been answered already."""


class Pipeline(Protocol):
    """What makes pictures."""

    def submit(
        self, request: GenerationRequest
    ) -> AsyncIterator[Waiting | GenerationProgress | GeneratedImage]:
        """Queue a request, from this moment on."""

    def remember(self, served: Sequence[str]) -> None:
        """Take it that these users had their turns, in this order, before anything is queued."""

    def cancel(self, request_id: str) -> bool:
        """Withdraw a request."""

    def outlook(self) -> Sequence[GenerationProgress | TrainingProgress | Waiting]:
        """How far everything is: what is worked on, then who waits, in order."""


class GenerationJobs:
    """All generation jobs of this process."""

    def __init__(
        self,
        queue: Queue,
        pipeline: Pipeline,
        files: PictureFiles,
        artifacts: Artifacts,
        texts: Texts,
        make_reply: MakeReply,
    ) -> None:
        self._queue = queue
        self._pipeline = pipeline
        self._files = files
        self._artifacts = artifacts
        self._texts = texts
        self._make_reply = make_reply
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    async def check(self, request: GenerationRequest, user_id: int, roles: Collection[str]) -> None:
        """Raise `Refusal` where a request is more than its user may ask for now."""
        await self._queue.check(request, user_id, roles)

    async def accept(
        self,
        request: GenerationRequest,
        origin: Origin,
        descent: Descent | None = None,
        inputs: Inputs = NO_INPUTS,
    ) -> Job:
        """Take a job on; it is followed to its answer, by this process or a later one.

        Raises `Refusal`, `AlreadyAsked` or `RecordsUnavailable` where it is not taken.
        """
        job = await self._queue.accept(request, origin, descent, inputs)
        logger.info("job %s: accepted from user %d", job.id, job.user_id)
        self._follow(job, may_be_answered=False)
        return job

    async def resume(self) -> None:
        """Go on with everything that an earlier process left unanswered."""
        served = await self._queue.last_served()
        self._pipeline.remember([str(user_id) for user_id in served])
        for job in await self._queue.take_over():
            logger.info("job %s: going on (%s)", job.id, job.state)
            self._follow(job, may_be_answered=True)

    async def find(self, job_id: str) -> Job | None:
        """The job of that id, whole, whatever became of it."""
        return await self._queue.find(job_id)

    async def cancel(self, job: Job, user_id: int) -> Withdrawal:
        """Withdraw a job for its user."""
        result = await self._queue.cancel(job, user_id, self._texts("job.cancelled"))
        if result is Withdrawal.DONE:
            self._pipeline.cancel(job.id)
        return result

    async def close(self) -> None:
        """Let go of all jobs; what is unanswered goes on at the next start."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _follow(self, job: Job, may_be_answered: bool) -> None:
        if self._closing:
            return
        reply = self._make_reply(job, may_be_answered)
        task = asyncio.create_task(self._run(job, reply), name=f"job {job.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, job: Job, reply: Reply) -> None:
        try:
            await self._bring_to_answer(job, reply)
            if job.request.get("artifacts"):
                # One of them may have been deleted while the job needed its file.
                await self._artifacts.sweep()
        except Exception:
            # The row still says what is owed: the next start tries again.
            logger.exception("job %s: left unanswered", job.id)
        finally:
            await reply.leave()

    async def _bring_to_answer(self, job: Job, reply: Reply) -> None:
        try:
            if job.state in (JobState.CANCELLED, JobState.FAILED):
                await self._refuse(job, reply, job.sentence or "")
            else:
                await self._make_and_deliver(job, reply)
        except Unreachable:
            logger.warning("job %s: user %d cannot be reached any more", job.id, job.user_id)
            await self._queue.fail(job, self._texts("job.unreachable"))
            await self._queue.tell(job)

    async def _make_and_deliver(self, job: Job, reply: Reply) -> None:
        try:
            request = GenerationRequest(**job.request)
            pictures = await self._pictures(job, request, reply)
            where = await insist(f"job {job.id}", lambda: reply.deliver(request, pictures))
        except Unreachable:
            raise
        except Cancelled:
            await self._refuse(job, reply, self._texts("job.cancelled"))
        except Exception as error:
            if is_expected(error):
                logger.info("job %s: failed: %s", job.id, error)
            else:
                logger.exception("job %s: failed", job.id)
            await self._fail(job, reply, sentence(error, self._texts, job.id))
        else:
            await self._queue.deliver(job, where)
            messages = ", ".join(str(it.message_id) for it in where)
            logger.info("job %s: delivered as %s", job.id, messages)

    async def _pictures(self, job: Job, request: GenerationRequest, reply: Reply) -> list[bytes]:
        if job.state is JobState.MADE:
            return [await self._files.load(image.file_hash) for image in job.images]
        return await self._make(job, request, reply)

    async def _make(self, job: Job, request: GenerationRequest, reply: Reply) -> list[bytes]:
        images: list[tuple[GeneratedImage, str]] = []
        begun = False
        async for event in self._pipeline.submit(await self._with_inputs(job, request)):
            match event:
                case Waiting():
                    reply.show_waiting(event.num_before, event.seconds)
                case GenerationProgress():
                    reply.show_progress(event.fraction, event.preview)
                    if not begun:
                        await self._queue.begin(job)
                        begun = True
                case GeneratedImage():
                    images.append((event, await self._files.store(event.png)))
        images.sort(key=lambda stored: stored[0].index)
        if not await self._queue.keep(job, request, images):
            raise Cancelled
        return [image.png for image, _ in images]

    async def _with_inputs(self, job: Job, request: GenerationRequest) -> GenerationRequest:
        """The request with the pictures that it begins from, which its row only names."""
        named = {"init_image": job.init_hash, "mask": job.mask_hash}
        inputs = {name: await self._files.load(it) for name, it in named.items() if it}
        return request.model_copy(update=inputs)

    async def _fail(self, job: Job, reply: Reply, text: str) -> None:
        try:
            await self._queue.fail(job, text)
        finally:
            # A database that cannot be written is no reason to leave somebody waiting.
            await self._refuse(job, reply, text)

    async def _refuse(self, job: Job, reply: Reply, text: str) -> None:
        await insist(f"job {job.id}", lambda: reply.refuse(text))
        await self._queue.tell(job)


async def insist(what: str, answer: Callable[[], Awaitable[T]]) -> T:
    """Answer, as often as it takes: Discord may be away for a while."""
    delay = FIRST_RETRY
    while True:
        try:
            return await answer()
        except ReplyDelayed as error:
            logger.warning("%s: no answer for now (%s); again in %.0f s", what, error, delay)
        await asyncio.sleep(delay)
        delay = min(2 * delay, LAST_RETRY)
