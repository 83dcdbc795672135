"""A part of a picture painted anew: shown first, and computed once it is confirmed."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bot.local_discord.person import File, Person, Sent
from bot.local_discord.wire import Json
from pipeline import GenerationRequest
from tests.bot.conversation.conftest import Town
from tests.pipeline.pictures import encoded

GREY = Image.new("RGB", (128, 96), (90, 90, 90))
PICTURE = File("grey.png", encoded(GREY))
LEFT_HALF = Image.new("L", (64, 48))
LEFT_HALF.paste(255, (0, 0, 32, 48))
HOLED = GREY.convert("RGBA")
HOLED.paste((0, 0, 0, 0), (0, 0, 64, 96))


def is_private(message: Json) -> bool:
    return bool(message["flags"] & 64)


def is_preview(message: Json) -> bool:
    return [it["filename"] for it in message["attachments"]] == ["mask.webp"]


def is_done(message: Json) -> bool:
    return "Seed" in message["content"]


async def previewed(town: Town, **options: Any) -> Json:
    sent = await town.you.slash("inpaint", **{"prompt": "a", "picture": PICTURE, **options})
    return await town.you.answer(sent, until=is_preview)


async def tinted(town: Town, preview: Json) -> tuple[bool, bool]:
    """Whether a preview's left and right are tinted."""
    with Image.open(BytesIO(await town.you.read(preview["attachments"][0]))) as picture:
        sides = [picture.getpixel((picture.width * it // 8, picture.height // 2)) for it in (1, 7)]
    left, right = (max(side) - min(side) > 40 for side in sides)  # type: ignore[arg-type]
    return left, right


def mask_of(request: GenerationRequest) -> Image.Image:
    assert request.mask
    return Image.open(BytesIO(request.mask)).convert("L")


def is_left(request: GenerationRequest) -> bool:
    mask = mask_of(request)
    row = [mask.getpixel((mask.width * it // 8, mask.height // 2)) for it in (1, 3, 5, 7)]
    return row == [255, 255, 0, 0]


@pytest.mark.parametrize(
    "where",
    [
        {"mask": File("mask.png", encoded(LEFT_HALF))},
        {"region": "left half"},
        {"region": "0,0,0.5,1"},
        {"picture": File("holed.png", encoded(HOLED))},
    ],
)
async def test_nothing_is_computed_before_the_mask_that_is_shown_is_confirmed(
    town: Town, where: dict[str, Any]
) -> None:
    async with town.bot() as pipeline:
        preview = await previewed(town, **where)
        assert "50 %" in preview["content"]
        assert await tinted(town, preview) == (True, False)
        assert pipeline.submitted == []
    # However long it takes somebody, and whatever happens to the bot meanwhile.
    async with town.bot() as pipeline:
        sent = await town.you.press(preview, "Paint it")
        await pipeline.begun.wait()
    async with town.bot() as second:
        second.may_finish.set()
        answer = await town.you.answer(sent, until=is_done)
        assert answer["id"] == preview["id"]
    for request in (*pipeline.requests, *second.requests):
        assert (request.width, request.height) == (128, 96)
        assert is_left(request)
        assert request.init_image


async def test_a_mask_is_adjusted_in_a_form_that_outlives_the_bot(town: Town) -> None:
    async with town.bot():
        preview = await previewed(town, region="left half", invert=True, content="latent_noise")
        assert await tinted(town, preview) == (False, True)
        opened = await town.you.press(preview, "Adjust")
        fields = {
            it["component"]["custom_id"]: it["component"].get("value")
            for it in (await town.you.modal(opened))["components"]
        }
        assert (fields["prompt"], fields["region"]) == ("a", "left half")
        assert fields["settings"] == (
            "Denoising strength: 0.75, Mask mode: Inpaint not masked, Mask blur: 4, "
            "Masked content: latent noise, Inpaint area: Whole picture, Masked area padding: 32"
        )
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        changes = {"prompt": "b", "settings": "Mask blur: 9, Denoising strength: 0.5"}
        await town.you.submit(opened, {**changes, "region": "right half"})
        adjusted = await town.hear("**b**")
        assert adjusted["id"] == preview["id"]
        # What was taken out of the settings, as was the inversion, is as it is by default.
        assert await tinted(town, adjusted) == (False, True)
        opened = await town.you.press(adjusted, "Adjust")
        await town.you.modal(opened)
        upload = {"mask": [File("mask.png", encoded(LEFT_HALF))], "prompt": "c"}
        await town.you.submit(opened, upload)
        adjusted = await town.hear("**c**")
        assert await tinted(town, adjusted) == (True, False)
        await town.you.answer(await town.you.press(adjusted, "Paint it"), until=is_done)
    [request] = pipeline.requests
    assert (request.prompt, request.mask_blur, request.strength) == ("c", 9, 0.5)
    assert (request.inverted_mask, request.masked_content) == (False, "original")
    assert is_left(request)


async def test_only_who_asked_may_press_and_only_once(town: Town, robin: Person) -> None:
    async with town.bot() as pipeline:
        preview = await previewed(town, region="left half")
        for button in ("Paint it", "Adjust", "Leave it"):
            said = await robin.answer(await robin.press(preview, button))
            assert "Only the one who asked" in said["content"]
            assert is_private(said)
        custom_ids = [it["custom_id"] for it in preview["components"][0]["components"]]
        sent = [await town.you.press(preview, custom_ids[0]) for _ in range(2)]
        await pipeline.begun.wait()
        await town.hear("being painted already")
        pipeline.may_finish.set()
        await town.you.wait_for_message(lambda it: it["id"] == preview["id"] and is_done(it))
        assert len(sent) - 1 == len(pipeline.submitted) == 1


async def test_what_is_left_goes_away_and_cannot_be_found_again(town: Town) -> None:
    async with town.bot() as pipeline:
        preview = await previewed(town, region="left half")
        await town.you.press(preview, "Leave it")

        async def is_gone() -> bool:
            return preview["id"] not in [it["id"] for it in await town.you.messages()]

        assert await town.you.until(is_gone)
        preview = await previewed(town, region="left half")
        await town.forget_everything()
        said = await town.you.answer(await town.you.press(preview, "Paint it"))
        assert "nothing here knows it any more" in said["content"]
        assert pipeline.submitted == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"region": "somewhere nice"}, "`somewhere nice` is no region"),
        ({"region": "left half", "outpaint": "left"}, "Say in one way where"),
        ({"region": "left half", "advanced": "Mask blur: 1000"}, "A mask blur of 1,000"),
        ({"mask": File("mask.png", b"white")}, "cannot be read"),
        ({}, "Nothing of this picture is transparent"),
    ],
)
async def test_where_it_is_not_clear_a_sentence_says_so_to_one_pair_of_eyes(
    town: Town, options: dict[str, Any], said: str
) -> None:
    async with town.bot() as pipeline:
        await town.you.slash("inpaint", **{"prompt": "a", "picture": PICTURE, **options})
        assert is_private(await town.hear(said))
        assert pipeline.submitted == []


async def test_blank_and_full_masks_are_said_to_be(town: Town) -> None:
    async with town.bot():
        for level, said in ((0, "Nothing is marked"), (255, "All of the picture is marked")):
            mask = File("mask.png", encoded(Image.new("L", (10, 700), level)))
            assert said in (await previewed(town, mask=mask))["content"]


async def test_a_picture_grows_beyond_its_edges(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        preview = await previewed(town, outpaint="left", outpaint_by=64)
        assert await tinted(town, preview) == (True, False)
        await town.you.answer(await town.you.press(preview, "Paint it"), until=is_done)
    [request] = pipeline.requests
    assert (request.width, request.height) == (192, 96)
    assert request.init_image
    assert Image.open(BytesIO(request.init_image)).size == (192, 96)


async def test_a_reply_with_a_mask_shows_it_and_its_message_becomes_the_picture(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        pipeline.picture = encoded(GREY)
        sent = await town.you.slash("imagine", prompt="a", seed=7, size="128x96")
        pictures = await town.you.answer(sent, until=is_done)
        bot = pictures["author"]["id"]
        mask = File("mask.png", encoded(LEFT_HALF))
        await town.you.write(f"<@{bot}> a red hat", reply_to=pictures, files=[mask])
        preview = await town.hear("**a red hat**")
        assert is_preview(preview)
        await town.you.press(preview, "Paint it")
        await town.you.wait_for_message(lambda it: it["id"] == preview["id"] and is_done(it))
    assert is_left(pipeline.requests[-1])
    assert [it.width for it in pipeline.requests] == [128, 128]


async def test_again_repaints_the_same_part_and_upscale_takes_the_whole_result(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        preview = await previewed(town, region="left half", area="only_masked")
        sent: Sent = await town.you.press(preview, "Paint it")
        answer = await town.you.answer(sent, until=is_done)
        for button in ("Again, new seed", "Upscale ×2"):
            pressed = await town.you.press(answer, button)
            await town.you.answer(pressed, until=is_done)
    _, again, larger = pipeline.requests
    assert (is_left(again), again.inpaint_area) == (True, "only_masked")
    assert (larger.mask, larger.width, larger.prompt) == (None, 256, "a")
    assert larger.init_image == f"a {larger.seeds[0]}".encode()


async def test_a_reply_that_is_worked_on_can_be_cancelled(town: Town) -> None:
    async with town.bot() as pipeline:
        bot = (await previewed(town, region="left half"))["author"]["id"]
        await town.you.write(f"<@{bot}> a red hat", files=[PICTURE])
        await pipeline.begun.wait()
        shown = await town.you.wait_for_message(
            lambda it: it["components"] and "▱" in it["content"]
        )
        await town.you.press(shown, "Cancel")
        assert (await town.hear("Cancelled."))["id"] == shown["id"]
