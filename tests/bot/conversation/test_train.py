"""From `/train` to a training that is accepted: nothing is computed before somebody confirms."""

from io import BytesIO

from PIL import Image

from bot.local_discord.person import File, Person
from pipeline import TrainingRequest
from tests.bot.conversation.conftest import Town
from tests.bot.conversation.drafting import (
    COLOURS,
    SIX,
    added,
    becomes,
    captioned,
    is_private,
    learned,
    opened,
    picture,
    proposed,
    sent_in,
    trainings,
    zipped,
)


async def test_what_would_be_learned_is_shown_and_begins_once_it_is_confirmed(town: Town) -> None:
    async with town.bot() as pipeline:
        preview = await proposed(town, subject="vase")
        assert [it["filename"] for it in preview["attachments"]] == ["pictures.webp"]
        sheet = await town.you.read(preview["attachments"][0])
        with Image.open(BytesIO(sheet)) as shown:
            assert shown.convert("RGB").getpixel((100, 150))[0] > 200  # type: ignore[index]
        said = preview["content"]
        for words in (
            "**zuk**",
            "LoRA",
            "6 pictures",
            "quick",
            "It is: vase",
            "750 steps",
            "0 of 6",
        ):
            assert words in said
        assert "6 min, I guess" in said
        assert await trainings(town) == []
        await town.you.press(preview, "Confirm")
        preview = await becomes(town, preview, "lit the furnace")
        assert "**zuk** · LoRA · 6 pictures" in preview["content"]
        [training] = await trainings(town)
        furnace = pipeline.furnace
        assert furnace

        async def handed_in() -> list[TrainingRequest]:
            return furnace.submitted

        [request] = await town.you.until(handed_in)
        assert request.id == training.id
        assert [it.content[:4] for it in request.pictures] == [b"\x89PNG"] * 6
        assert training.request["method"]["kind"] == "lora"
        assert training.request["num_steps"] == 750


async def test_a_draft_survives_restarts_and_so_does_its_form(town: Town) -> None:
    async with town.bot():
        form = await opened(town)
    async with town.bot():
        preview = await sent_in(town, form, SIX[:2])
        adding = await town.you.press(preview, "Add pictures")
        await town.you.modal(adding)
    async with town.bot():
        await town.you.submit(adding, {"files": SIX[2:4]})
        await becomes(town, preview, "4 pictures")
    async with town.bot():
        await town.you.press(preview, "Confirm")
        assert "4 pictures" in (await becomes(town, preview, "lit the furnace"))["content"]


async def test_captions_are_asked_for_picture_by_picture(town: Town) -> None:
    async with town.bot():
        preview = await proposed(town)
        form, fields = await captioned(town, preview, "0")
        said = {it["custom_id"]: f"on {number}" for number, it in enumerate(fields, start=1)}
        assert len(said) == 5
        await town.you.submit(form, said)
        preview = await becomes(town, preview, "Captions: 5 of 6")
        form, [field] = await captioned(town, preview, "1")
        await town.you.submit(form, {field["custom_id"]: "on 6"})
        preview = await becomes(town, preview, "Captions: 6 of 6")
        _, fields = await captioned(town, preview, "0")
        assert [it["value"] for it in fields] == [f"on {number}" for number in range(1, 6)]
        await town.you.press(preview, "Confirm")
        await becomes(town, preview, "lit the furnace")
    [training] = await trainings(town)
    assert [it.caption for it in await learned(town)] == [f"on {number}" for number in range(1, 7)]
    assert "filewords" in training.request["template"]


async def test_pictures_and_captions_come_in_a_zip_too(town: Town) -> None:
    captions = [File(f"{it}.txt", f"on {it}".encode()) for it in COLOURS[:2]]
    pack = File("pack.zip", zipped(*SIX, *captions, File("notes.pdf", b"%PDF")))
    async with town.bot():
        preview = await proposed(town, [pack])
        assert "6 pictures" in preview["content"]
        assert "Captions: 2 of 6" in preview["content"]
        assert "notes.pdf is no picture and no caption" in preview["content"]
        late = File("blue.txt", b"on a lake")
        await added(town, preview, [late, picture("orange"), picture("red")])
        preview = await becomes(town, preview, "Captions: 3 of 7")


async def test_a_reply_with_pictures_adds_them_and_its_words_are_their_caption(
    town: Town, robin: Person
) -> None:
    async with town.bot():
        preview = await proposed(town, SIX[:4])
        await town.you.write("in the garden", reply_to=preview, files=SIX[4:])
        preview = await becomes(town, preview, "6 pictures")
        assert "Captions: 2 of 6" in preview["content"]
        await town.hear("Added: ")
        await robin.write("mine too", reply_to=preview, files=[picture("orange")])
        await town.hear("Only the one who asked")
        assert "6 pictures" in (await becomes(town, preview, "pictures"))["content"]


async def test_settings_are_changed_in_a_form_that_shows_them(town: Town) -> None:
    async with town.bot():
        form = await opened(town, advanced="rank: 4")
        preview = await sent_in(town, form, SIX, name="zuk")
        changing = await town.you.press(preview, "Change settings")
        fields = {
            it["component"]["custom_id"]: it["component"]
            for it in (await town.you.modal(changing))["components"]
        }
        assert (fields["name"]["value"], fields["advanced"]["value"]) == ("zuk", "rank: 4")
        changes = {"name": "mik", "preset": ["normal"], "method": ["textual_inversion"]}
        await town.you.submit(changing, {**changes, "subject": "cat", "advanced": "flip: 0.5"})
        preview = await becomes(town, preview, "**mik**")
        assert "3,000 steps" in preview["content"]
        await town.you.press(preview, "Confirm")
        await becomes(town, preview, "lit the furnace")
    [training] = await trainings(town)
    assert training.request["method"]["initializer_text"] == "cat"
    assert (training.request["flip"], training.request["name"]) == (0.5, "mik")


async def test_pictures_that_teach_little_are_pointed_out(town: Town) -> None:
    twins = [picture("red"), picture("#fe0101")]
    async with town.bot():
        said = (await proposed(town, [*twins, picture("blue", (200, 900))]))["content"]
        assert "Pictures 1 and 2 show almost the same" in said
        assert "Some pictures are wide and some are tall" in said
        assert "picture 3" in said
        assert "Without captions I learn what is around it too" in said
        assert "From one picture" in (await proposed(town, SIX[:1]))["content"]
        assert "1 picture " in (await proposed(town, [SIX[0], SIX[0]]))["content"]


async def test_what_is_discarded_goes_away(town: Town) -> None:
    async with town.bot():
        preview = await proposed(town)
        await town.you.press(preview, "Discard")

        async def is_gone() -> bool:
            return preview["id"] not in [it["id"] for it in await town.you.messages()]

        assert await town.you.until(is_gone)
        assert await trainings(town) == []


async def test_pictures_are_taken_out_again_by_their_numbers(town: Town) -> None:
    async with town.bot():
        preview = await proposed(town)
        form = await town.you.press(preview, "Remove pictures")
        await town.you.modal(form)
        await town.you.submit(form, {"numbers": "2, 4-5"})
        preview = await becomes(town, preview, "3 pictures")
        form = await town.you.press(preview, "Remove pictures")
        await town.you.modal(form)
        await town.you.submit(form, {"numbers": "1, 4"})
        assert is_private(await town.hear("There is no picture 4: give numbers from 1 to 3"))
        await town.you.press(preview, "Confirm")
        assert "3 pictures" in (await becomes(town, preview, "lit the furnace"))["content"]


async def test_a_training_is_begun_in_direct_messages_too(town: Town) -> None:
    async with town.bot():
        channel = await town.you.open_dm()
        preview = await sent_in(town, await opened(town, channel=channel), SIX[:2])
        await town.you.write("on a lake", channel=channel, reply_to=preview, files=SIX[2:3])
        await town.you.wait_for_message(lambda it: "3 pictures" in it["content"], channel=channel)
        await town.you.press(preview, "Confirm")
        await town.you.wait_for_message(
            lambda it: "is being learned from 3 pictures" in it["content"], channel=channel
        )
