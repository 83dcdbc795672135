"""What people trained: kept for their owners, and found for whoever may use it, where they may."""

import asyncio
import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete

from bot.errors import Refusal, sentence
from bot.jobs.artifacts import Artifacts, Bringer, Kept
from bot.jobs.queue import Queue
from bot.jobs.sharing import Sharing
from bot.locales import Texts
from bot.records.database import Database
from bot.records.models import StoredArtifact, User
from bot.records.origin import Origin
from pipeline import ModelConfig, model_fit
from tests.bot.jobs.conftest import Start
from tests.bot.jobs.learned import CAFE, DEMO, Make, asking, found
from tests.bot.records.past import ADA, BEN, WORKSHOP


async def test_what_one_trained_is_ones_own_everywhere_and_nobody_elses(
    artifacts: Artifacts, make: Make
) -> None:
    cat = await make("ada", "My-Cat")
    for guild_id in (WORKSHOP, CAFE, None):
        assert await found(artifacts, "a photo of my-cat.", ADA, guild_id) == [("my-cat", cat.id)]
        assert await found(artifacts, "a photo of my-cat", BEN, guild_id) == []
        assert [it.id for it in await artifacts.usable(ADA, guild_id)] == [cat.id]
        assert await artifacts.usable(BEN, guild_id) == []
    assert artifacts.path(cat).read_bytes() == b"ada My-Cat"


async def test_each_way_of_sharing_opens_it_to_those_it_says_until_it_is_withdrawn(
    artifacts: Artifacts, sharing: Sharing, make: Make
) -> None:
    cat = await make("ada", "my-cat")

    async def places() -> set[int | None]:
        return {
            guild_id
            for guild_id in (WORKSHOP, CAFE, None)
            if await found(artifacts, "my-cat", BEN, guild_id)
        }

    await sharing.share_with_guild(cat.id, ADA, CAFE, "café")
    assert await places() == {CAFE}
    await sharing.withdraw_from_guild(cat.id, ADA, CAFE)
    assert await places() == set()
    await sharing.share_with_everyone(cat.id, ADA)
    assert await places() == {WORKSHOP, CAFE, None}
    await sharing.withdraw_from_everyone(cat.id, ADA)
    assert await places() == set()
    code = (await sharing.share_by_code(cat.id, ADA)).share_code
    assert code
    assert await places() == set()
    await sharing.use_code(f" {code.upper()} ", BEN, "ben")
    assert await places() == {WORKSHOP, CAFE, None}
    await sharing.withdraw_code(cat.id, ADA)
    assert await places() == set()
    with pytest.raises(Refusal, match=r"artifact\.no_code"):
        await sharing.use_code(code, BEN, "ben")
    assert (await sharing.share_by_code(cat.id, ADA)).share_code != code
    assert await places() == set()


async def test_a_file_stays_while_a_job_waits_for_it_and_no_longer(
    artifacts: Artifacts, make: Make, queue: Queue, origin: Origin
) -> None:
    cat = await make("ada", "cat")
    request = await artifacts.resolve(asking("a cat"), ADA, None)
    # As Ada herself, who asks for a picture and then deletes what it is made with.
    job = await queue.accept(request, replace(origin, user_id=ADA, guild_id=None))
    assert await artifacts.delete(cat.id, ADA) == "cat"
    file = artifacts.path(cat)
    assert str(file) == request.artifacts[0].path
    assert file.read_bytes() == b"ada cat"
    await queue.keep(job, request, [])
    await artifacts.sweep()
    assert not file.exists()


async def test_what_was_there_before_the_records_began_is_not_swept_away(
    artifacts: Artifacts, make: Make, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    old, cat = [await make("ada", name) for name in ("dog", "cat")]
    new = artifacts.path(cat).with_name(f"{'0' * 64}.pt")
    new.write_bytes(b"left half-way by a process that was killed")
    os.utime(artifacts.path(old), (0, 0))
    async with database.writing() as session:
        await session.execute(delete(StoredArtifact).where(StoredArtifact.id == old.id))
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            await artifacts.sweep()
    assert artifacts.path(old).exists()
    assert not new.exists()
    assert len(caplog.records) == 1

    # Of records that know nobody, all that is there is older.
    async with database.writing() as session:
        await session.execute(delete(StoredArtifact))
        await session.execute(delete(User))
    await artifacts.sweep()
    assert artifacts.path(cat).exists()


async def test_strangers_can_do_nothing_with_what_they_may_use(
    artifacts: Artifacts, sharing: Sharing, make: Make
) -> None:
    cat = await make("ada", "cat-1")
    await sharing.share_with_everyone(cat.id, ADA)
    for work in (
        artifacts.rename(cat.id, BEN, "dog"),
        artifacts.delete(cat.id, BEN),
        sharing.share_by_code(cat.id, BEN),
        sharing.share_with_guild(cat.id, BEN, CAFE, "café"),
        sharing.share_with_everyone(cat.id, BEN),
        sharing.withdraw(cat.id, BEN),
    ):
        with pytest.raises(Refusal, match=r"artifact\.not_yours"):
            await work


@pytest.mark.parametrize(
    "name", ["a/b", "😀", "a" * 300, "", "a b", "-a", "a..b", "123", "<lora:a>", "ß" * 40]
)
async def test_what_no_prompt_could_name_is_no_name(
    artifacts: Artifacts, make: Make, name: str
) -> None:
    cat = await make("ada", "cat")
    with pytest.raises(Refusal, match=r"artifact\.bad_name"):
        await artifacts.rename(cat.id, ADA, name)
    # What was learned is kept nevertheless, under a name like it.
    kept = await make("ada", name)
    assert (await artifacts.rename(kept.id, ADA, kept.name)).name == kept.name
    assert await found(artifacts, f"a {kept.name}.") == [(kept.name, kept.id)]


async def test_a_name_that_is_refused_says_nothing_but_itself(
    artifacts: Artifacts, texts: Texts
) -> None:
    with pytest.raises(Refusal) as caught:
        await artifacts.check_new(ADA, "a` [prize](https://example.org) `b", [])
    assert sentence(caught.value, texts, "").count("`") == 2


async def test_a_name_is_taken_once_by_each(artifacts: Artifacts, make: Make) -> None:
    await make("ada", "cat")
    dog = await make("ada", "dog")
    await make("ben", "cat")
    for work in (artifacts.rename(dog.id, ADA, "CAT"), artifacts.check_new(ADA, "Cat", [])):
        with pytest.raises(Refusal, match=r"artifact\.name_taken"):
            await work
    assert (await artifacts.rename(dog.id, ADA, "Dog")).name == "Dog"
    assert (await make("ada", "Cat")).name == "Cat-2"


async def test_what_is_learned_is_never_called_like_a_model_of_the_config(
    artifacts: Artifacts, make: Make
) -> None:
    dog = await make("ada", "dog")
    for work in (artifacts.rename(dog.id, ADA, "SD"), artifacts.check_new(ADA, "sd", [])):
        with pytest.raises(Refusal, match=r"artifact\.name_of_model"):
            await work
    assert (await make("ada", "sd", kind="checkpoint")).name == "sd-2"


async def test_an_ordinary_word_cannot_be_taken_from_everybody(
    artifacts: Artifacts, sharing: Sharing, make: Make
) -> None:
    cat = await make("ada", "cat")
    with pytest.raises(Refusal, match=r"artifact\.ordinary_word"):
        await sharing.share_with_everyone(cat.id, ADA)
    await artifacts.rename(cat.id, ADA, "cat-1")
    await sharing.share_with_everyone(cat.id, ADA)
    with pytest.raises(Refusal, match=r"artifact\.ordinary_word"):
        await artifacts.rename(cat.id, ADA, "cat")


@pytest.mark.parametrize("name", ["a", "The", "photo", "Red", "circle"])
async def test_those_of_one_guild_may_agree_on_a_word_but_not_on_one_that_the_model_knows(
    artifacts: Artifacts, sharing: Sharing, make: Make, name: str
) -> None:
    cat = await make("ada", name)
    with pytest.raises(Refusal, match=r"artifact\.ordinary_word"):
        await sharing.share_with_guild(cat.id, ADA, WORKSHOP, "the workshop")
    await artifacts.rename(cat.id, ADA, "cat")
    await sharing.share_with_guild(cat.id, ADA, WORKSHOP, "the workshop")
    with pytest.raises(Refusal, match=r"artifact\.ordinary_word"):
        await artifacts.rename(cat.id, ADA, name)


async def test_what_somebody_may_keep_is_limited_by_role(
    artifacts: Artifacts, make: Make, texts: Texts, tmp_path: Path
) -> None:
    await make("ada", "cat")
    assert await artifacts.check_new(ADA, "dog", [], 900) == "dog"
    with pytest.raises(Refusal) as caught:
        await artifacts.check_new(ADA, "dog", [], 2000)
    assert "may keep 0.001 MB" in sentence(caught.value, texts, "")
    assert await artifacts.check_new(ADA, "dog", ["Smith"], 2000) == "dog"
    # Two that come at the same moment are counted one after the other.
    file = tmp_path / "large.pt"
    file.write_bytes(bytes(600))
    kept, ada = Kept("embedding", "sd1", 96), Bringer("ada", [])
    taken = [artifacts.take(ADA, name, file, kept, ada) for name in ("one", "two")]
    results = await asyncio.gather(*taken, return_exceptions=True)
    assert sorted(isinstance(it, Refusal) for it in results) == [False, True]


async def test_what_a_training_makes_anew_takes_the_place_of_what_it_made(
    artifacts: Artifacts, sharing: Sharing, make: Make, tmp_path: Path
) -> None:
    first = await make("ada", "cat-1", card={"training": "7"})
    await sharing.share_with_everyone(first.id, ADA)
    file = tmp_path / "later.pt"
    file.write_bytes(b"learned longer")
    kept = await artifacts.keep(
        owner_id=ADA, name="cat-1", kind="embedding", path=file, base="sd", card={"training": "7"}
    )
    assert (kept.id, kept.name, kept.is_public) == (first.id, "cat-1", True)
    assert artifacts.path(kept).read_bytes() == b"learned longer"
    fit = model_fit("sd", ModelConfig(path=DEMO))
    assert (kept.family, kept.width) == (fit.family, fit.token_width)
    [mine] = await artifacts.usable(ADA, None)
    other = await make("ada", "cat-1", card={"training": "8"})
    assert (mine.id, other.name) == (first.id, "cat-1-2")


async def test_what_is_deleted_while_a_job_draws_with_it_stays_until_that_is_done(
    start: Start, artifacts: Artifacts, make: Make, origin: Origin
) -> None:
    cat = await make("ada", "cat")
    process = start()
    request = await artifacts.resolve(asking("a cat"), ADA, None)
    job = await process.jobs.accept(request, replace(origin, user_id=ADA, guild_id=None))
    await process.pipeline.begun.wait()
    await artifacts.delete(cat.id, ADA)
    assert artifacts.path(cat).read_bytes() == b"ada cat"
    await process.finish()
    assert process.replies[job.id].answers == [[b"a cat 1"]]
    assert not artifacts.path(cat).exists()
