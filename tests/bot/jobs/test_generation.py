"""The line, on a real database and real files; only the model and Discord are small stand-ins."""

import asyncio
import errno
import os
from dataclasses import replace

import pytest
from sqlalchemy import Connection, func, select

from bot.config import LimitsConfig
from bot.errors import RecordsUnavailable, Refusal
from bot.jobs import generation
from bot.jobs.queue import Queue, Withdrawal
from bot.records.database import Database
from bot.records.files import PictureFiles
from bot.records.models import Guild, JobState, StoredImage, User
from bot.records.origin import Origin
from bot.replies.reply import ReplyDelayed, Unreachable
from pipeline import GenerationFailed, GenerationRequest
from tests.bot.conftest import sqlite_only
from tests.bot.jobs.conftest import JOB, REQUEST, Start, stored


async def test_a_job_runs_from_accepted_to_delivered(
    start: Start, origin: Origin, database: Database, files: PictureFiles
) -> None:
    process = start()
    await process.jobs.accept(REQUEST, origin)
    assert (await stored(database)).state in (JobState.ACCEPTED, JobState.RUNNING)
    await process.finish()

    job = await stored(database)
    assert job.state is JobState.DELIVERED
    assert job.answered_at
    assert job.interaction_token is None
    reply = process.replies[JOB]
    assert reply.shown == [(2, 4.5), (0.5, b"preview")]
    assert reply.answers == [[b"a red circle 7", b"a red circle 8"]]
    async with database.reading() as session:
        images = (await session.scalars(select(StoredImage).order_by(StoredImage.index))).all()
        assert [image.seed for image in images] == [7, 8]
        assert [image.message_id for image in images] == [2, 2]
        assert images[1].settings["seeds"] == [8]
        assert images[1].settings["prompt"] == "a red circle"
        assert await files.load(images[1].file_hash) == b"a red circle 8"
        assert (await session.get_one(User, origin.user_id)).name == "nelly"
        assert await session.scalar(select(func.count()).select_from(Guild)) == 1


async def test_a_job_is_on_disk_before_it_is_accepted(
    start: Start, origin: Origin, database: Database
) -> None:
    process = start()
    job = await process.jobs.accept(REQUEST, origin)
    await process.jobs.close()
    request = REQUEST.model_copy(update={"max_running": LimitsConfig().max_running})
    assert (await stored(database, job.id)).request == request.model_dump(mode="json")


async def test_a_restart_computes_what_was_under_way_and_answers_it_once(
    start: Start, origin: Origin, database: Database
) -> None:
    first = start()
    await first.jobs.accept(REQUEST, origin)
    await first.pipeline.begun.wait()
    await first.jobs.close()
    assert first.replies[JOB].answers == []

    second = start()
    await second.jobs.resume()
    await second.finish()
    assert second.replies[JOB].may_be_answered
    assert len(second.replies[JOB].answers) == 1

    third = start()
    await third.jobs.resume()
    assert third.replies == {}
    assert (await stored(database)).state is JobState.DELIVERED


async def test_jobs_go_on_in_the_order_in_which_they_were_accepted(
    start: Start, origin: Origin
) -> None:
    first = start()
    for number in range(3):
        request = GenerationRequest(id=f"{9 - number}" * 24, prompt="a", seeds=(1,))
        await first.jobs.accept(request, origin)
    await first.jobs.close()

    second = start()
    await second.jobs.resume()
    await second.finish()
    assert second.pipeline.submitted == ["9" * 24, "8" * 24, "7" * 24]


async def test_turns_and_limits_outlast_a_restart(
    start: Start, origin: Origin, database: Database, queue: Queue
) -> None:
    first = start()
    for number, user_id in enumerate((7, 8, 7, 9)):
        request = GenerationRequest(id=f"{number:024x}", prompt="a", seeds=(1,))
        await first.jobs.accept(request, replace(origin, user_id=user_id))
        await first.pipeline.begun.wait()
        first.pipeline.begun.clear()
    await first.jobs.close()

    second = start()
    second.pipeline.may_begin.clear()
    await second.jobs.resume()
    assert second.pipeline.served == ["8", "7", "9"]
    # What ran when the bot died waits again, and counts as waiting.
    assert (await stored(database, f"{0:024x}")).state is JobState.ACCEPTED
    second.pipeline.may_begin.set()
    await second.finish()


async def test_pictures_that_were_made_before_a_crash_are_not_computed_again(
    start: Start, origin: Origin
) -> None:
    first = start(*[ReplyDelayed("Discord is away")] * 9)
    await first.jobs.accept(REQUEST, origin)
    first.pipeline.may_finish.set()
    await first.replies[JOB].asked.wait()
    await first.jobs.close()

    second = start()
    await second.jobs.resume()
    await second.finish()
    assert second.pipeline.submitted == []
    assert second.replies[JOB].answers == [[b"a red circle 7", b"a red circle 8"]]


async def test_an_answer_that_discord_does_not_take_now_is_tried_again(
    start: Start, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "FIRST_RETRY", 0.01)
    process = start(ReplyDelayed("503"), ReplyDelayed("503"))
    await process.jobs.accept(REQUEST, origin)
    await process.finish()
    assert len(process.replies[JOB].answers) == 1


async def test_a_cancelled_job_stays_cancelled_after_a_restart(
    start: Start, origin: Origin, database: Database
) -> None:
    first = start()
    job = await first.jobs.accept(REQUEST, origin)
    await first.pipeline.begun.wait()
    assert await first.jobs.cancel(job, origin.user_id) is Withdrawal.DONE
    await first.finish()
    assert first.replies[JOB].answers == ["Cancelled."]

    second = start()
    await second.jobs.resume()
    assert second.replies == {}
    assert (await stored(database)).state is JobState.CANCELLED


async def test_a_cancellation_that_was_not_said_is_said_after_a_restart(
    start: Start, queue: Queue, origin: Origin
) -> None:
    job = await queue.accept(REQUEST, origin)
    await queue.cancel(job, origin.user_id, "Cancelled.")

    process = start()
    await process.jobs.resume()
    await process.finish()
    assert process.pipeline.submitted == []
    assert process.replies[JOB].answers == ["Cancelled."]


async def test_only_its_user_cancels_a_job(start: Start, origin: Origin) -> None:
    process = start()
    job = await process.jobs.accept(REQUEST, origin)
    assert await process.jobs.cancel(job, user_id=1) is Withdrawal.NOT_THEIRS
    await process.finish()
    assert await process.jobs.cancel(job, origin.user_id) is Withdrawal.TOO_LATE
    assert len(process.replies[JOB].answers[0]) == 2  # type: ignore[arg-type]


async def test_pictures_that_come_after_their_cancellation_are_not_posted(
    start: Start, queue: Queue, origin: Origin, database: Database
) -> None:
    process = start()
    job = await process.jobs.accept(REQUEST, origin)
    await process.pipeline.begun.wait()
    await queue.cancel(job, origin.user_id, "Cancelled.")
    await process.finish()
    assert process.replies[JOB].answers == ["Cancelled."]
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(StoredImage)) == 0


async def test_a_failure_is_one_sentence_to_the_user_and_its_job_goes_no_further(
    start: Start, origin: Origin, database: Database
) -> None:
    process = start()
    process.pipeline.error = GenerationFailed("The model gave no picture.")
    await process.jobs.accept(REQUEST, origin)
    await process.finish()
    assert process.replies[JOB].answers == ["The model gave no picture."]
    job = await stored(database)
    assert (job.state, job.sentence) == (JobState.FAILED, "The model gave no picture.")
    assert job.answered_at


async def test_an_unexpected_error_is_one_traceback_with_the_id_of_its_job(
    start: Start, origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    process = start()
    process.pipeline.error = ZeroDivisionError("in the depths")
    await process.jobs.accept(REQUEST, origin)
    await process.finish()
    tracebacks = [record for record in caplog.records if record.exc_info]
    assert len(tracebacks) == 1
    assert JOB in tracebacks[0].getMessage()
    [answer] = process.replies[JOB].answers
    assert JOB in str(answer)
    assert "depths" not in str(answer)


async def test_a_full_disk_is_said_in_words(
    start: Start, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    process = start()
    await process.jobs.accept(REQUEST, origin)
    await process.finish()
    assert "disk is full" in str(process.replies[JOB].answers[0])


async def test_nobody_left_to_answer_ends_a_job(
    start: Start, origin: Origin, database: Database
) -> None:
    process = start(Unreachable())
    await process.jobs.accept(REQUEST, origin)
    await process.finish()
    job = await stored(database)
    assert job.state is JobState.FAILED
    assert job.answered_at


async def test_a_user_may_have_only_so_many_waiting(start: Start, origin: Origin) -> None:
    process = start()
    process.pipeline.may_begin.clear()  # what has begun does not wait any more
    requests = [GenerationRequest(id=str(n) * 24, prompt="a", seeds=(1,)) for n in range(6)]
    results = await asyncio.gather(
        *(process.jobs.accept(request, origin) for request in requests), return_exceptions=True
    )
    assert sum(isinstance(result, Refusal) for result in results) == 3
    await process.jobs.accept(
        GenerationRequest(id="f" * 24, prompt="a", seeds=(1,)), replace(origin, user_id=5)
    )
    process.pipeline.may_begin.set()
    await process.finish()
    await process.jobs.accept(REQUEST, origin)
    await process.jobs.close()


@sqlite_only  # which calls a lost table an operational error
async def test_records_that_cannot_be_written_take_nothing_on(
    start: Start, origin: Origin, database: Database
) -> None:
    process = start()

    def lose_tables(connection: Connection) -> None:
        for table in ("generated_images", "jobs"):
            connection.exec_driver_sql(f"DROP TABLE {table}")

    await database.change(lose_tables)
    with pytest.raises(RecordsUnavailable):
        await process.jobs.accept(REQUEST, origin)
    assert process.pipeline.submitted == []


async def test_a_job_accepted_while_the_bot_stops_waits_for_the_next_start(
    start: Start, origin: Origin, database: Database
) -> None:
    first = start()
    await first.jobs.close()
    await first.jobs.accept(REQUEST, origin)
    await asyncio.sleep(0.01)
    assert first.pipeline.submitted == []

    second = start()
    await second.jobs.resume()
    await second.finish()
    assert (await stored(database)).state is JobState.DELIVERED
