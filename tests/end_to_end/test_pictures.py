"""A picture painted over, through every process there is, and through the death of the bot."""

import asyncio
import io
import signal
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from bot.local_discord.director import Director
from bot.local_discord.person import File, Person
from bot.local_discord.wire import Json
from tests.end_to_end.conftest import START_TIME, Bot
from tests.pipeline.pictures import encoded

pytestmark = pytest.mark.slow

SHADE = Image.linear_gradient("L").resize((256, 128)).convert("RGB")


@pytest.fixture(autouse=True, scope="module")
def started(bot: Bot) -> Iterator[None]:
    bot.start()
    yield
    assert bot.end() == 0, "SIGTERM is an ordinary end"
    assert "Traceback" not in bot.log


def is_done(message: Json) -> bool:
    return "Seed" in message["content"]


async def test_what_was_confirmed_before_the_bot_was_killed_is_painted_and_nothing_else_is(
    bot: Bot, you: Person, director: Director
) -> None:
    await director.wait_until_online(patience=START_TIME)
    await you.wait_for_command("inpaint")
    picture = File("shade.png", encoded(SHADE))
    # A small place of a large picture: the result is as large as the picture, not as the request.
    options = {"region": "left quarter", "area": "only_masked", "size": "128x128"}
    sent = await you.slash("inpaint", picture=picture, prompt="a red circle", steps=9, **options)
    preview = await you.answer(sent, until=lambda it: it["components"], patience=START_TIME)
    await you.press(preview, "Paint it")

    async def is_accepted() -> bool:
        return bot.ask("SELECT count(*) FROM jobs") == [(1,)]

    assert await you.until(is_accepted)
    bot.end(signal.SIGKILL)
    bot.start()
    answer = await you.wait_for_message(
        lambda it: it["id"] == preview["id"] and is_done(it), patience=START_TIME
    )
    painted = Image.open(io.BytesIO(await you.read(answer["attachments"][0])))
    assert painted.size == (256, 128)
    assert "Denoising strength: 0.75" in painted.info["parameters"]
    assert "Inpaint area: Only masked" in painted.info["parameters"]
    before, after = np.array(SHADE), np.array(painted)
    assert (before[:, 96:] == after[:, 96:]).all()
    assert (before[:, :48] != after[:, :48]).any()


async def test_a_reply_keeps_what_it_replied_to_and_upscale_doubles_it(
    bot: Bot, you: Person, director: Director
) -> None:
    [shown] = [it for it in await you.messages() if is_done(it)]
    bot_id = shown["author"]["id"]
    await you.write(f"<@{bot_id}> a blue square", reply_to=shown)
    answer, larger = await asyncio.gather(
        you.wait_for_message(
            lambda it: "a blue square" in it["content"] and is_done(it), patience=START_TIME
        ),
        you.answer(await you.press(shown, "Upscale ×2"), until=is_done, patience=START_TIME),
    )
    sizes = [
        Image.open(io.BytesIO(await you.read(it["attachments"][0]))).size for it in (answer, larger)
    ]
    assert sizes == [(256, 128), (512, 256)]
