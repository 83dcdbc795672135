"""What several presses at once do to an artifact, on SQLite and on PostgreSQL."""

import asyncio
from dataclasses import replace
from pathlib import Path

from bot.errors import Refusal
from bot.jobs.artifacts import Artifacts
from bot.jobs.sharing import Sharing
from bot.records.artifacts import ArtifactChanges
from bot.records.database import Database
from bot.records.origin import Origin
from tests.bot.jobs.conftest import Start
from tests.bot.jobs.learned import Make, asking
from tests.bot.records.past import ADA, BEN, WORKSHOP


async def test_what_is_shared_twice_at_once_is_shared(sharing: Sharing, make: Make) -> None:
    artifact = await make("ada", "cat")
    shares = (sharing.share_with_guild(artifact.id, ADA, WORKSHOP, "workshop") for _ in range(8))
    assert len((await asyncio.gather(*shares))[-1].guild_shares) == 1
    codes = await asyncio.gather(*(sharing.share_by_code(artifact.id, ADA) for _ in range(8)))
    [code] = {it.share_code for it in codes}
    assert code
    pasted = await asyncio.gather(*(sharing.use_code(code, BEN, "ben") for _ in range(8)))
    assert {it.id for it in pasted} == {artifact.id}


async def test_of_two_things_that_get_a_name_at_once_one_has_it(
    artifacts: Artifacts, make: Make
) -> None:
    made = [await make("ada", name) for name in ("cat", "dog", "elk")]
    renames = (artifacts.rename(it.id, ADA, "hat") for it in made)
    said = await asyncio.gather(*renames, return_exceptions=True)
    assert [it.name for it in said if not isinstance(it, BaseException)] == ["hat"]
    assert {it.key for it in said if isinstance(it, Refusal)} == {"artifact.name_taken"}


async def test_what_is_made_anew_before_a_job_is_taken_on_is_what_that_draws_with(
    start: Start, artifacts: Artifacts, make: Make, origin: Origin
) -> None:
    first = await make("ada", "cat", card={"training": "7"})
    request = await artifacts.resolve(asking("a cat"), ADA, None)
    anew = await make("ada", "kitten", card={"training": "7"})
    await artifacts.sweep()
    assert not artifacts.path(first).exists()

    process = start()
    await process.jobs.accept(request, replace(origin, user_id=ADA, guild_id=None))
    await process.pipeline.begun.wait()
    [used] = process.pipeline.requests[0].artifacts
    assert (used.id, used.name, anew.id) == (first.id, "cat", first.id)
    assert await asyncio.to_thread(Path(used.path).read_bytes) == b"ada kitten"

    # Made anew once more, it stays as it was for the job.
    await make("ada", "tomcat", card={"training": "7"})
    await artifacts.sweep()
    assert await asyncio.to_thread(Path(used.path).read_bytes) == b"ada kitten"
    await process.finish()


async def test_what_is_made_anew_while_a_job_is_taken_on_waits_for_that(
    database: Database, make: Make
) -> None:
    first = await make("ada", "cat", card={"training": "7"})
    async with database.writing() as session:
        assert await ArtifactChanges(session).hold(first.id, ADA, None)
        making = asyncio.create_task(make("ada", "kitten", card={"training": "7"}))
        await asyncio.sleep(0.3)
        assert not making.done()
    assert (await making).id == first.id
