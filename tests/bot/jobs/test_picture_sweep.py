"""Which pictures are swept away, and when."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from bot.errors import Refusal
from bot.intake.drafts import DraftKeeper
from bot.intake.pictures import Offered
from bot.intake.training_drafts import DraftPicture, TrainingDraft
from bot.jobs import picture_sweep
from bot.jobs.picture_sweep import PictureSweep
from bot.records.database import Database
from bot.records.files import PictureFiles
from bot.records.models import (
    Draft,
    LearnedPicture,
    StoredImage,
    Training,
    TrainingState,
    User,
)
from bot.records.people import People
from pipeline import TrainingWish
from tests.bot.conftest import sqlite_only
from tests.bot.records.past import ADA, add, learned

NOW = datetime.now(UTC)
Keep = Callable[..., Awaitable[str]]


@pytest.fixture
async def began(database: Database) -> datetime:
    """When the records did: a year ago, when Ada came."""
    moment = NOW - timedelta(days=365)
    async with database.writing() as session:
        await People(session).meet_user(ADA, "ada")
        await session.execute(update(User).values(created_at=moment))
    return moment


@pytest.fixture
def sweep(database: Database, files: PictureFiles, began: datetime) -> PictureSweep:
    return PictureSweep(database, files, kept_days=30)


@pytest.fixture
def keep(files: PictureFiles, tmp_path: Path) -> Keep:
    """Stores a picture as it were some days ago; returns its hash."""

    async def keep(content: str, days: float = 100) -> str:
        file_hash = await files.store(content.encode())
        age(path_of(tmp_path, file_hash), days)
        return file_hash

    return keep


def path_of(folder: Path, file_hash: str) -> Path:
    return folder / "pictures" / file_hash[:2] / f"{file_hash}.png"


def age(path: Path, days: float) -> None:
    moment = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))


def there(folder: Path) -> set[str]:
    """The hashes of all pictures that are kept."""
    return {it.stem for it in (folder / "pictures").glob("*/*.png")}


async def add_training(
    database: Database, state: TrainingState, picture: str, days: float = 0, **values: Any
) -> None:
    """A training of Ada's, with one picture, that came to this state some days ago."""
    moment = NOW - timedelta(days=days)
    is_over = state in (TrainingState.DONE, TrainingState.FAILED, TrainingState.CANCELLED)
    usual: dict[str, Any] = {
        "pictured": {},
        "ended_at": moment if is_over else None,
        "answered_at": moment if is_over else None,
    }
    training = Training(
        id=picture[:24],
        state=state,
        request={},
        user_id=ADA,
        channel_id=1,
        num_done=0,
        round=0,
        created_at=moment,
        pictures=[LearnedPicture(index=0, file_hash=picture, caption="")],
        **usual | values,
    )
    async with database.writing() as session:
        session.add(training)


async def test_what_nothing_names_goes_after_a_day_and_all_else_stays(
    database: Database, sweep: PictureSweep, keep: Keep, tmp_path: Path
) -> None:
    orphan, new = await keep("orphan"), await keep("new", days=0.9)
    made, begun, mask, preview, shown = [
        await keep(it) for it in ("made", "begun", "mask", "preview", "shown")
    ]
    job_id = await add(database, 1, init_hash=begun, mask_hash=mask)
    artifact = learned(ADA, "zuk")
    artifact.preview_hash = preview
    async with database.writing() as session:
        await session.execute(
            update(StoredImage).where(StoredImage.job_id == job_id).values(file_hash=made)
        )
        session.add(artifact)
    lessons = [await keep(f"lesson {state}") for state in TrainingState]
    for state, lesson in zip(TrainingState, lessons, strict=True):
        await add_training(database, state, lesson, days=99)
    await add_training(
        database, TrainingState.PAUSED, await keep("a"), days=99, pictured={"samples": [shown]}
    )
    before = there(tmp_path)
    assert await sweep.sweep() == 2
    discarded = lessons[[*TrainingState].index(TrainingState.CANCELLED)]
    assert before - there(tmp_path) == {orphan, discarded}
    assert new in before
    assert await sweep.sweep() == 0


@pytest.mark.parametrize(("days", "opens"), [(29, True), (30.5, False)])
async def test_a_draft_keeps_its_pictures_as_long_as_somebody_may_come_back(
    database: Database,
    sweep: PictureSweep,
    keep: Keep,
    tmp_path: Path,
    days: float,
    opens: bool,
) -> None:
    drafts = DraftKeeper(database)
    hashes = [await keep(it) for it in ("a picture", "a lesson", "its thumbnail")]
    offer_id = await drafts.offer(ADA, [Offered(name="a.png", file_hash=hashes[0])])
    picture = DraftPicture(
        name="b.png",
        file_hash=hashes[1],
        thumbnail_hash=hashes[2],
        coarse="00",
        width=64,
        height=64,
    )
    wish = TrainingWish(name="zuk", method="lora", model="sd")
    await drafts.keep_training(TrainingDraft(id="d" * 24, wish=wish, pictures=(picture,)), ADA)
    async with database.writing() as session:
        await session.execute(update(Draft).values(created_at=NOW - timedelta(days=days)))
    await sweep.sweep()
    assert there(tmp_path) == set(hashes)
    for ask in (drafts.offered(offer_id, ADA), drafts.training("d" * 24, ADA)):
        if opens:
            assert await ask
        else:
            with pytest.raises(Refusal, match=r"draft\.unknown"):
                await ask
    async with database.writing() as session:
        await session.execute(update(Draft).values(created_at=NOW - timedelta(days=32)))
    assert await sweep.sweep() == 3
    assert there(tmp_path) == set()


@pytest.mark.parametrize(
    ("state", "days", "stays"),
    [
        (TrainingState.DONE, 29, True),
        (TrainingState.DONE, 31, False),
        (TrainingState.FAILED, 31, False),
        (TrainingState.CANCELLED, 0, False),
        (TrainingState.PAUSED, 99, True),
        (TrainingState.RUNNING, 99, True),
    ],
)
async def test_what_showed_a_training_goes_with_its_snapshots(
    database: Database,
    sweep: PictureSweep,
    keep: Keep,
    tmp_path: Path,
    state: TrainingState,
    days: float,
    stays: bool,
) -> None:
    before, sample, plot = [await keep(it) for it in ("before", "sample", "plot")]
    pictured = {"before": [before], "samples": [sample], "plot": plot}
    lesson = await keep("lesson")
    await add_training(database, state, lesson, days, pictured=pictured)
    # What was learned is shown by a sample, too.
    artifact = learned(ADA, "zuk")
    artifact.preview_hash = sample
    async with database.writing() as session:
        session.add(artifact)
    await sweep.sweep()
    left = {sample, *([before, plot] if stays else [])}
    if state is not TrainingState.CANCELLED:
        left.add(lesson)
    assert there(tmp_path) == left
    async with database.reading() as session:
        found = await session.get(Training, lesson[:24])
        assert found
        assert found.pictured == (pictured if stays else {})


async def test_an_end_that_its_user_was_not_told_of_keeps_all(
    database: Database, sweep: PictureSweep, keep: Keep
) -> None:
    plot = await keep("plot")
    for number, state in enumerate((TrainingState.DONE, TrainingState.CANCELLED)):
        lesson = await keep(f"lesson {number}")
        values = {"answered_at": None, "pictured": {"plot": plot}}
        await add_training(database, state, lesson, days=99, **values)
    assert await sweep.sweep() == 0


async def test_for_ever_is_for_ever(
    database: Database, files: PictureFiles, began: datetime, keep: Keep
) -> None:
    plot = await keep("plot")
    await add_training(
        database, TrainingState.DONE, await keep("lesson"), 300, pictured={"plot": plot}
    )
    assert await PictureSweep(database, files, kept_days=0).sweep() == 0


async def test_what_is_stored_again_while_a_sweep_is_on_stays(
    files: PictureFiles, keep: Keep, tmp_path: Path
) -> None:
    old, again = await keep("old"), await keep("again")
    yesterday = NOW - timedelta(days=1)
    found = set[str]()
    for file_hash in (old, again):
        span = NOW - timedelta(days=200), yesterday
        found |= await files.stored_between(file_hash[:2], *span)
    assert found == {old, again}
    assert await files.store(b"again") == again
    assert await files.delete(found, yesterday) == 1
    assert there(tmp_path) == {again}


async def test_what_was_there_before_the_records_began_is_not_theirs_to_delete(
    database: Database, files: PictureFiles, keep: Keep, tmp_path: Path
) -> None:
    others = await keep("of other records")
    sweep = PictureSweep(database, files, kept_days=30)
    assert await sweep.sweep() == 0
    async with database.writing() as session:
        await People(session).meet_user(ADA, "ada")
    assert await sweep.sweep() == 0
    assert there(tmp_path) == {others}


@sqlite_only  # which calls a lost table an operational error
async def test_a_sweep_that_failed_is_tried_again(
    database: Database,
    sweep: PictureSweep,
    keep: Keep,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def until(is_so: Callable[[], bool]) -> None:
        for _ in range(500):
            if is_so():
                return
            await asyncio.sleep(0.01)
        pytest.fail("it never was")

    monkeypatch.setattr(picture_sweep, "FIRST", 0.0)
    monkeypatch.setattr(picture_sweep, "EVERY", 0.02)
    await keep("orphan")
    rename = "ALTER TABLE {} RENAME TO {}"
    await database.change(lambda it: it.execute(text(rename.format("drafts", "lost"))).close())
    sweep.begin()
    await until(lambda: "not swept" in caplog.text)
    assert len(there(tmp_path)) == 1
    await database.change(lambda it: it.execute(text(rename.format("lost", "drafts"))).close())
    await until(lambda: not there(tmp_path))
    await sweep.close()


async def test_halves_of_pictures_go_and_files_of_other_names_stay(
    sweep: PictureSweep, keep: Keep, tmp_path: Path
) -> None:
    folder = path_of(tmp_path, await keep("orphan")).parent
    names = ".tmp1", ".tmp2", "notes.png", "notes.txt"
    for name, days in zip(names, (2, 0.5, 99, 99), strict=True):
        (folder / name).write_bytes(b"half")
        age(folder / name, days)
    await sweep.sweep()
    assert {it.name for it in folder.iterdir()} == {".tmp2", "notes.png", "notes.txt"}
