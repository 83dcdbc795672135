"""How much one user may keep, and what happens to a training that comes to more."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import LimitsConfig, RoleLimits
from bot.errors import Refusal, sentence
from bot.jobs.artifact_room import Room
from bot.jobs.training_queue import Actor
from bot.locales import Texts
from bot.records.files import PictureFiles
from bot.records.models import TrainingState
from bot.records.origin import Origin
from tests.bot.jobs.training_lives import TRAINING, Begin, Life, accepted

LIMITS = LimitsConfig(max_stored=0.000010, roles={"Smith": RoleLimits(max_stored=0.1)})
SMITH = frozenset({"Smith"})


async def ended(life: Life, files: PictureFiles, origin: Origin) -> None:
    """A training that came to 12 bytes, of which its user knows."""
    await accepted(life, files, origin)
    await life.furnace.reach(30)
    await life.told()


@pytest.mark.parametrize(
    ("stored", "num_bytes", "said"),
    [
        (0.5, 500_000, ""),
        (0.5, 500_001, "You keep 0.5 MB and may keep 1 MB; this has 0.5 MB more: delete"),
        (1.0, 0, ""),
        (1.5, 0, "You keep 1.5 MB and may keep 1 MB: before you train or bring along anything"),
        (1.5, 9, "You keep 1.5 MB and may keep 1 MB: before you train or bring along anything"),
    ],
)
def test_a_refusal_says_what_one_keeps_and_may_keep(
    stored: float, num_bytes: int, said: str, texts: Texts
) -> None:
    room = Room(stored, 1)
    if not said:
        room.check(num_bytes)
        return
    with pytest.raises(Refusal) as caught:
        room.check(num_bytes)
    assert sentence(caught.value, texts, "").startswith(said)


async def test_what_a_training_comes_to_is_kept_although_it_is_more_and_its_user_is_told(
    begin: Begin, files: PictureFiles, origin: Origin
) -> None:
    life = begin(limits=LIMITS)
    await ended(life, files, origin)
    assert (await life.now()).state is TrainingState.DONE
    assert len(await life.artifacts.usable(origin.user_id, None)) == 1
    [result] = life.reply.results
    assert result.overfull
    assert (result.overfull.stored, result.overfull.max_stored) == (0.000012, 0.000010)
    with pytest.raises(Refusal, match=r"artifact\.overfull"):
        await life.artifacts.check_new(origin.user_id, "another", ())


async def test_whose_role_lets_them_keep_more_is_told_of_that_limit(
    begin: Begin, files: PictureFiles, origin: Origin
) -> None:
    life = begin(limits=LIMITS)
    await ended(life, files, replace(origin, roles=SMITH))
    assert life.reply.results[0].overfull is None
    assert await life.artifacts.check_new(origin.user_id, "another", SMITH) == "another"


async def test_who_keeps_too_much_goes_on_once_something_is_deleted(
    begin: Begin, files: PictureFiles, origin: Origin, tmp_path: Path
) -> None:
    life = begin(limits=LIMITS)
    await ended(life, files, origin)
    owner = Actor(origin.user_id)
    # What there is of it already would only be replaced.
    first = await life.jobs.pick(TRAINING, owner, 20)
    file = tmp_path / "large.pt"
    file.write_bytes(b"much too large")
    large = await life.artifacts.keep(
        owner_id=origin.user_id, name="large", kind="embedding", path=file
    )
    await life.artifacts.delete(first.id, origin.user_id)
    for refused in (
        life.jobs.pick(TRAINING, owner, 20),
        life.jobs.take_up(TRAINING, owner, 10, "0.001", 40),
    ):
        with pytest.raises(Refusal, match=r"artifact\.overfull"):
            await refused
    await life.artifacts.delete(large.id, origin.user_id)
    assert (await life.jobs.pick(TRAINING, owner, 20)).num_bytes == len(b"learned")
    await life.jobs.take_up(TRAINING, owner, 10, "0.001", 40)
    await life.furnace.reach(40)
    assert (await life.told()).state is TrainingState.DONE
