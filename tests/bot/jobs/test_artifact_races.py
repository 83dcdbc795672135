"""What several presses at once do to an artifact, on SQLite and on PostgreSQL."""

import asyncio

from bot.errors import Refusal
from bot.jobs.artifacts import Artifacts
from bot.jobs.sharing import Sharing
from tests.bot.jobs.learned import Make
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
