"""Pictures made from pictures: attached, replied to, and lived through by restarts."""

import struct
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bot.local_discord.person import File, Person
from bot.local_discord.wire import Json
from bot.records.models import JobState
from pipeline import GenerationRequest
from tests.bot.conversation.conftest import Town
from tests.pipeline.pictures import claiming, encoded

GRADIENT = Image.linear_gradient("L").resize((300, 200)).convert("RGB")


def is_private(message: Json) -> bool:
    return bool(message["flags"] & 64)


def seen(request: GenerationRequest) -> Image.Image:
    """The picture that a request begins from."""
    assert request.init_image
    return Image.open(BytesIO(request.init_image))


async def test_a_picture_is_made_from_an_attached_one_even_after_the_bot_was_killed(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.slash(
            "img2img", prompt="a", seed=7, strength=0.4, picture=File("g.png", encoded(GRADIENT))
        )
        await pipeline.begun.wait()
    async with town.bot() as second:
        second.may_finish.set()
        answer = await town.you.answer(sent, until=town.is_answer)
        assert "Seed 7 · 304×200" in answer["content"]
    for request in (*pipeline.requests, *second.requests):
        assert (request.strength, request.width, request.height) == (0.4, 304, 200)
        assert seen(request).tobytes() == GRADIENT.tobytes()


async def test_again_vary_and_edit_begin_from_the_same_picture(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        picture = File("g.png", encoded(GRADIENT))
        sent = await town.you.slash("img2img", prompt="a", picture=picture, strength=0.3)
        answer = await town.you.answer(sent, until=lambda it: "Seed" in it["content"])
        for button in ("Again, new seed", "Vary subtle"):
            pressed = await town.you.press(answer, button)
            await town.you.answer(pressed, until=lambda it: "Seed" in it["content"])
        opened = await town.you.press(answer, "Edit")
        await town.you.modal(opened)
        edited = await town.you.submit(opened, {"prompt": "b"})
        await town.you.answer(edited, until=lambda it: "Seed" in it["content"])
    assert len(pipeline.requests) == 4
    for request in pipeline.requests:
        assert seen(request).size == (300, 200)
        assert request.strength == 0.3


@pytest.mark.parametrize(
    ("name", "content", "size"),
    [
        ("dot.png", encoded(Image.new("RGB", (1, 1), "red")), (64, 64)),
        ("print.jpg", encoded(Image.new("CMYK", (96, 64)), "JPEG"), (96, 64)),
        ("wrongly_named.txt", encoded(GRADIENT, "JPEG"), (304, 200)),
        ("broad.png", encoded(Image.new("L", (4000, 1000))), (1024, 256)),
        ("strip.png", encoded(Image.new("L", (5000, 10))), (2048, 64)),
    ],
)
async def test_unusual_pictures_are_taken(
    town: Town, name: str, content: bytes, size: tuple[int, int]
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("img2img", prompt="a", seed=7, picture=File(name, content))
        await town.you.answer(sent, until=town.is_answer)
    [request] = pipeline.requests
    assert (request.width, request.height) == size
    assert seen(request).mode == "RGB"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.png", b"", "cannot be read: send a PNG, JPEG, WebP or GIF"),
        ("a.png", b"just text", "cannot be read: send a PNG, JPEG, WebP or GIF"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "cannot be read"),
        ("cut.png", encoded(Image.effect_noise((64, 64), 90))[:1000], "damaged"),
        ("bomb.png", claiming(encoded(GRADIENT), 20_000, 20_000), "more than 40,000,000 pixels"),
        ("odd.gif", b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0), "cannot be read"),
    ],
)
async def test_what_is_no_picture_is_refused_in_a_sentence_for_one_pair_of_eyes(
    town: Town, name: str, content: bytes, said: str
) -> None:
    async with town.bot() as pipeline:
        await town.you.slash("img2img", prompt="a", picture=File(name, content))
        refusal = await town.hear(said)
        assert is_private(refusal)
        assert pipeline.submitted == []


async def test_what_can_be_refused_without_the_picture_is_refused_before_it_is_fetched(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        picture = File("a.png", b"never looked at")
        refused: tuple[tuple[dict[str, Any], str], ...] = (
            ({"size": "as you like"}, "no size `as you like`"),
            ({"advanced": "Steps: 1000"}, "1,000 steps"),
            ({"sampler": "Eular"}, "no sampler called `Eular`"),
        )
        for options, said in refused:
            sent = await town.you.slash("img2img", **{"prompt": "a", "picture": picture, **options})
            answer = await town.you.answer(sent)
            assert said in answer["content"]
            assert is_private(answer)
        assert pipeline.submitted == []


async def test_a_size_of_ones_own_goes_before_the_pictures(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        await town.you.slash("settings mine", size="2:3", advanced="Size: 256x256")
        picture = File("g.png", encoded(GRADIENT))
        for options in ({}, {"size": "128x64"}, {"advanced": "Size: 128x64"}):
            sent = await town.you.slash("img2img", prompt="a", picture=picture, **options)
            await town.you.answer(sent, until=lambda it: "Seed" in it["content"])
    sizes = [(it.width, it.height) for it in pipeline.requests]
    assert sizes == [(304, 200), (128, 64), (128, 64)]


async def test_a_reply_to_ones_own_picture_with_words_makes_one_from_the_picture_as_it_was_made(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7, count=2)
        pictures = await town.you.answer(sent, until=lambda it: "Seed" in it["content"])
    async with town.bot() as pipeline:
        bot = pictures["author"]["id"]
        written = await town.you.write(f"<@{bot}> 2: a red hat", reply_to=pictures)
        await pipeline.begun.wait()
        await town.you.write("nice!", reply_to=pictures)
    async with town.bot() as second:
        second.may_finish.set()
        answer = await town.hear("**a red hat**")
        assert answer["message_reference"]["message_id"] == written["id"]
        assert len(answer["attachments"]) == 1
    for request in (*pipeline.requests, *second.requests):
        assert request.init_image == b"a 8"
        assert (request.prompt, request.width) == ("a red hat", 512)


async def test_what_a_reply_lacks_is_said(town: Town) -> None:
    async with town.bot() as pipeline, Person.at(town.config.discord.api_url, "robin") as robin:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7, count=2)
        pictures = await town.you.answer(sent, until=lambda it: "Seed" in it["content"])
        bot = f"<@{pictures['author']['id']}>"
        file = File("g.png", encoded(GRADIENT))
        theirs = await robin.write("look", files=[file])
        for text, options, said in (
            (f"{bot} a hat", {}, "Reply to a picture"),
            (bot, {"files": [file]}, "Say beside the mention"),
            (f"{bot} a hat", {"reply_to": pictures}, "begin with the number"),
            (f"{bot} 3: a hat", {"reply_to": pictures}, "begin with the number"),
            (f"{bot} a hat", {"reply_to": theirs}, "choose *Image to image…*"),
            (f"{bot} a hat", {"reply_to": theirs, "files": [file]}, "choose *Inpaint…*"),
            (f"{bot} a hat", {"files": [File("a.svg", b"<svg/>")]}, "cannot be read"),
            (f"{bot} a hat", {"files": [File("a.txt", b"words")]}, "Reply to a picture"),
            (f"{bot} a hat", {"files": [File("a.png", b"cut")]}, "cannot be read"),
        ):
            written = await town.you.write(text, **options)

            def is_reply(message: Json, to: Json = written, said: str = said) -> bool:
                reference = message.get("message_reference") or {}
                return reference.get("message_id") == to["id"] and said in message["content"]

            await town.you.wait_for_message(is_reply)
        assert len(pipeline.submitted) == 1
        # What mentions the bot is seen, and so is what is attached beside the words.
        shown = await robin.write(f"{bot} 1", files=[file])
        await town.you.write(f"{bot} a hat", reply_to=shown)
        await town.hear("**a hat**")
        await town.you.write(f"{bot} a scarf", files=[file])
        await town.hear("**a scarf**")


async def test_in_direct_messages_no_mention_is_needed(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        channel = await town.you.open_dm()
        await town.you.write("a hat", channel=channel, files=[File("g.png", encoded(GRADIENT))])
        await town.hear("**a hat**", channel)
        job = await town.becomes(JobState.DELIVERED)
    assert job.guild_id is None
