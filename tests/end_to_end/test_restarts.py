"""A bot that is killed at any moment: what it accepted is answered, once."""

import asyncio
import signal

from bot.local_discord.director import Director
from bot.local_discord.person import Person
from bot.local_discord.wire import Json
from tests.end_to_end.conftest import START_TIME, Bot


def has_pictures(message: Json) -> bool:
    return any(it["filename"].endswith(".png") for it in message["attachments"])


async def test_a_killed_bot_answers_the_ten_requests_it_accepted_once_each(
    bot: Bot, you: Person, director: Director
) -> None:
    bot.start()
    await director.wait_until_online(patience=START_TIME)
    await you.wait_for_command("imagine")
    sent = [
        await you.slash("imagine", prompt="a red circle", seed=seed, steps=20) for seed in range(10)
    ]
    await asyncio.gather(
        *(you.answer(it, until=lambda it: it["content"], patience=START_TIME) for it in sent)
    )
    bot.end(signal.SIGKILL)

    # Killed again while it goes on: somewhere between the first picture and the last.
    bot.start()
    await you.wait_for_message(has_pictures, patience=START_TIME)
    bot.end(signal.SIGKILL)

    bot.start()
    await asyncio.gather(*(you.answer(it, until=has_pictures, patience=START_TIME) for it in sent))

    async def is_settled() -> bool:
        return bot.ask("SELECT DISTINCT state FROM jobs") == [("delivered",)]

    assert await you.until(is_settled)
    assert sum(map(has_pictures, await you.messages())) == 10
    assert bot.ask("SELECT count(*) FROM generated_images") == [(10,)]
    assert bot.ask("SELECT count(*) FROM jobs WHERE interaction_token NOT NULL") == [(0,)]


async def test_an_old_button_still_works_and_a_late_picture_comes_by_itself(
    bot: Bot, you: Person, director: Director
) -> None:
    old = await you.wait_for_message(has_pictures)
    again = await you.press(old, "Again, new seed")
    placeholder = await you.answer(again, until=lambda it: it["content"], patience=START_TIME)
    await director.advance(16 * 60)
    late = await you.wait_for_message(
        lambda it: has_pictures(it) and int(it["id"]) > int(placeholder["id"]), patience=START_TIME
    )
    assert late["content"].startswith("<@")
    assert bot.end(signal.SIGINT) == 0
