"""What a person does before the page, scene by scene, until there is something to look at."""

import re
from contextlib import suppress

from playwright.async_api import Locator, Page, TimeoutError, expect

from bot.local_discord.person import File
from tests.end_to_end.browsing import PATIENCE
from tests.end_to_end.theatre import Look, Scene

SQUARE = "a large red circle in the center of a blue background"
PICTURES_ARE_THERE = "() => Promise.all([...document.images].map(image => image.decode()))"
# A thread opens at what was not read yet; the button to what is newest comes a moment later.
AT_PRESENT = """() => {
    const button = document.querySelector("[data-testid=to-present]");
    if (!button.hidden) button.click();
    const newest = [...document.querySelectorAll("[data-testid=message]")].at(-1);
    return button.hidden && newest.getBoundingClientRect().bottom <= innerHeight;
}"""
UNDER_WAY = re.compile("[▰▱]")
HALFWAY = re.compile(r"\b[4-6]\d %")


def last_message(page: Page) -> Locator:
    return page.get_by_test_id("message").last


def last_pictures(page: Page) -> Locator:
    """The last message that has pictures."""
    return page.get_by_test_id("message").filter(has=page.get_by_test_id("picture")).last


async def begin_command(page: Page, name: str) -> None:
    await page.get_by_test_id("entry").press_sequentially(f"/{name}")
    commands = page.get_by_test_id("command-picker").get_by_role("option")
    await commands.filter(has_text=re.compile(rf"^/{name} ")).first.click()


async def fill_in(page: Page, **values: str) -> None:
    """Options of the command that was begun; those that are not required are added first."""
    for name, value in values.items():
        if not await page.get_by_test_id(f"option-{name}").count():
            await page.get_by_test_id(f"add-{name}").click()
        await page.get_by_test_id(f"option-{name}").fill(value)


async def give(page: Page, option: str, file: File) -> None:
    """A file for an option, as a browser's own dialogue gives it."""
    payload = {"name": file.name, "mimeType": "image/png", "buffer": file.data}
    await page.get_by_test_id(f"option-{option}").set_input_files(payload)  # type: ignore[arg-type]


async def as_it_is(page: Page, look: Look) -> None:
    await expect(page.get_by_test_id("welcome")).to_be_attached()
    await page.evaluate(PICTURES_ARE_THERE)


async def show_picker(page: Page, look: Look) -> None:
    await page.get_by_test_id("entry").press_sequentially("/")
    await expect(page.get_by_test_id("command-picker")).to_be_visible()


async def show_options(page: Page, look: Look) -> None:
    await begin_command(page, "imagine")
    await fill_in(page, prompt=SQUARE, count="4")
    await page.get_by_test_id("add-sampler").click()
    await page.keyboard.type("dpm")
    suggestions = page.get_by_test_id("suggestions-sampler").get_by_role("option")
    await expect(suggestions.first).to_contain_text("DPM")


async def begin_long_work(page: Page) -> None:
    await begin_command(page, "imagine")
    # Long enough for a quick machine, which shows how far it is only every few seconds.
    long = {"steps": "150", "count": "4", "size": "192x192"}
    await fill_in(page, prompt="a yellow star on a black background", **long)
    await page.get_by_test_id("send-command").click()


async def show_progress(page: Page, look: Look) -> None:
    """In the middle of the way, with a first idea of the pictures."""
    await begin_long_work(page)
    await expect(last_message(page)).to_contain_text(HALFWAY, timeout=PATIENCE * 1000)
    await expect(last_message(page).get_by_test_id("picture").first).to_be_visible()


async def end_progress(page: Page) -> None:
    with suppress(TimeoutError):  # a quick machine may be done
        await page.get_by_role("button", name="Cancel").last.click(timeout=2000)
    await expect(last_message(page)).not_to_contain_text(UNDER_WAY, timeout=PATIENCE * 1000)
    count = await page.get_by_test_id("message").count()
    await last_message(page).click(button="right")
    await page.get_by_role("menuitem", name="Delete message").click()
    await expect(page.get_by_test_id("message")).to_have_count(count - 1)


async def show_refusal(page: Page, look: Look) -> None:
    await begin_command(page, "imagine")
    await fill_in(page, prompt=SQUARE, size="1024x1024", steps="150", count="4")
    await page.get_by_test_id("send-command").click()
    await expect(page.get_by_test_id("ephemeral")).to_be_visible()


async def show_limits(page: Page, look: Look) -> None:
    await begin_command(page, "help")
    await page.get_by_test_id("add-topic").click()
    await page.keyboard.type("how much")
    suggestions = page.get_by_test_id("suggestions-topic").get_by_role("option")
    await expect(suggestions.first).to_contain_text("How much you may ask for")
    await page.keyboard.press("Enter")
    await page.get_by_test_id("send-command").click()
    await expect(page.get_by_test_id("ephemeral")).to_be_visible()


async def show_full_view(page: Page, look: Look) -> None:
    await last_pictures(page).get_by_test_id("picture").nth(1).click()
    await expect(page.get_by_test_id("lightbox-picture")).to_be_visible()


def pressing(button: str, shown: str) -> Scene:
    """A button under the last pictures, and what it brings up."""

    async def press(page: Page, look: Look) -> None:
        await last_pictures(page).get_by_role("button", name=button).first.click()
        await expect(page.get_by_test_id(shown)).to_be_visible()

    return press


async def dismiss(page: Page) -> None:
    own = page.get_by_test_id("ephemeral")
    for left in reversed(range(await own.count())):
        await page.get_by_test_id("dismiss").last.click()
        await expect(own).to_have_count(left)


async def show_people(page: Page, look: Look) -> None:
    if look.is_narrow:
        await page.get_by_test_id("menu").click()
    await page.get_by_test_id("switch-person").click()
    await expect(page.get_by_test_id("person-robin")).to_be_visible()


async def show_message_menu(page: Page, look: Look) -> None:
    await last_pictures(page).get_by_test_id("content").click(button="right")
    await expect(page.get_by_test_id("popup")).to_be_visible()


def showing(command: str) -> Scene:
    """A command without options, and its answer for one's own eyes."""

    async def show(page: Page, look: Look) -> None:
        await begin_command(page, command)
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("ephemeral")).to_be_visible()
        await expect(page.get_by_test_id("ephemeral")).not_to_contain_text("thinking")

    return show


async def show_artifact(page: Page, look: Look) -> None:
    """What is known of something that was learned."""
    await begin_command(page, "artifact info")
    await page.get_by_test_id("option-name").press_sequentially("zuk")
    suggestions = page.get_by_test_id("suggestions-name").get_by_role("option")
    await expect(suggestions.first).to_contain_text("zuk")
    await page.keyboard.press("Enter")
    await page.get_by_test_id("send-command").click()
    await expect(last_message(page)).to_contain_text("In the prompt")


async def show_keeping(page: Page, look: Look) -> None:
    """The form in which a posted file gets its name."""
    await last_message(page).get_by_test_id("content").click(button="right")
    await page.get_by_text("Keep this embedding").click()
    await expect(page.get_by_test_id("modal")).to_be_visible()


async def show_show(page: Page, look: Look) -> None:
    await begin_command(page, "show")
    await page.get_by_test_id("option-id").press_sequentially("red")
    suggestions = page.get_by_test_id("suggestions-id").get_by_role("option")
    await expect(suggestions.first).to_contain_text("red circle")


async def show_read_settings(page: Page, look: Look) -> None:
    await show_message_menu(page, look)
    await page.get_by_text("Read settings").click()
    await expect(page.get_by_role("button", name="Make it again")).to_have_count(4)
    await page.get_by_test_id("to-present").click()


async def show_queue(page: Page, look: Look) -> None:
    await begin_long_work(page)
    await expect(last_message(page)).to_contain_text("%", timeout=PATIENCE * 1000)
    await showing("queue")(page, look)


async def end_queue(page: Page) -> None:
    await dismiss(page)
    await end_progress(page)


async def show_places(page: Page, look: Look) -> None:
    """What stands at the sides: the drawer where there is no room, the members where there is."""
    await page.get_by_test_id("menu" if look.is_narrow else "show-members").click()


async def show_train_form(page: Page, look: Look) -> None:
    await begin_command(page, "train start")
    await page.get_by_test_id("send-command").click()
    await expect(page.get_by_test_id("modal")).to_be_visible()


def inside(place: str) -> Scene:
    """A channel, thread or private conversation, by the test id of the way to it."""

    async def enter(page: Page, look: Look) -> None:
        if look.is_narrow:
            await page.get_by_test_id("menu").click()
        await page.get_by_test_id(place).click()
        await expect(page.get_by_test_id("picture").last).to_be_visible()
        await page.evaluate(PICTURES_ARE_THERE)
        await page.wait_for_function(AT_PRESENT)

    return enter
