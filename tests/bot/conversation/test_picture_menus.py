"""Pictures out of a message's menu, or by the button below: hidden ones too, after restarts too."""

from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from bot.local_discord.person import File, Person
from bot.local_discord.wire import Json
from tests.bot.conversation.conftest import Town
from tests.bot.conversation.test_inpaint import is_done, is_left, is_preview, is_private
from tests.local_discord_process import TOKEN
from tests.pipeline.pictures import encoded

GREY = Image.new("RGB", (128, 96), (90, 90, 90))
GREEN = Image.new("RGB", (96, 128), (20, 200, 20))


@pytest.fixture
async def theirs(town: Town) -> AsyncIterator[Json]:
    """Two pictures of somebody else, in a message that Discord does not show the bot."""
    async with Person.at(town.config.discord.api_url, "robin") as robin:
        files = [File("grey.png", encoded(GREY)), File("green.png", encoded(GREEN))]
        yield await robin.write("look", files=files)


def fields_of(modal: Json) -> dict[str, Json]:
    return {it["component"]["custom_id"]: it["component"] for it in modal["components"]}


async def test_a_hidden_picture_is_taken_from_its_menu_however_long_the_form_stays_open(
    town: Town, theirs: Json
) -> None:
    async with town.bot():
        await town.you.wait_for_command("Image to image…")
        opened = await town.you.menu("Image to image…", theirs)
        fields = fields_of(await town.you.modal(opened))
        labels = [it["label"] for it in fields["picture"]["options"]]
        assert labels == ["1 · grey.png", "2 · green.png"]
        assert fields["strength"]["value"] == "0.75"
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        values = {"picture": ["2"], "prompt": "a", "strength": "0.4", "advanced": "Steps: 9"}
        sent = await town.you.submit(opened, values)
        answer = await town.you.answer(sent, until=is_done)
        assert "96×128 · 9 steps" in answer["content"]
    [request] = pipeline.requests
    assert request.strength == 0.4
    assert request.init_image
    assert Image.open(BytesIO(request.init_image)).tobytes() == GREEN.tobytes()


async def test_a_place_in_the_form_shows_a_mask_first(town: Town, theirs: Json) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        for menu in ("Image to image…", "Inpaint…"):
            opened = await town.you.menu(menu, theirs)
            await town.you.modal(opened)
            values = {"picture": ["1"], "prompt": "a", "region": "left half"}
            preview = await town.you.answer(await town.you.submit(opened, values), until=is_preview)
            await town.you.answer(await town.you.press(preview, "Paint it"), until=is_done)
    assert [is_left(request) for request in pipeline.requests] == [True, True]


async def test_only_who_opened_a_form_may_send_it_in(town: Town, theirs: Json) -> None:
    async with town.bot() as pipeline, Person.at(town.config.discord.api_url, "robin") as robin:
        opened = await town.you.menu("Inpaint…", theirs)
        form = await town.you.modal(opened)
        other = await robin.menu("Inpaint…", theirs)
        own = await robin.modal(other)
        assert form["custom_id"] != own["custom_id"]
        for values, said in (
            ({"picture": ["1"], "prompt": "a", "region": "here"}, "`here` is no region"),
            ({"picture": ["1"], "prompt": "a", "settings": "Mask blur: x"}, "a whole number"),
        ):
            opened = await town.you.menu("Inpaint…", theirs)
            await town.you.modal(opened)
            refusal = await town.you.answer(await town.you.submit(opened, values))
            assert said in refusal["content"]
            assert is_private(refusal)
        assert pipeline.submitted == []


async def test_a_message_without_pictures_is_said_to_have_none(town: Town) -> None:
    async with town.bot():
        await town.you.wait_for_command("Upscale")
        message = await town.you.write("no pictures", files=[File("a.txt", b"words")])
        for menu in ("Image to image…", "Inpaint…", "Upscale"):
            said = await town.you.answer(await town.you.menu(menu, message))
            assert "no picture" in said["content"]
            assert is_private(said)


async def test_the_button_below_pictures_begins_from_one_of_them(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a *b*", seed=7, count=2, size="128x64")
        pictures = await town.you.answer(sent, until=is_done)
        opened = await town.you.press(pictures, "Image to image")
        fields = fields_of(await town.you.modal(opened))
        assert fields["prompt"]["value"] == "a *b*"
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.submit(opened, {"picture": ["2"], "prompt": "c"})
        answer = await town.you.answer(sent, until=is_done)
        assert answer["id"] != pictures["id"]
    [request] = pipeline.requests
    assert (request.init_image, request.width, request.height) == (b"a *b* 8", 128, 64)


async def test_upscale_makes_ours_once_and_any_other_picture_with_what_it_says_of_itself(
    town: Town, theirs: Json
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        await town.you.wait_for_command("Upscale")
        sent = await town.you.slash("imagine", prompt="a", seed=7, size="128x64")
        ours = await town.you.answer(sent, until=is_done)
        for said in ("256×128", "upscaled before"):
            await town.you.menu("Upscale", ours)
            await town.hear(said)
        text = PngImagePlugin.PngInfo()
        text.add_text(
            "parameters", "a red hat\nNegative prompt: blue\nSteps: 20, Seed: 1, CFG scale: 7"
        )
        told = File("told.png", encoded(GREY, pnginfo=text))
        for picture, factor in ((told, 3), (File("grey.png", encoded(GREY)), 1.5)):
            sent = await town.you.slash("upscale", picture=picture, factor=factor, strength=0.2)
            await town.you.answer(sent, until=is_done)
        opened = await town.you.menu("Upscale", theirs)
        await town.you.modal(opened)
        await town.you.answer(await town.you.submit(opened, {"picture": ["2"]}), until=is_done)
    _, once, spoken, plain, hidden = pipeline.requests
    assert (once.init_image, once.width) == (b"a 7", 256)
    assert (spoken.prompt, spoken.negative_prompt) == ("a red hat", "blue")
    assert [(it.width, it.height) for it in (spoken, plain, hidden)] == [
        (384, 288),
        (192, 144),
        (192, 256),
    ]
    assert all(it.exact_steps and it.init_image for it in (spoken, plain, hidden))
    assert (spoken.strength, hidden.strength) == (0.2, 0.3)


async def test_an_upscale_beyond_the_limit_is_refused_before_the_picture_is_fetched(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        large = File("large.png", encoded(Image.new("L", (1000, 500))))
        sent = await town.you.slash("upscale", picture=large, factor=4)
        said = await town.you.answer(sent)
        assert "A side of 4000 pixels is not possible" in said["content"]
        offered = await town.you.suggestions("upscale", "upscaler", "lan")
        assert [it["value"] for it in offered] == ["lanczos"]
        sent = await town.you.slash("upscale", picture=large, upscaler="4x_magic", factor=1)
        answer = await town.you.answer(sent)
        assert "There is no upscaler called `4x_magic`. Try: " in answer["content"]
        assert is_private(said)
        assert pipeline.submitted == []


async def test_a_picture_that_an_embed_shows_is_taken(town: Town, theirs: Json) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        async with town.you.session.post(
            f"{town.you.url}/api/v10/channels/{theirs['channel_id']}/messages",
            json={"embeds": [{"image": {"url": theirs["attachments"][1]["url"]}}]},
            headers={"Authorization": f"Bot {TOKEN}"},
        ) as response:
            response.raise_for_status()
            embed = await response.json()
        await town.you.wait_for_command("Upscale")
        await town.you.answer(await town.you.menu("Upscale", embed), until=is_done)
    [request] = pipeline.requests
    assert (request.width, request.height) == (192, 256)
