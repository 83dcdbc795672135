"""What somebody trained, wherever a command takes a name."""

from pathlib import Path

import pytest

from bot.commands.desk import Desk
from bot.intake.advanced import completions
from bot.intake.found_settings import imported
from bot.intake.generation import TypedOptions
from bot.jobs.artifacts import Kept
from bot.records.database import Database
from bot.records.people import People
from pipeline import UnknownModel
from tests.bot.records.past import ADA, BEN


@pytest.fixture
async def desk(desk: Desk, database: Database, tmp_path: Path) -> Desk:
    """With a model, a style and a look that Ada trained."""
    async with database.writing() as session:
        await People(session).meet_user(ADA, "ada")
    file = tmp_path / "learned.safetensors"
    file.write_bytes(b"weights")
    for name, kept in (
        ("mine", Kept("checkpoint", "sd1", 96, base="sd")),
        ("lost", Kept("checkpoint", "sd1", 96, base="a model that is gone")),
        ("style", Kept("lora", "sd1", 96)),
        ("look", Kept("aesthetic", "sd1", 64)),
    ):
        await desk.artifacts.take(ADA, name, file, kept)
    return desk


async def test_a_model_that_one_trained_is_a_model_for_those_who_may_use_it(desk: Desk) -> None:
    typed = TypedOptions(prompt="a", model="mine", explicit=frozenset({"model"}))
    intake = await desk.intake_for(ADA, None)
    assert list(intake.models) == ["sd", "mine"]
    request = intake.request(typed, ADA)
    resolved = await desk.artifacts.resolve(request, ADA, None)
    assert resolved.checkpoint
    assert resolved.checkpoint.base == "sd"
    assert desk.intake.native_size_of(resolved) == desk.intake.native_size("sd")
    with pytest.raises(UnknownModel):
        (await desk.intake_for(BEN, None)).request(typed, BEN)


async def test_settings_from_a_picture_may_name_what_one_trained(desk: Desk) -> None:
    infotext = "a hat <lora:style:1>\nSteps: 20, Seed: 1, CFG scale: 7, Aesthetic embedding: look"
    found = await imported(await desk.intake_for(ADA, None), infotext, ADA)
    assert (found.notes, found.request.aesthetic_embedding) == ((), "look")
    assert "<lora:style:1>" in found.request.prompt
    assert found.request.model == "sd"
    others = await imported(await desk.intake_for(BEN, None), infotext, BEN)
    assert len(others.notes) == 2


async def test_a_look_is_offered_where_its_name_is_expected(desk: Desk) -> None:
    names = await desk.artifacts.names(ADA, None)
    more = {"Aesthetic embedding": [*names.of_kind("aesthetic")]}
    assert list(completions("ENSD: 1, aesthetic embedding: ", more)) == [
        "ENSD: 1, Aesthetic embedding: look"
    ]
    assert list(completions("Aesthetic embedding: x", more)) == ["Aesthetic embedding: x"]
