"""A training before it begins, as people get it from `/train` and go on with it."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

from PIL import Image
from sqlalchemy import select

from bot.local_discord.person import File, Sent
from bot.local_discord.wire import Json
from bot.records.models import LearnedPicture, Training
from tests.bot.conversation.conftest import Town
from tests.pipeline.pictures import encoded

COLOURS = ("red", "green", "blue", "yellow", "white", "black")


def picture(colour: str, size: tuple[int, int] = (512, 512)) -> File:
    return File(f"{colour}.png", encoded(Image.new("RGB", size, colour)))


def zipped(*files: File) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        for file in files:
            archive.writestr(file.name, file.data)
    return content.getvalue()


SIX = [picture(it) for it in COLOURS]


def is_private(message: Json) -> bool:
    return bool(message["flags"] & 64)


async def opened(town: Town, **options: Any) -> Sent:
    """The form that begins a training."""
    sent = await town.you.slash("train start", **options)
    await town.you.modal(sent)
    return sent


async def sent_in(town: Town, form: Sent, files: list[File], **values: Any) -> Json:
    """The preview that a form leads to."""
    said = {"name": "zuk", "method": ["lora"], "preset": ["quick"], "subject": ""}
    sent = await town.you.submit(form, {"files": files, **said, **values})
    return await town.you.answer(sent, until=lambda it: "Shall I learn" in it["content"])


async def proposed(town: Town, files: list[File] = SIX, **values: Any) -> Json:
    return await sent_in(town, await opened(town), files, **values)


async def added(town: Town, preview: Json, files: list[File]) -> None:
    """Further files, by the form for that."""
    form = await town.you.press(preview, "Add pictures")
    await town.you.modal(form)
    await town.you.submit(form, {"files": files})


async def becomes(town: Town, preview: Json, words: str) -> Json:
    """The preview, once it says this."""
    return await town.you.wait_for_message(
        lambda it: it["id"] == preview["id"] and words in it["content"]
    )


async def trainings(town: Town) -> list[Training]:
    return [*await town.ask(select(Training))]


async def learned(town: Town) -> list[LearnedPicture]:
    """The pictures of all trainings."""
    return [*await town.ask(select(LearnedPicture).order_by("index"))]


def buttons(message: Json) -> dict[str, bool]:
    """Which can be pressed."""
    return {it["label"]: not it.get("disabled") for it in message["components"][0]["components"]}


async def captioned(town: Town, preview: Json, page: str) -> tuple[Sent, list[Json]]:
    """The form about the captions of some pictures, and its fields."""
    form = await town.you.choose(preview, "Captions, picture by picture…", page)
    return form, [it["component"] for it in (await town.you.modal(form))["components"]]
