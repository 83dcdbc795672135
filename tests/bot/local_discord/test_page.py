"""The chat page in a real browser, with a real bot behind it."""

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.local_discord.newcomer import CHANNEL_ID
from bot.local_discord.openapi import OpenApi
from tests.bot.local_discord.conftest import COMMANDS, MESSAGES, PAINT, Line, open_line
from tests.bot.local_discord.library_bot import running

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MIDDLE_OF_PICTURE = """image => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return [...context.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data].slice(0, 3);
}"""


# One browser for the whole file: its loop is the file's, and so is everything that meets it.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("There is no Chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def line(description: OpenApi | None) -> AsyncIterator[Line]:
    async with open_line(description) as line:
        yield line


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, line_of_discord_py: Line) -> AsyncIterator[Page]:
    """The page open in Chromium; anything it fetches elsewhere or trips over fails the test."""
    troubles: list[str] = []
    url = line_of_discord_py.url
    context = await browser.new_context(viewport={"width": 1200, "height": 800})
    page = await context.new_page()
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "request",
        lambda it: None if it.url.startswith((url, "blob:")) else troubles.append(it.url),
    )
    await page.goto(url)
    await page.wait_for_selector("html[data-ready]")
    yield page
    await context.close()
    assert troubles == []


async def call(page: Page, name: str) -> None:
    """Picks a command by typing, as one does."""
    await page.get_by_test_id("entry").press_sequentially(f"/{name}")
    await expect(page.get_by_test_id("command-picker")).to_contain_text(name)
    await page.keyboard.press("Enter")


async def test_one_types_chooses_presses_and_sees_the_right_picture(page: Page) -> None:
    async with running():
        await expect(page.get_by_test_id("presence")).to_have_text("Athanor is online")
        await call(page, "pai")
        await page.get_by_test_id("option-colour").press_sequentially("gr")
        suggestions = page.get_by_test_id("suggestions-colour")
        await expect(suggestions.get_by_role("option")).to_have_text(["green"])
        await page.keyboard.press("Enter")
        await page.get_by_test_id("add-size").click()
        await page.keyboard.type("64")
        await page.keyboard.press("Enter")
        picture = page.get_by_test_id("picture").locator("img")
        await expect(picture).to_have_attribute("alt", "a green square")
        assert await picture.evaluate(MIDDLE_OF_PICTURE) == [0, 128, 0]
        await page.get_by_role("button", name="Again").click()
        await expect(page.get_by_test_id("picture")).to_have_count(2)
        await page.get_by_test_id("picture").first.click()
        full = page.get_by_test_id("lightbox-picture")
        await expect(full).to_be_visible()
        assert await full.evaluate(MIDDLE_OF_PICTURE) == [0, 128, 0]
        await page.keyboard.press("Escape")
        await expect(full).to_be_hidden()


async def test_a_modal_is_filled_in_and_its_answer_is_for_oneself(page: Page) -> None:
    async with running():
        await call(page, "name_it")
        await page.keyboard.press("Enter")
        await page.get_by_test_id("modal-name").fill("Ada")
        await page.get_by_test_id("modal-submit").click()
        await expect(page.get_by_test_id("modal")).to_contain_text("This field is required.")
        await page.get_by_test_id("modal-size").click()
        await page.get_by_role("option", name="large").click()
        await page.get_by_test_id("modal-file").set_input_files(
            {"name": "a.txt", "mimeType": "text/plain", "buffer": b"12345"}
        )
        await page.keyboard.press("Enter")
        await page.get_by_test_id("modal-submit").click()
        await expect(page.get_by_test_id("content")).to_have_text("Ada large [5]")
        await expect(page.get_by_test_id("ephemeral")).to_contain_text("Only you can see this")
        await page.get_by_test_id("dismiss").click()
        await expect(page.get_by_test_id("message")).to_have_count(0)


async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_sent(page: Page) -> None:
    async with running():
        await call(page, "paint")
        await page.get_by_test_id("send-command").click()
        form = page.get_by_test_id("command-form")
        await expect(form).to_contain_text("This option is required.")
        await page.get_by_test_id("option-colour").fill("red")
        await page.get_by_test_id("add-size").click()
        await page.get_by_test_id("option-size").fill("65")
        await page.get_by_test_id("send-command").click()
        await expect(form).to_contain_text("At most 64.")
        await page.keyboard.press("Escape")
        await expect(page.get_by_test_id("entry")).to_be_focused()
        assert await page.get_by_test_id("message").count() == 0


async def test_a_bot_that_does_not_answer_is_shown_to_have_failed(
    page: Page, line_of_discord_py: Line
) -> None:
    await line_of_discord_py.call("PUT", COMMANDS, [PAINT])
    await call(page, "paint")
    await page.get_by_test_id("option-prompt").fill("a red circle")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("pending")).to_contain_text("Sending command")
    line_of_discord_py.discord.clock.advance(4)
    await expect(page.get_by_test_id("failed")).to_have_text("The application did not respond")


async def test_progress_changes_a_message_in_place(page: Page, line_of_discord_py: Line) -> None:
    line = line_of_discord_py
    button = {"type": 2, "style": 2, "label": "Stop", "custom_id": "stop"}
    row = {"type": 1, "components": [button]}
    sent = (await line.call("POST", MESSAGES, {"content": "1", "components": [row]})).body
    stop = page.get_by_role("button", name="Stop")
    await stop.focus()
    for text in ("2", "3"):
        await line.call("PATCH", f"{MESSAGES}/{sent['id']}", {"content": text})
        await expect(page.get_by_test_id("content")).to_have_text(f"{text} (edited)")
    # Only an element that was never replaced keeps the cursor.
    await expect(stop).to_be_focused()


async def test_text_from_outside_is_never_markup(page: Page, line_of_discord_py: Line) -> None:
    line = line_of_discord_py
    text = "<img src=x onerror=alert(1)> **bold** `code` <script>1</script> javascript:alert(1)"
    await line.call("POST", MESSAGES, {"content": text})
    content = page.get_by_test_id("content")
    await expect(content.locator("strong")).to_have_text("bold")
    await expect(content).to_contain_text("<img src=x onerror=alert(1)>")
    assert await content.locator("img, script, a").count() == 0


async def test_the_page_fits_a_narrow_screen(page: Page, line_of_discord_py: Line) -> None:
    async with running():
        await page.set_viewport_size({"width": 400, "height": 700})
        await page.get_by_test_id("menu").click()
        await page.get_by_test_id("channel-lounge").click()
        await expect(page.get_by_test_id("channel-name")).to_have_text("# lounge")
        await call(page, "paint")
        await page.get_by_test_id("option-colour").fill("red")
        await page.keyboard.press("Escape")
        await page.get_by_test_id("send-command").click()
        await expect(page.get_by_test_id("picture")).to_be_visible()
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width == 400


async def test_what_was_said_is_there_after_a_reload(page: Page, line_of_discord_py: Line) -> None:
    person = line_of_discord_py.discord.person("you")
    for number in range(60):
        person.write(CHANNEL_ID, f"line {number}", [], None)
    await expect(page.get_by_text("line 59")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("line 59")).to_be_visible()
    await page.evaluate("document.getElementById('history').scrollTop = 0")
    await expect(page.get_by_text("line 0", exact=True)).to_have_count(1)
