"""A name that several things have: wherever only its author would read it, they choose which."""

from collections.abc import AsyncIterator

import pytest

from bot.local_discord.person import File, Person, Sent
from bot.local_discord.wire import Json
from bot.records.people import People
from tests.bot.conftest import PromptPipeline
from tests.bot.conversation.conftest import Town
from tests.bot.conversation.test_info import picture
from tests.bot.conversation.test_inpaint import PICTURE, is_done, is_preview, is_private
from tests.bot.records.past import ADA, BEN, learned

NAMES = ("my-elk", "my-fox")
FOX = "a my-fox"
TOLD = File("told.png", picture(f"{FOX}\nSteps: 12, Sampler: Euler, Seed: 7, Size: 64x64"))


@pytest.fixture
async def pipeline(town: Town) -> AsyncIterator[PromptPipeline]:
    """A bot in a place where Ada and Ben let everybody use things of the same names."""
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        async with town.records() as database, database.writing() as session:
            for owner, owner_id in (("ada", ADA), ("ben", BEN)):
                await People(session).meet_user(owner_id, owner)
                for number, name in enumerate(NAMES):
                    artifact = learned(owner_id, name, number + 10 * owner_id)
                    artifact.is_public = True
                    session.add(artifact)
        yield pipeline


async def asked(person: Person, sent: Sent) -> Json:
    """The question which one is meant."""
    # Where an answer was promised to all, it is gone, and this follows it.
    question = await person.wait_for_message(
        lambda it: int(it["id"]) > int(sent.id) and "Which one do you mean" in it["content"]
    )
    assert is_private(question)
    return question


async def choose(person: Person, question: Json, owner: str) -> Sent:
    """Say that it is this owner's."""
    [select] = [it for row in question["components"] for it in row["components"]]
    [value] = [it["value"] for it in select["options"] if it["label"].startswith(f"{owner}/")]
    return await person.choose(question, select["custom_id"], value)


def meant(pipeline: PromptPipeline) -> list[str]:
    """What the last picture was made with."""
    return [it.id for it in pipeline.requests[-1].artifacts]


def id_of(owner_id: int, name: str) -> str:
    return learned(owner_id, name, NAMES.index(name) + 10 * owner_id).id


async def test_a_picture_made_from_another_begins_from_it_once_it_is_chosen(
    town: Town, pipeline: PromptPipeline
) -> None:
    sent = await town.you.slash("img2img", picture=PICTURE, prompt="a my-fox and a my-elk")
    first = await choose(town.you, await asked(town.you, sent), "ben")
    second = await choose(town.you, await asked(town.you, first), "ada")
    await town.you.answer(second, until=is_done)
    assert meant(pipeline) == [id_of(BEN, "my-fox"), id_of(ADA, "my-elk")]
    assert pipeline.requests[-1].init_image
    assert (pipeline.requests[-1].width, pipeline.requests[-1].height) != (512, 512)
    # What is chosen twice is made once.
    question = await asked(town.you, await town.you.slash("img2img", picture=PICTURE, prompt=FOX))
    await town.you.answer(await choose(town.you, question, "ben"), until=is_done)
    await choose(town.you, question, "ada")
    await town.hear("This is being made already")


async def test_a_mask_is_shown_once_it_is_chosen_and_painted_with_that(
    town: Town, pipeline: PromptPipeline
) -> None:
    sent = await town.you.slash("inpaint", prompt=FOX, picture=PICTURE, region="left half")
    preview = await town.you.answer(
        await choose(town.you, await asked(town.you, sent), "ben"), until=is_preview
    )
    await town.you.answer(await town.you.press(preview, "Paint it"), until=is_done)
    assert meant(pipeline) == [id_of(BEN, "my-fox")]


async def test_what_is_adjusted_is_asked_about_and_shown_anew(
    town: Town, pipeline: PromptPipeline
) -> None:
    sent = await town.you.slash("inpaint", prompt="a", picture=PICTURE, region="left half")
    preview = await town.you.answer(sent, until=is_preview)
    form = await town.you.press(preview, "Adjust")
    await town.you.modal(form)
    question = await asked(town.you, await town.you.submit(form, {"prompt": "a my-elk"}))
    anew = await town.you.answer(await choose(town.you, question, "ada"), until=is_preview)
    assert "a my-elk" in anew["content"]
    await town.you.answer(await town.you.press(anew, "Paint it"), until=is_done)
    assert meant(pipeline) == [id_of(ADA, "my-elk")]


async def test_an_upscale_asks_whether_the_name_was_typed_or_stands_in_the_picture(
    town: Town, pipeline: PromptPipeline
) -> None:
    for options in ({"picture": PICTURE, "prompt": FOX}, {"picture": TOLD}):
        question = await asked(town.you, await town.you.slash("upscale", **options))
        await town.you.answer(await choose(town.you, question, "ada"), until=is_done)
        assert meant(pipeline) == [id_of(ADA, "my-fox")]
        assert pipeline.requests[-1].exact_steps


async def test_settings_that_were_read_are_made_again_with_what_is_chosen(
    town: Town, pipeline: PromptPipeline
) -> None:
    sent = await town.you.slash("info", picture=TOLD)
    shown = await town.you.answer(sent, until=lambda it: it["components"])
    again = await asked(town.you, await town.you.press(shown, "Make it again"))
    await town.you.answer(await choose(town.you, again, "ben"), until=is_done)
    assert meant(pipeline) == [id_of(BEN, "my-fox")]


async def test_a_form_from_a_message_menu_asks_and_a_written_message_says(
    town: Town, pipeline: PromptPipeline
) -> None:
    theirs = await town.you.write("look", files=[PICTURE])
    await town.you.wait_for_command("Image to image…")
    form = await town.you.menu("Image to image…", theirs)
    await town.you.modal(form)
    question = await asked(town.you, await town.you.submit(form, {"prompt": FOX}))
    made = await town.you.answer(await choose(town.you, question, "ben"), until=is_done)
    assert meant(pipeline) == [id_of(BEN, "my-fox")]
    # What is typed anew does not mean what it did in the picture that it is made from.
    form = await town.you.press(made, "Image to image")
    await town.you.modal(form)
    question = await asked(town.you, await town.you.submit(form, {"prompt": FOX}))
    await town.you.answer(await choose(town.you, question, "ada"), until=is_done)
    assert meant(pipeline) == [id_of(ADA, "my-fox")]
    bot = question["author"]["id"]
    await town.you.write(f"<@{bot}> a my-elk", reply_to=made)
    await town.hear("`ada/my-elk`, `ben/my-elk`")
