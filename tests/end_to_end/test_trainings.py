"""Trainings through every process there is, with the demo model: what people are promised."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from io import BytesIO

import pytest
from PIL import Image

from bot.local_discord.director import Director
from bot.local_discord.person import Person
from tests.end_to_end.conftest import START_TIME, Bot
from tests.end_to_end.trainer import Trainer, kill_worker

SMALL = {
    "num_steps": 40,
    "snapshot_every": 10,
    "sample_every": 20,
    "watch_every": 0,
    "width": 64,
    "height": 64,
    "batch_size": 1,
}


@pytest.fixture(autouse=True, scope="module")
def started(bot: Bot) -> Iterator[None]:
    bot.start()
    yield
    assert bot.end() == 0, "SIGTERM is an ordinary end"
    assert "Traceback" not in bot.log


@pytest.fixture(autouse=True)
async def ready(you: Person, director: Director) -> None:
    await director.wait_until_online(patience=START_TIME)
    await you.wait_for_command("train")


@pytest.fixture
async def robin(discord_url: str) -> AsyncIterator[Person]:
    async with Person.at(discord_url, "robin") as robin:
        yield robin


async def test_a_training_goes_from_its_form_to_a_picture_of_what_was_learned(
    bot: Bot, you: Person
) -> None:
    trainer = Trainer(bot, you, "zuk")
    await trainer.light(**SMALL)
    status = await trainer.see(lambda it: it["attachments"] and it["components"])
    assert "🔥 **zuk**" in status["content"]
    end = await trainer.end()
    assert "in 40 steps" in end["content"]
    names = [it["filename"] for it in end["attachments"]]
    assert names == ["before-and-after.webp", "zuk.pt"]
    with Image.open(BytesIO(await you.read(end["attachments"][0]))) as shown:
        assert min(shown.size) > 200

    form = await you.press(end, "Use it now")
    fields = [it["component"] for it in (await you.modal(form))["components"]]
    values = {it["custom_id"]: it.get("value", "") for it in fields}
    assert "zuk" in values["prompt"]
    made = await you.answer(
        await you.submit(form, values),
        until=lambda it: "Seed" in it["content"],
        patience=START_TIME,
    )
    with Image.open(BytesIO(await you.read(made["attachments"][0]))) as picture:
        assert "TI hashes" in picture.info["parameters"]


@pytest.mark.slow
async def test_a_paused_training_goes_on_where_it_stopped(bot: Bot, you: Person) -> None:
    trainer = Trainer(bot, you, "pauser")
    await trainer.light(**SMALL)
    await trainer.snapshots(1)
    await you.press(await trainer.see(lambda it: it["components"]), "Pause")
    status = await trainer.hear("Paused at step")
    await you.press(status, "Resume")
    await trainer.hear("Going on after step")
    await trainer.end()
    assert await trainer.count("is learned, in 40 steps") == 1


@pytest.mark.slow
async def test_a_killed_worker_and_a_killed_bot_lose_nothing_and_the_message_says_so(
    bot: Bot, you: Person, director: Director
) -> None:
    trainer = Trainer(bot, you, "phoenix")
    # Larger steps: nobody could kill it in time otherwise.
    await trainer.light(**SMALL | {"num_steps": 60, "width": 128, "height": 128, "batch_size": 4})
    await trainer.snapshots(2)
    kill_worker(bot)
    await trainer.goes_on(at_least=20)
    await trainer.snapshots(3)
    bot.end(signal.SIGKILL)
    bot.start()
    await director.wait_until_online(patience=START_TIME)
    await trainer.goes_on(at_least=30)
    await trainer.end()
    assert await trainer.count("is learned, in 60 steps") == 1
    assert await trainer.count("phoenix** · embedding") == 1


@pytest.mark.slow
async def test_a_blown_furnace_is_rescued_from_an_earlier_snapshot(bot: Bot, you: Person) -> None:
    trainer = Trainer(bot, you, "ash")
    rates = {"learning_rate": '"0.05:20, 80"', "watch_every": 10, "num_steps": 60}
    await trainer.light(**SMALL | rates)
    warning = await trainer.hear("Blown furnace (炸炉)")
    await trainer.end()

    form = await you.press(warning, "Go on from a snapshot…")
    fields = [it["component"] for it in (await you.modal(form))["components"]]
    assert fields[1]["value"] == "0.005:20, 8", "a tenth of what it was"
    await you.submit(form, {"snapshot": "20", "learning_rate": "0.05", "num_steps": "30"})
    await trainer.hear("is learned, in 30 steps")
    assert await trainer.count("Blown furnace") == 1
    assert await trainer.count("Going on after step 20") == 1


@pytest.mark.slow
async def test_two_people_train_while_five_draw_and_no_stranger_stops_them(
    bot: Bot, you: Person, robin: Person
) -> None:
    mine, theirs = Trainer(bot, you, "mine"), Trainer(bot, robin, "theirs")
    await mine.light(**SMALL)
    await theirs.light(**SMALL)
    drawn = [await you.slash("imagine", prompt="a red circle", steps=8) for _ in range(5)]
    status = await mine.see(lambda it: it["components"])
    for label in ("Pause", "Stop and keep", "Cancel and discard"):
        if any(it["label"] == label for it in status["components"][0]["components"]):
            await robin.press(status, label)
    await robin.wait_for_message(
        lambda it: "Only whoever asked for this training" in it["content"], channel=mine.thread
    )
    await asyncio.gather(
        *(
            you.answer(it, until=lambda it: "Seed" in it["content"], patience=START_TIME)
            for it in drawn
        ),
        mine.end(),
        theirs.end(),
    )
    assert await mine.count("is learned, in 40 steps") == 1
    assert await theirs.count("is learned, in 40 steps") == 1
