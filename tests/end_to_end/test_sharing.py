"""What one trains, others draw with: through every process there is, with the demo model."""

import re
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bot.local_discord.director import Director
from bot.local_discord.newcomer import YOU_ID
from bot.local_discord.person import Person
from bot.local_discord.wire import Json
from tests.end_to_end.conftest import START_TIME, Bot
from tests.end_to_end.test_trainings import SMALL
from tests.end_to_end.trainer import Trainer

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True, scope="module")
def started(bot: Bot) -> Iterator[None]:
    bot.start()
    yield
    assert bot.end() == 0, "SIGTERM is an ordinary end"
    assert "Traceback" not in bot.log


@pytest.fixture
async def noor(discord_url: str, director: Director) -> AsyncIterator[Person]:
    """A friend in another server, where "you" are, too."""
    await director.wait_until_online(patience=START_TIME)
    guild = await director.add_guild("café", YOU_ID)
    await director.add_channel(guild["id"], "tables")
    await director.add_person("noor", guild["id"])
    async with Person.at(discord_url, "noor") as noor:
        await noor.wait_for_command("imagine", channel="tables")
        yield noor


async def ask(person: Person, command: str, **options: Any) -> Json:
    sent = await person.slash(command, **options)
    return await person.answer(sent, until=lambda it: it["content"], patience=START_TIME)


async def draw(person: Person, prompt: str, **options: object) -> Json:
    """The picture, or why there is none."""
    sent = await person.slash("imagine", channel="tables", prompt=prompt, **options)
    return await person.answer(
        sent, until=lambda it: "Seed" in it["content"] or it["flags"] & 64, patience=START_TIME
    )


async def infotext(person: Person, message: Json) -> str:
    with Image.open(BytesIO(await person.read(message["attachments"][0]))) as picture:
        return str(picture.info["parameters"])


async def test_what_one_trains_and_shares_is_drawn_with_elsewhere_until_it_is_withdrawn(
    bot: Bot, you: Person, noor: Person
) -> None:
    trainer = Trainer(bot, you, "zuk")
    await trainer.light(**SMALL)
    await trainer.end()
    plain = await draw(noor, "a zuk", seed=1)
    assert "TI hashes" not in await infotext(noor, plain)
    shared = await ask(you, "artifact share", name="zuk", server="café")
    assert "You share it with café" in shared["content"]
    learned = await draw(noor, "a zuk", seed=1)
    assert re.search(r'TI hashes: "?zuk: [0-9a-f]+', await infotext(noor, learned))
    assert await noor.read(plain["attachments"][0]) != await noor.read(learned["attachments"][0])

    await ask(you, "artifact unshare", name="zuk")
    again = await noor.press(learned, "Again, new seed")
    said = await noor.answer(again, until=lambda it: it["flags"] & 64, patience=START_TIME)
    assert "`you/zuk` is not shared with you any more" in said["content"]
    await ask(you, "artifact share", name="zuk", server="café")

    # Its owner deletes it while somebody draws with it: that picture is finished.
    long = await noor.slash("imagine", channel="tables", prompt="a zuk", steps=100, count=4)
    await noor.answer(long, until=lambda it: "%" in it["content"], patience=START_TIME)
    asked = await ask(you, "artifact delete", name="zuk")
    await you.press(asked, "Delete it")
    made = await noor.answer(long, until=lambda it: "Seed" in it["content"], patience=START_TIME)
    assert "TI hashes" in await infotext(noor, made)

    said = await draw(noor, "a zuk on a hill")
    assert "`you/zuk` was deleted by its owner" in said["content"]
    again = await noor.press(learned, "Again, new seed")
    said = await noor.answer(again, until=lambda it: it["flags"] & 64, patience=START_TIME)
    assert "`you/zuk` was deleted by its owner" in said["content"]
    assert not [*(bot.folder / "data" / "artifacts").glob("*/*")]
