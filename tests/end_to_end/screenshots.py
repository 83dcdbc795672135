"""Pictures of the page for the documentation: every scene in light, in dark, and narrow.

    python -m tests.end_to_end.screenshots docs/page

plays them with the demo's bot and model, one after another, at three pages beside each other, and
writes docs/page.md around their pictures.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from bot.local_discord.person import File, Person
from bot.local_discord.wire import Json
from tests.bot.learned_files import embedding_file
from tests.end_to_end.browsing import ARGUMENTS, CHROMIUM, PATIENCE, demo
from tests.end_to_end.scenes import (
    SQUARE,
    as_it_is,
    begin_command,
    dismiss,
    end_progress,
    end_queue,
    fill_in,
    give,
    inside,
    last_message,
    pressing,
    show_artifact,
    show_full_view,
    show_keeping,
    show_limits,
    show_message_menu,
    show_options,
    show_people,
    show_picker,
    show_places,
    show_progress,
    show_queue,
    show_read_settings,
    show_refusal,
    show_show,
    showing,
)
from tests.end_to_end.theatre import Look, Theatre, is_done, three_pages
from tests.end_to_end.training_plays import play_training

TRIANGLE = "a green triangle on a white background"


async def play_first_minute(theatre: Theatre) -> None:
    """What a newcomer sees first."""
    await theatre.play("welcome", "Where one begins: what to type, and examples to press", as_it_is)
    await theatre.play("picker", "Type `/`: every command, with what it needs", show_picker)
    await theatre.play(
        "options",
        "`/imagine`: what is required, what may be added, suggestions while one types",
        show_options,
    )
    await theatre.play(
        "progress", "Pictures on their way, half of it behind them", show_progress, end_progress
    )
    await theatre.make(prompt=SQUARE, seed=1)
    await theatre.play("first_picture", "The first picture, and the buttons under it", as_it_is)


async def play_pictures(theatre: Theatre) -> None:
    """What can be done with pictures that are there."""
    made = await theatre.make(prompt=TRIANGLE, count=4, seed=7)
    await theatre.play("gallery", "Four at once", as_it_is)
    await theatre.play(
        "full_view", "One of them in full: arrow keys, the original, a download", show_full_view
    )
    await theatre.play(
        "message_menu",
        "The right button, a long touch, or Enter on a message: its menu",
        show_message_menu,
    )
    await theatre.play("edit", "*Edit*: everything filled in", pressing("Edit", "modal"))
    await theatre.play(
        "settings", "*Settings*: for one's own eyes", pressing("Settings", "ephemeral"), dismiss
    )
    await theatre.play(
        "read_settings",
        "*Read settings*: what any picture says of itself",
        show_read_settings,
        dismiss,
    )
    for person, emoji in ((theatre.robin, "🔥"), (theatre.you, "🔥"), (theatre.robin, "😂")):
        await person.react(made, emoji)
    await theatre.you.pin(made)
    await theatre.play("marks", "Reactions under a picture, and a pin", as_it_is)


async def play_commands(theatre: Theatre) -> None:
    """The commands that show and set."""
    await theatre.play("help", "`/help`", showing("help"), dismiss)
    await theatre.play("limits", "`/help`: how much one may ask for", show_limits, dismiss)
    await theatre.play(
        "refusal", "What is too much is refused with what would fit", show_refusal, dismiss
    )
    await theatre.play(
        "history",
        "`/history`: one's pictures, searched by words and by seed",
        showing("history"),
        dismiss,
    )
    await theatre.play("show", "`/show`: one of them again, found as one types", show_show)
    await theatre.play(
        "defaults", "`/settings show`: what holds, and why", showing("settings show"), dismiss
    )
    await theatre.play(
        "model", "`/model`: what makes pictures here, and which one uses", showing("model"), dismiss
    )
    await theatre.play("stats", "`/stats`", showing("stats"), dismiss)
    await theatre.play(
        "queue", "`/queue`: what waits, and a way to cancel it", show_queue, end_queue
    )


async def play_from_pictures(theatre: Theatre) -> None:
    """Commands that begin from a picture."""
    made = await theatre.make(prompt=SQUARE, seed=1)
    circle = await theatre.file_of(made)

    async def show_info(page: Page, look: Look) -> None:
        await begin_command(page, "info")
        await give(page, "picture", circle)
        await page.get_by_test_id("send-command").click()
        await expect(last_message(page)).to_contain_text("Sampler")

    async def fill_in_img2img(page: Page, look: Look) -> None:
        await begin_command(page, "img2img")
        await give(page, "picture", circle)
        await fill_in(page, prompt="a large yellow circle on a green background", strength="0.6")
        await expect(page.get_by_test_id("command-form").locator("img")).to_be_visible()

    await theatre.play(
        "info", "`/info`: the settings of a picture that one gives it", show_info, dismiss
    )
    await theatre.play(
        "img2img", "`/img2img`: a picture chosen, dropped or pasted, and words", fill_in_img2img
    )
    await play_reply(theatre, made)
    options = {"prompt": "a small yellow star", "region": "ellipse centre half"}
    sent = await theatre.you.slash("inpaint", picture=circle, **options)
    preview = await theatre.you.answer(sent, until=lambda it: it["components"], patience=PATIENCE)
    await theatre.play("inpaint", "`/inpaint`: what would be painted, before anything is", as_it_is)
    await theatre.you.press(preview, "Paint it")
    await theatre.you.wait_for_message(
        lambda it: it["id"] == preview["id"] and is_done(it), patience=PATIENCE
    )
    await theatre.play("inpainted", "And what came of it", as_it_is)
    await theatre.make("upscale", picture=circle, factor=2)
    await theatre.play("upscale", "`/upscale`: any picture larger, its details anew", as_it_is)


async def play_reply(theatre: Theatre, made: Json) -> None:
    """Words to the bot, in reply to a picture of its own."""
    words = "a large yellow circle in the center of a blue background"
    await theatre.you.write(f"<@{made['author']['id']}> {words}", reply_to=made)
    await theatre.you.wait_for_message(
        lambda it: words in it["content"] and is_done(it), patience=PATIENCE
    )
    await theatre.play("reply", "Words in reply to a picture, and what becomes of it", as_it_is)


async def play_artifacts(theatre: Theatre) -> None:
    """What was learned is looked through and shared, and what a friend posts is kept."""
    you, robin = theatre.you, theatre.robin
    for whom in ("server", "code"):
        sent = await you.slash("artifact share", name="zuk", whom=whom)
        await you.answer(sent, until=lambda it: "You share it" in it["content"], patience=PATIENCE)
    file = File("my-hat.safetensors", embedding_file())
    sent = await robin.slash("artifact import", file=file)
    await robin.answer(sent, until=lambda it: "Kept" in it["content"], patience=PATIENCE)
    sent = await robin.slash("artifact share", name="my-hat")
    await robin.answer(sent, until=lambda it: "You share it" in it["content"], patience=PATIENCE)
    for look, page in theatre.pages.items():
        await inside("channel-imagine")(page, look)
        await dismiss(page)  # what was said of sharing
    await theatre.play(
        "artifacts",
        "`/artifact list`: what one may use here; `/artifact share` and `unshare` say who else may",
        showing("artifact list"),
        dismiss,
    )
    await theatre.play(
        "artifact",
        "`/artifact info`: how a prompt uses it; `rename`, `export` and `delete` are its owner's",
        show_artifact,
        dismiss,
    )
    await robin.write("Here is a hat to wear.", files=[file])
    await theatre.play(
        "keeping",
        "*Keep this embedding*, as `/artifact import` and `/artifact use` do for a file and a code",
        show_keeping,
    )


async def play_places(theatre: Theatre) -> None:
    """Other people, threads, private conversations, and what stands at the sides."""
    await theatre.play("people", "Being somebody else", show_people)
    message = await theatre.make(prompt=TRIANGLE, seed=7)
    thread = await theatre.you.start_thread("Triangles", channel="imagine", message=message)
    await theatre.robin.write("And in yellow, on black?", channel=thread["id"])
    yellow = "a yellow triangle on a black background"
    await theatre.make(channel=thread["id"], prompt=yellow, seed=3)
    await theatre.play("thread", "A thread about a picture", inside("channel-Triangles"))
    await theatre.play(
        "places",
        "At the sides: who is here; on a narrow screen, servers and channels",
        show_places,
    )
    await theatre.make(channel=await theatre.you.open_dm(), prompt="a small red circle", seed=5)
    await theatre.play("private", "A private conversation with the bot", inside("open-dm"))


async def play_all(theatre: Theatre) -> None:
    await play_first_minute(theatre)
    await play_pictures(theatre)
    await play_commands(theatre)
    await play_from_pictures(theatre)
    await play_training(theatre)
    await play_artifacts(theatre)
    await play_places(theatre)
    theatre.write_index()


async def main(folder: Path) -> None:
    expect.set_options(timeout=PATIENCE * 1000)
    with tempfile.TemporaryDirectory() as data:
        async with (
            demo(Path(data)) as url,
            Person.at(url) as you,
            Person.at(url, "robin") as robin,
            async_playwright() as playwright,
        ):
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            async with three_pages(browser, url) as pages:
                await play_all(Theatre(pages, you, robin, folder))
            await browser.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target))
