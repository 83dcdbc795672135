"""Settings read out of pictures in a conversation, and pictures made again from them."""

from io import BytesIO

from PIL import Image, PngImagePlugin

from bot.local_discord.person import File
from bot.local_discord.wire import Json
from tests.bot.conversation.conftest import Town

INFOTEXT = (
    "a *red* circle\nNegative prompt: dog\nSteps: 12, Sampler: Heun, CFG scale: 5, Seed: 7, "
    "Size: 256x512, Model hash: abcdef1234, Model: other, Clip skip: 2, "
    "ADetailer model: x.pt, TI hashes: bad: 12"
)


def picture(infotext: str | None = INFOTEXT) -> bytes:
    text = PngImagePlugin.PngInfo()
    if infotext is not None:
        text.add_text("parameters", infotext)
    file = BytesIO()
    Image.new("RGB", (64, 64)).save(file, "PNG", pnginfo=text)
    return file.getvalue()


def is_private(message: Json) -> bool:
    return bool(message["flags"] & 64)


async def test_a_pictures_settings_are_shown_and_it_is_made_again_even_after_a_restart(
    town: Town,
) -> None:
    async with town.bot():
        sent = await town.you.slash("info", picture=File("theirs.png", picture()))
        shown = await town.you.answer(sent, until=lambda it: it["components"])
        assert is_private(shown)
        assert r"a \*red\* circle" in shown["content"]
        assert "without: dog" in shown["content"]
        assert "Sampler: Heun" in shown["content"]
        assert "The model `other` is not here; `sd` takes its place." in shown["content"]
        assert "The embedding `bad` is not here" in shown["content"]
        assert "Not followed here: `ADetailer model: x.pt`." in shown["content"]
        assert await town.you.read(shown["attachments"][0]) == INFOTEXT.encode()
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        again = await town.you.press(shown, "Make it again")
        answer = await town.you.answer(again, until=town.is_answer)
        assert not is_private(answer)
        assert "Seed 7 · 256×512 · 12 steps · Heun · guidance 5 · sd" in answer["content"]
    request = (await town.job()).request
    assert (request["clip_skip"], request["noise_source"]) == (2, "nv")


async def test_all_pictures_of_a_message_are_read_from_its_menu(town: Town) -> None:
    async with town.bot():
        await town.you.wait_for_command("Read settings")
        names = {"one.png": picture(), "plain.png": picture(None), "two.png": picture("a cat")}
        message = await town.you.write(
            "look", files=[File(name, content) for name, content in names.items()]
        )
        await town.you.menu("Read settings", message)
        first = await town.you.wait_for_message(lambda it: "of one.png" in it["content"])
        second = await town.you.wait_for_message(lambda it: "of two.png" in it["content"])
        rest = await town.you.wait_for_message(lambda it: "No settings are in" in it["content"])
        assert is_private(first)
        assert "**a cat**" in second["content"]
        assert "plain.png" in rest["content"]
        message = await town.you.write("no pictures")
        sent = await town.you.menu("Read settings", message)
        assert "no picture" in (await town.you.answer(sent))["content"]


async def test_settings_that_cannot_be_followed_say_why_and_have_no_button(town: Town) -> None:
    async with town.bot():
        for settings, said in (
            (INFOTEXT.replace("Heun", "Eular"), "There is no sampler called `Eular`"),
            (INFOTEXT.replace("Steps: 12", "Steps: 1000"), "1,000 steps are not possible"),
            ("", "No settings are in"),
        ):
            sent = await town.you.slash("info", picture=File("a.png", picture(settings)))
            shown = await town.you.answer(sent, until=lambda it: it["content"])
            assert said in shown["content"]
            assert shown["components"] == []


async def test_a_file_that_is_no_picture_or_lost_is_said_to_be(town: Town) -> None:
    async with town.bot():
        sent = await town.you.slash("info", picture=File("a.png", b"GIF89a\0\xff\xff"))
        answer = await town.you.answer(sent, until=lambda it: it["content"])
        assert "No settings are in a.png" in answer["content"]


async def test_advanced_settings_are_completed_checked_and_followed(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        offered = await town.you.suggestions("imagine", "advanced", "Eta: 1, rng:", prompt="a")
        assert {"name": "Eta: 1, RNG: NV", "value": "Eta: 1, RNG: NV"} in offered
        for advanced, said in (
            ("Eta: -1", "eta -1.0 is not possible: take 0 to 100."),
            ("Sampler: Eular", "There is no sampler called `Eular`"),
            ("Eta 1", "`Eta 1` is no setting"),
            ("Clip skip: 13", "Clip skip 13 is not possible: take 1 to 12."),
        ):
            sent = await town.you.slash("imagine", prompt="a", advanced=advanced)
            refused = await town.you.answer(sent)
            assert said in refused["content"]
            assert is_private(refused)
        sent = await town.you.slash(
            "imagine", prompt="a", seed=7, preset="NAI", advanced="Eta: 0.5, ENSD: 5"
        )
        answer = await town.you.answer(sent, until=town.is_answer)
        assert "28 steps · Euler · guidance 11" in answer["content"]
    request = (await town.job()).request
    assert (request["eta"], request["eta_noise_seed_delta"]) == (0.5, 5)
