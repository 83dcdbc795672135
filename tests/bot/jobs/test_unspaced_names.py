"""What names in text without blanks stand for, to whoever asks."""

from dataclasses import replace

import pytest

from bot.errors import Refusal
from bot.jobs.artifact_resolving import Clash
from bot.jobs.artifacts import Artifacts
from bot.jobs.queue import Queue
from bot.jobs.sharing import Sharing
from bot.records.origin import Origin
from tests.bot.jobs.learned import Make, asking, found
from tests.bot.records.past import ADA, BEN, WORKSHOP


async def test_ones_own_names_are_found_where_the_engine_would_use_them(
    artifacts: Artifacts, make: Make
) -> None:
    zuk, cats = await make("ada", "zuk"), await make("ada", "猫猫")
    await make("ada", "style", kind="lora")
    prompt = "画一只猫猫，旁边有Zuk，style"
    assert await found(artifacts, prompt) == [("猫猫", cats.id), ("Zuk", zuk.id)]
    assert await found(artifacts, "一只zuk猫，bazuk") == []
    assert await found(artifacts, "海边的ada/zuk") == [("ada/zuk", zuk.id)]


async def test_nothing_is_found_that_is_somebody_elses_alone(
    artifacts: Artifacts, sharing: Sharing, make: Make
) -> None:
    bens = await make("ben", "zuk-1")
    assert await found(artifacts, "画一只zuk-1") == []
    assert await found(artifacts, "画一只ben/zuk-1") == []
    await sharing.share_with_guild(bens.id, BEN, WORKSHOP, "workshop")
    assert await found(artifacts, "画一只zuk-1") == [("zuk-1", bens.id)]
    assert await found(artifacts, "画一只ben/zuk-1") == [("ben/zuk-1", bens.id)]
    assert await found(artifacts, "画一只zuk-1", guild_id=None) == []


async def test_several_of_others_are_asked_about_and_the_folders_hides_them(
    artifacts: Artifacts, sharing: Sharing, make: Make
) -> None:
    for owner, owner_id in (("ada", ADA), ("ben", BEN)):
        for name in ("zuk-1", "easy-negative"):
            one = await make(owner, name)
            await sharing.share_with_everyone(one.id, owner_id)
    with pytest.raises(Clash, match=r"artifact\.clash"):
        await found(artifacts, "画一只zuk-1", user_id=3)
    assert await found(artifacts, "画一只easy-negative", user_id=3) == []


async def test_the_same_again_means_the_same_and_what_is_withdrawn_is_told(
    artifacts: Artifacts, make: Make, queue: Queue, origin: Origin
) -> None:
    cat = await make("ada", "cat-1")
    mine = replace(origin, user_id=ADA, user_name="ada")
    request = await artifacts.resolve(asking("画一只cat-1"), ADA, None)
    job = await queue.accept(request, mine)
    await artifacts.rename(cat.id, ADA, "cat-2")
    again = await artifacts.resolve(asking("画一只cat-1"), ADA, None, source=job.id)
    assert [(it.name, it.id) for it in again.artifacts] == [("cat-1", cat.id)]
    with pytest.raises(Refusal, match=r"artifact\.renamed"):
        await artifacts.resolve(asking("画一只cat-1"), ADA, None)
    await artifacts.delete(cat.id, ADA)
    with pytest.raises(Refusal, match=r"artifact\.deleted"):
        await artifacts.resolve(asking("画一只cat-1"), ADA, None, source=job.id)
