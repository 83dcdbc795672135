"""What is wrong with a training is said before it begins, with the limit or what mends it."""

from datetime import UTC, datetime

import pytest

from bot.config import LimitsConfig, TrainingConfig
from bot.local_discord.person import File, Person, Refused
from bot.records.models import StoredArtifact
from bot.records.people import People
from tests.bot.conversation.conftest import Town
from tests.bot.conversation.drafting import (
    SIX,
    added,
    becomes,
    buttons,
    is_private,
    opened,
    picture,
    proposed,
    trainings,
    zipped,
)
from tests.bot.conversation.learning import learning

BAD_FILES = [
    (File("a.txt", b"on a lake"), "There is no picture to learn from yet"),
    (File("b.png", b"words"), "b.png was left out. The picture cannot be read"),
    (picture("red", (20, 20)), "20 x 20 pixels shows too little"),
    (File("c.txt", b"\xff\xfe\x00"), "c.txt is no text in UTF-8"),
    (File("d.txt", b"a" * 2000), "d.txt is too long for a caption: up to 1,000 characters"),
    (File("e.zip", zipped(File("b.zip", b""))), "another archive in it"),
    (File("f.zip", zipped(*SIX)[:-9]), "f.zip is damaged or no zip at all"),
    (File("g.zip", zipped(File("a.exe", b""))), "has no PNG, JPEG, WebP or GIF in it"),
    (File("h.zip", zipped(File("i.png", b"MZ"))), "i.png was left out."),
]


async def test_what_is_wrong_with_a_file_is_said_above_a_draft_that_goes_on(town: Town) -> None:
    async with town.bot():
        (first, said), *others = BAD_FILES
        preview = await proposed(town, [first])
        assert said in preview["content"]
        for file, said in others:
            assert not buttons(preview)["Confirm"]
            await added(town, preview, [file])
            preview = await becomes(town, preview, said)
        await added(town, preview, SIX)
        assert buttons(await becomes(town, preview, "750 steps"))["Confirm"]


@pytest.mark.parametrize("name", ["a/b", "🔥🔥", "two words", "…"])
async def test_a_name_that_cannot_be_one_is_mended_in_a_form(town: Town, name: str) -> None:
    async with town.bot():
        preview = await proposed(town, SIX[:2], name=name)
        assert f"`{name}`" in preview["content"]
        assert not buttons(preview)["Confirm"]
        changing = await town.you.press(preview, "Change settings")
        await town.you.modal(changing)
        await town.you.submit(changing, {"name": "zuk"})
        assert buttons(await becomes(town, preview, "750 steps"))["Confirm"]


async def test_only_who_asked_may_decide_and_only_once(town: Town, robin: Person) -> None:
    async with town.bot():
        preview = await proposed(town)
        for button in ("Confirm", "Add pictures", "Change settings", "Discard"):
            said = await robin.answer(await robin.press(preview, button))
            assert "Only the one who asked" in said["content"]
            assert is_private(said)
        custom_id = preview["components"][0]["components"][0]["custom_id"]
        for _ in range(2):
            await town.you.press(preview, custom_id)
        await town.hear("accepted already")
        assert len(await trainings(town)) == 1


async def test_who_may_not_train_reads_why_before_any_form_opens(town: Town) -> None:
    limits = TrainingConfig(may_train=("Potter",))
    town.config = town.config.model_copy(update={"training": limits})
    async with town.bot():
        await town.you.slash("train start")
        assert is_private(await town.hear("one of these roles may train here: Potter."))


async def test_what_is_more_than_one_may_ask_for_is_said_with_the_limit(town: Town) -> None:
    limits = TrainingConfig(max_steps=700, max_pictures=4)
    town.config = town.config.model_copy(update={"training": limits})
    async with town.bot():
        preview = await proposed(town)
        assert "white.png was left out: no more than 4 pictures fit" in preview["content"]
        assert "750 steps, and you may ask for 700" in preview["content"]
        assert not buttons(preview)["Confirm"]
        pack = File("pack.zip", zipped(*SIX))
        assert "has 6 pictures in it, and 4 more fit" in (await proposed(town, [pack]))["content"]


async def test_a_name_is_given_only_once(town: Town) -> None:
    async with town.bot():
        first, second = await proposed(town), await proposed(town, name="ZUK")
        await town.you.press(first, "Confirm")
        await becomes(town, first, "lit the furnace")
        said = await town.you.answer(await town.you.press(second, "Confirm"))
        assert "Another training of yours makes something called `ZUK`" in said["content"]
        assert is_private(said)
        assert len(await trainings(town)) == 1


async def test_a_name_of_300_letters_does_not_fit_the_form(town: Town) -> None:
    async with town.bot():
        with pytest.raises(Refused, match="64"):
            await proposed(town, SIX[:2], name="z" * 300)


async def own_something(town: Town, person: Person, name: str) -> None:
    """Let a person have learned something of that name."""
    owner_id = int((await person.write("hello"))["author"]["id"])
    artifact = StoredArtifact(
        id=f"{owner_id:024x}",
        owner_id=owner_id,
        name=name,
        name_key=name,
        kind="lora",
        file_hash="0" * 64,
        suffix=".safetensors",
        num_bytes=1,
        card={},
        is_public=False,
        created_at=datetime.now(UTC),
    )
    async with town.records() as database, database.writing() as session:
        await People(session).meet_user(owner_id, "somebody")
        session.add(artifact)


async def test_what_one_has_keeps_its_name_and_what_others_have_is_no_hindrance(
    town: Town, robin: Person
) -> None:
    async with town.bot():
        await own_something(town, robin, "mik")
        assert buttons(await proposed(town, SIX[:2], name="mik"))["Confirm"]
        await own_something(town, town.you, "zuk")
        preview = await proposed(town, SIX[:2], name="zuk")
        assert "You have something called `zuk` already" in preview["content"]
        assert not buttons(preview)["Confirm"]


async def test_who_keeps_too_much_already_reads_so_before_any_form_opens(town: Town) -> None:
    limits = LimitsConfig(max_stored=0.0000001)
    town.config = town.config.model_copy(update={"limits": limits})
    async with town.bot():
        await opened(town)
        await own_something(town, town.you, "mik")
        await town.you.slash("train start")
        said = await town.hear("before you train or bring along anything more, delete something")
        assert is_private(said)


async def test_what_would_come_to_more_than_one_may_keep_cannot_be_confirmed(town: Town) -> None:
    limits = LimitsConfig(max_stored=3)
    town.config = learning(town).config.model_copy(update={"limits": limits})
    async with town.bot():
        preview = await proposed(town, method=["dreambooth"])
        said = preview["content"]
        assert "This would come to about 9.7 MB; you keep 0.0 MB and may keep 3 MB" in said
        assert not buttons(preview)["Confirm"]
        assert buttons(await proposed(town, method=["lora"]))["Confirm"]
