"""Somebody who trains in the local Discord, through the real bot."""

import os
import re
import signal
from pathlib import Path

from PIL import Image, ImageDraw

from bot.local_discord.onlooker import MessageTest
from bot.local_discord.person import File, Person
from bot.local_discord.wire import Json
from tests.end_to_end.conftest import START_TIME, Bot
from tests.pipeline.pictures import encoded

GOES_ON = re.compile(r"Going on after step (\d+)")
WORKER = b"pipeline.workers.process"


def pictures(count: int = 3) -> list[File]:
    """A thing that the demo model has never seen, in front of several backgrounds."""
    files = []
    for number in range(count):
        picture = Image.new("RGB", (128, 128), ("white", "khaki", "lightblue")[number % 3])
        draw = ImageDraw.Draw(picture)
        draw.ellipse((34, 34, 94, 94), "purple")
        draw.rectangle((54, 20, 74, 108), "orange")
        files.append(File(f"{number}.png", encoded(picture)))
    return files


class Trainer:
    """One training of one person."""

    def __init__(self, bot: Bot, you: Person, name: str) -> None:
        self.bot = bot
        self.you = you
        self.name = name
        self.thread = ""

    async def light(self, **settings: object) -> None:
        """Ask for the training, by its form, and confirm it."""
        line = ", ".join(f"{key}: {value}" for key, value in settings.items())
        form = await self.you.slash("train start", advanced=line)
        await self.you.modal(form)
        said = {
            "name": self.name,
            "method": ["textual_inversion"],
            "preset": ["quick"],
            "subject": "",
        }
        sent = await self.you.submit(form, {**said, "files": pictures()})
        preview = await self.you.answer(
            sent, until=lambda it: it["attachments"], patience=START_TIME
        )
        await self.you.press(preview, "Confirm")
        lit = await self.you.wait_for_message(
            lambda it: "lit the furnace" in it["content"] and f"**{self.name}**" in it["content"],
            patience=START_TIME,
        )
        self.thread = str(lit["thread"]["id"])

    async def hear(self, words: str) -> Json:
        """The newest message in its thread with these words, now or soon."""
        return await self.see(lambda it: words in it["content"])

    async def goes_on(self, at_least: int) -> None:
        """Wait until it says that it goes on, no earlier than after so many steps."""

        def says_so(message: Json) -> bool:
            found = GOES_ON.search(message["content"])
            return found is not None and int(found[1]) >= at_least

        await self.see(says_so)

    async def see(self, is_it: MessageTest) -> Json:
        return await self.you.wait_for_message(is_it, channel=self.thread, patience=START_TIME)

    async def count(self, words: str) -> int:
        """How many messages there have these words."""
        messages = await self.you.messages(self.thread)
        return sum(words in it["content"] for it in messages)

    async def snapshots(self, at_least: int) -> int:
        """Wait until so many snapshots are known."""

        async def look() -> int | None:
            query = f"""SELECT count(*) FROM training_snapshots JOIN trainings ON id = training_id
                        WHERE json_extract(request, '$.name') = '{self.name}'"""
            [(count,)] = self.bot.ask(query)
            return count if count >= at_least else None

        return int(await self.you.until(look, START_TIME))

    async def end(self) -> Json:
        """The message about its end."""
        return await self.hear("is learned, in")


def kill_worker(bot: Bot) -> None:
    """`kill -9` of the process that trains."""
    assert bot.pid
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            command = (process / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        if parent == bot.pid and WORKER in command:
            os.kill(int(process.name), signal.SIGKILL)
            return
    raise AssertionError("there is no worker")
