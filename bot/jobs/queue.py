"""The durable queue: what the database knows of every job, and when it learns it.

A job is `accepted`, `running`, `made` and `delivered`, or it ends as `cancelled` or `failed` with
a sentence; `answered_at` says that its user has seen the end of it. Each change is one unit of
work, on disk before anything is done that relies on it. Whatever is unanswered when the bot
starts is its debt. Why nobody is forgotten or answered twice, whenever the process is killed:

- *Before the row is there*, nobody has been told that anything was accepted; Discord itself says
  that the bot did not respond.
- *`accepted` or `running`*: the job is computed again from its request, which holds the seeds.
  Nothing but progress has been shown, and progress does not count.
- *Pictures being stored*: files are whole or absent, and named by their content. The rows that
  name them and the state `made` come in one unit of work, after the files. Until then, as above.
- *`made`, not posted*: the files are there; the next start posts them and computes nothing.
- *Being posted, or posted and not yet noted*: the one moment at which database and Discord may
  disagree. Editing the placeholder again changes nothing. A second post within minutes is
  swallowed by Discord, since the job's id is its nonce; and before it answers anything that may
  have been answered already, a reply looks at the placeholder, and through the channel, for a
  message of its own whose button carries this job's id. Only then it posts. Where the pictures
  need several messages, each is found by the buttons of its own pictures, and the placeholder gets
  its own last.
- *`cancelled` or `failed`, not yet said*: the sentence is in the row; the next start says it, in
  the same way.
- *`answered_at` is set*: done, and the interaction's token is forgotten.

A job that was cancelled while its pictures were on their way stays cancelled: states change only
from those that allow it, by one conditional UPDATE.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from bot.config import LimitsConfig
from bot.errors import BotError
from bot.jobs.artifact_holding import hold
from bot.jobs.limits import allowance, check_counts, check_work
from bot.records.artifact_files import ArtifactFiles
from bot.records.database import Database, uninterrupted
from bot.records.derivations import DerivationChanges, Descent
from bot.records.inputs import NO_INPUTS, Inputs
from bot.records.jobs import JobChanges, Jobs
from bot.records.models import Job, JobState, StoredImage
from bot.records.origin import Origin
from bot.records.people import People
from bot.replies.reply import Delivered
from pipeline import GeneratedImage, GenerationRequest

LATELY = timedelta(days=1)  # whose turn was before that counts as never served


class Withdrawal(Enum):
    """What came of the wish to cancel a job."""

    DONE = auto()
    TOO_LATE = auto()
    NOT_THEIRS = auto()


class AlreadyAsked(BotError):
    """What was asked for is made only once, and somebody asked for it before."""


class Queue:
    """Every job there is, as the database has it."""

    def __init__(self, database: Database, limits: LimitsConfig, learned: ArtifactFiles) -> None:
        """`learned` are the files of what requests may name."""
        self._database = database
        self._limits = limits
        self._learned = learned

    @uninterrupted
    async def check(self, request: GenerationRequest, user_id: int, roles: Collection[str]) -> None:
        """Raise `Refusal` where a request is more than its user may ask for now.

        Nothing is written down: what is checked here is counted again when it is accepted.
        """
        allowed = allowance(self._limits, roles)
        check_work(request, allowed.max_work)
        async with self._database.reading() as session:
            await check_counts(Jobs(session), user_id, allowed, datetime.now(UTC))

    @uninterrupted
    async def accept(
        self,
        request: GenerationRequest,
        origin: Origin,
        descent: Descent | None = None,
        inputs: Inputs = NO_INPUTS,
    ) -> Job:
        """Write a job down; its user may be told so when this returns.

        Its input pictures are stored already. Raises `Refusal` where it is more than they may ask
        for, or names what they may not use, `AlreadyAsked` where it was accepted before, or what
        it makes is made only once and somebody asked for it before.
        """
        allowed = allowance(self._limits, origin.roles)
        check_work(request, allowed.max_work)
        job = Job(
            id=request.id,
            state=JobState.ACCEPTED,
            request=request.model_dump(mode="json") | {"max_running": allowed.running_limit},
            user_id=origin.user_id,
            guild_id=origin.guild_id,
            channel_id=origin.channel_id,
            placeholder_id=origin.placeholder_id,
            interaction_token=origin.interaction_token,
            token_expires_at=origin.token_expires_at,
            file_limit=origin.file_limit,
            init_hash=inputs.init_hash,
            mask_hash=inputs.mask_hash,
            created_at=datetime.now(UTC),
            images=[],
            derivation=None,
        )
        async with self._database.writing() as session:
            people = People(session)
            await people.meet_user(origin.user_id, origin.user_name)
            if origin.guild_id is not None:
                await people.meet_guild(origin.guild_id, origin.guild_name or "")
            jobs = Jobs(session)
            if await jobs.find(job.id):
                raise AlreadyAsked(job.id)
            await check_counts(jobs, origin.user_id, allowed, job.created_at)
            await JobChanges(session).add(job)
            await hold(session, job, request.artifacts, self._learned)
            if descent and not await DerivationChanges(session).add(job, descent):
                raise AlreadyAsked(descent.sole_key)
        return job

    @uninterrupted
    async def find(self, job_id: str) -> Job | None:
        """The job of that id, whole."""
        async with self._database.reading() as session:
            return await Jobs(session).find(job_id)

    @uninterrupted
    async def take_over(self) -> Sequence[Job]:
        """What an earlier process owed, oldest first; of that, nothing is being worked on now."""
        async with self._database.writing() as session:
            await JobChanges(session).put_back()
        async with self._database.reading() as session:
            return await Jobs(session).unanswered()

    @uninterrupted
    async def last_served(self) -> Sequence[int]:
        """The users who had their turn lately, least recently first."""
        async with self._database.reading() as session:
            return await Jobs(session).last_served(datetime.now(UTC) - LATELY)

    @uninterrupted
    async def begin(self, job: Job) -> None:
        """A worker has begun with it."""
        async with self._database.writing() as session:
            await JobChanges(session).begin(job.id)

    @uninterrupted
    async def keep(
        self, job: Job, request: GenerationRequest, images: Sequence[tuple[GeneratedImage, str]]
    ) -> bool:
        """Its pictures are stored, each under its hash; False if it was cancelled meanwhile."""
        rows = [_stored(job, request, image, file_hash) for image, file_hash in images]
        async with self._database.writing() as session:
            return await JobChanges(session).keep(job.id, rows)

    @uninterrupted
    async def cancel(self, job: Job, user_id: int, sentence: str) -> Withdrawal:
        """Withdraw a job, for good, if it is its user who asks and it has no pictures yet."""
        if job.user_id != user_id:
            return Withdrawal.NOT_THEIRS
        async with self._database.writing() as session:
            done = await JobChanges(session).cancel(job.id, sentence)
        return Withdrawal.DONE if done else Withdrawal.TOO_LATE

    @uninterrupted
    async def fail(self, job: Job, sentence: str) -> None:
        """There will be no pictures, for the reason given."""
        async with self._database.writing() as session:
            await JobChanges(session).fail(job.id, sentence)

    @uninterrupted
    async def deliver(self, job: Job, where: Sequence[Delivered]) -> None:
        """Its pictures are posted."""
        places = [(it.channel_id, it.message_id, it.indices) for it in where]
        async with self._database.writing() as session:
            await JobChanges(session).deliver(job.id, places)

    @uninterrupted
    async def tell(self, job: Job) -> None:
        """Its user knows why there are no pictures, or cannot be reached."""
        async with self._database.writing() as session:
            await JobChanges(session).tell(job.id)


def _stored(
    job: Job, request: GenerationRequest, image: GeneratedImage, file_hash: str
) -> StoredImage:
    settings = request.model_copy(
        update={
            "seeds": (image.seed,),
            # The pictures of one request are varied by seeds that count up.
            "variation_seed": request.variation_seed + image.index,
        }
    )
    return StoredImage(
        job_id=job.id,
        index=image.index,
        seed=image.seed,
        settings=settings.model_dump(
            mode="json", exclude={"id", "user", "max_running", "wants_previews", "artifacts"}
        ),
        infotext=image.infotext,
        file_hash=file_hash,
        width=image.width,
        height=image.height,
        created_at=datetime.now(UTC),
    )
