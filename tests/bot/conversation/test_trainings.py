"""A training that was confirmed, as people in Discord see it: its thread, buttons and end."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update

from bot.local_discord import permissions
from bot.local_discord.newcomer import GUILD_ID
from bot.local_discord.person import Person
from bot.local_discord.wire import Json
from bot.records.models import StoredArtifact, TrainingState
from tests.bot.conversation.conftest import Town
from tests.bot.conversation.lit import Hearth


@pytest.fixture
async def robin(town: Town) -> AsyncIterator[Person]:
    async with Person.at(town.config.discord.api_url, "robin") as robin:
        yield robin


def labels(message: Json) -> list[str]:
    """Of the buttons below it."""
    return [it["label"] for row in message["components"] for it in row["components"]]


def file_names(message: Json) -> list[str]:
    return [it["filename"] for it in message["attachments"]]


async def test_a_training_has_a_thread_where_one_message_says_how_far_it_is(town: Town) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        await hearth.light()
        root = await town.hear("lit the furnace")
        assert root["thread"]["name"] == "Training zuk"
        assert root["thread"]["id"] == hearth.thread
        await hearth.furnace.reach(12)
        status = await hearth.status("step 12 of 30")
        assert "🟢 Learning: So it looks." in status["content"]
        assert file_names(status) == ["training.webp"]
        assert labels(status) == ["Pause", "Stop and keep", "Sample now", "Cancel and discard"]

        await hearth.furnace.reach(30)
        end = await hearth.hear("is learned, in 30 steps")
        assert file_names(end) == ["before-and-after.webp", "zuk.pt"]
        assert await town.you.read(end["attachments"][1]) == b"learned well"
        assert [it["username"] for it in end["mentions"]] == ["you"]
        status = await hearth.status("Done")
        assert labels(status) == []


async def test_a_training_is_paused_resumed_and_stopped_by_its_buttons(town: Town) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        await hearth.light()
        await hearth.furnace.reach(5)
        await town.you.press(await hearth.status("step 5 of 30"), "Pause")
        status = await hearth.status("Paused at step 5 of 30")
        assert labels(status) == ["Resume", "Stop and keep", "Cancel and discard"]
    async with town.bot() as pipeline:
        assert pipeline.furnace
        hearth.furnace = pipeline.furnace
        await town.you.press(status, "Resume")
        await hearth.furnace.reach(8)
        status = await hearth.status("step 8 of 30")
        assert "Going on after step 5." in status["content"]
        await town.you.press(status, "Sample now")
        await town.you.until(hearth.ordered)
        await town.you.press(status, "Stop and keep")
        await hearth.hear("is learned, in 8 steps")
        assert [order for _, order in hearth.furnace.orders] == ["sample", "finish"]


async def test_a_training_is_discarded_only_when_that_is_confirmed(town: Town) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        await hearth.light()
        await hearth.furnace.reach(5)
        sent = await town.you.press(await hearth.status("step 5 of 30"), "Cancel and discard")
        asked = await town.you.answer(sent)
        assert "Discard **zuk** for good" in asked["content"]
        await hearth.furnace.reach(6)
        await town.you.press(asked, "Discard it for good")
        status = await hearth.status("Discarded")
        assert labels(status) == []
        folder = town.config.pipeline.training_folder / (await hearth.placed()).id

        async def is_gone() -> bool:
            return not folder.exists()

        assert await town.you.until(is_gone)


async def test_strangers_are_told_privately_that_it_is_not_theirs(
    town: Town, robin: Person
) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        await hearth.light()
        await hearth.furnace.reach(5)
        status = await hearth.status("step 5 of 30")
        for label in ("Pause", "Stop and keep", "Sample now", "Cancel and discard"):
            before = len(await robin.messages(hearth.thread))
            await robin.press(status, label)

            async def refused(before: int = before) -> Json | None:
                told = (await robin.messages(hearth.thread))[before:]
                return told[-1] if told else None

            told = await robin.until(refused)
            assert "Only whoever asked for this training" in told["content"]
            assert told["flags"] & 64
        asked = await robin.answer(await robin.press(await town.hear("lit"), "How far is it?"))
        assert "step 5 of 30" in asked["content"]
        await hearth.furnace.reach(6)
        await hearth.becomes(TrainingState.RUNNING)


async def test_a_blown_furnace_is_explained_and_rescued_from_a_snapshot(town: Town) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        hearth.furnace.verdicts = {20: "blown", 30: "blown"}
        await hearth.light()
        await hearth.furnace.reach(25)
        warning = await hearth.hear("Blown furnace (炸炉)")
        form = await town.you.press(warning, "Go on from a snapshot…")
        fields = [it["component"] for it in (await town.you.modal(form))["components"]]
        assert [it["custom_id"] for it in fields] == ["snapshot", "learning_rate", "num_steps"]
        assert fields[0]["value"] == "10"
        hearth.furnace.verdicts = {}
        values = {"snapshot": "10", "learning_rate": "0.0005", "num_steps": "40"}
        sent = await town.you.submit(form, values)
        told = await town.you.answer(sent, until=lambda it: it["content"])
        assert "from the snapshot of step 10" in told["content"]
        await hearth.furnace.reach(40)
        await hearth.hear("is learned, in 40 steps")
        request = hearth.furnace.submitted[-1]
        assert (request.resume_from, request.learning_rate) == (10, "0.0005")


async def test_use_it_now_makes_a_picture_of_what_was_learned(town: Town, robin: Person) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        hearth = Hearth(town, pipeline)
        end = await hearth.learn()
        form = await town.you.press(end, "Use it now")
        fields = [it["component"] for it in (await town.you.modal(form))["components"]]
        values = {it["custom_id"]: it.get("value", "") for it in fields}
        assert "zuk" in values["prompt"]
        made = await town.you.answer(
            await town.you.submit(form, values), until=lambda it: "Seed" in it["content"]
        )
        assert made["channel_id"] == hearth.thread
        [artifact] = pipeline.requests[-1].artifacts
        assert (artifact.kind, artifact.name) == ("embedding", "zuk")

        refused = await robin.answer(await robin.press(end, "Use it now"))
        assert refused["flags"] & 64, "it is its owner's alone until it is shared"


async def test_a_whole_model_comes_with_its_lora_and_is_used_as_the_model(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        hearth, you = Hearth(town, pipeline), town.you
        await hearth.light("dreambooth")
        await hearth.furnace.reach(30)
        end = await hearth.hear("is learned")
        assert file_names(end) == ["before-and-after.webp", "zuk-lora.safetensors"]
        assert "too large a file for Discord" in end["content"]
        for name in ("zuk", "hat"):
            sent = await you.slash("artifact rename", name="zuk", new_name=name)
            said = await you.answer(sent, until=lambda it: it["content"])
            assert f"As `model`: `{name}`" in said["content"]
            assert "Write `zuk` in the prompt too" in said["content"]
        sent = await you.slash("artifact rename", name="hat", new_name="zuk")
        await you.answer(sent, until=lambda it: it["content"])
        form = await you.press(end, "Use it now")
        fields = [it["component"] for it in (await you.modal(form))["components"]]
        sent = await you.submit(form, {it["custom_id"]: it.get("value", "") for it in fields})
        await you.answer(sent, until=lambda it: "Seed" in it["content"])
        sent = await you.slash("imagine", prompt="a hill", channel=hearth.thread)
        await you.answer(sent, until=lambda it: "Seed" in it["content"])
        for request in pipeline.requests:
            assert request.model == "zuk"
            assert [(it.kind, it.base) for it in request.artifacts] == [("checkpoint", "sd")]


async def test_in_its_thread_what_was_learned_is_called_without_its_name(
    town: Town, robin: Person
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        hearth = Hearth(town, pipeline)
        await hearth.learn()
        you, thread = town.you, hearth.thread
        for person, prompt, channel in (
            (you, "on a hill", thread),
            (you, "ZUK in the rain", thread),
            (you, "on a hill", "imagine"),
            (robin, "on a hill", thread),
        ):
            sent = await person.slash("imagine", prompt=prompt, channel=channel)
            await person.answer(sent, until=lambda it: "Seed" in it["content"])
        bot = (await hearth.status("Done"))["author"]["id"]
        await you.write(f"<@{bot}> in the snow", channel=thread)
        await you.wait_for_message(
            lambda it: "in the snow" in it["content"] and "Seed" in it["content"], channel=thread
        )
        assert [it.prompt for it in pipeline.requests] == [
            "zuk, on a hill",
            "ZUK in the rain",
            "on a hill",
            "on a hill",
            "zuk, in the snow",
        ]


async def test_words_in_its_thread_are_drawn_by_a_model_that_one_trained_oneself(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        hearth, you = Hearth(town, pipeline), town.you
        end = await hearth.learn()
        # As if it were a model: one of those is larger than what is trained here.
        async with town.records() as database, database.writing() as session:
            await session.execute(update(StoredArtifact).values(kind="checkpoint"))
        sent = await you.slash("model", name="zuk")
        said = await you.answer(sent, until=lambda it: it["content"])
        assert "**zuk** makes your pictures" in said["content"]
        await you.write(f"<@{end['author']['id']}> in the snow", channel=hearth.thread)
        await you.wait_for_message(
            lambda it: "in the snow" in it["content"] and "Seed" in it["content"],
            channel=hearth.thread,
        )
        assert pipeline.requests[-1].model == "zuk"


async def test_who_may_manage_the_server_may_stop_anybodys_training(
    town: Town, robin: Person
) -> None:
    role = await town.director.add_role(GUILD_ID, "Wardens", permissions.MANAGE_GUILD)
    await town.director.give_role(GUILD_ID, "robin", role["id"])
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        await hearth.light()
        await hearth.furnace.reach(5)
        await robin.press(await hearth.status("step 5 of 30"), "Pause")
        await hearth.status("Paused at step 5 of 30")
    await town.director.remove_role(GUILD_ID, role["id"])


async def test_trainings_are_listed_resumed_and_picked_by_commands(town: Town) -> None:
    async with town.bot() as pipeline:
        hearth, you = Hearth(town, pipeline), town.you
        await hearth.light()
        await hearth.furnace.reach(25)
        listed = await you.answer(await you.slash("train list"))
        assert "**zuk**" in listed["content"]
        assert "step 25 of 30" in listed["content"]
        await you.press(await hearth.status("step 25 of 30"), "Pause")
        await hearth.becomes(TrainingState.PAUSED)
        [offered] = await you.suggestions("train resume", "training")
        assert offered["name"] == "zuk · paused at step 25 of 30"
        training = offered["value"]
        snapshots = await you.suggestions("train pick", "snapshot", training=training)
        assert [it["name"] for it in snapshots] == [
            "step 10 · 🟢 Learning",
            "step 20 · 🟢 Learning · the best so far",
        ]
        sent = await you.slash("train pick", training=training, snapshot="20")
        picked = await you.answer(sent, until=lambda it: it["content"])
        assert "as **zuk**" in picked["content"]
        sent = await you.slash(
            "train resume", training=training, snapshot="10", learning_rate="0.001"
        )
        told = await you.answer(sent, until=lambda it: it["content"])
        assert told["content"] == "Going on from the snapshot of step 10."
        await hearth.furnace.reach(30)
        await hearth.hear("is learned, in 30 steps")
        assert hearth.furnace.submitted[-1].resume_from == 10
