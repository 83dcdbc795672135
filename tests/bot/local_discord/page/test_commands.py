"""Commands, files and the box where one writes, in a real browser with a real bot behind it."""

import base64

import pytest
from playwright.async_api import FilePayload, expect

from tests.bot.local_discord.conftest import PAINT
from tests.bot.local_discord.page.conftest import Stage
from tests.bot.local_discord.page.test_messages import MIDDLE, painted

pytestmark = pytest.mark.asyncio(loop_scope="module")

GREEN = [0, 128, 0]
# A file comes by paste or by being let go, as a browser makes such an event.
GIVE = """(element, [how, name, data]) => {
    const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, { type: "image/png" }));
    const options = { bubbles: true, cancelable: true };
    element.dispatchEvent(how === "paste"
        ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
        : new DragEvent("drop", { ...options, dataTransfer: transfer }));
}"""


async def give(stage: Stage, where: str, how: str, name: str) -> bytes:
    data = painted("red", (20, 10))
    payload = [how, name, base64.b64encode(data).decode()]
    await stage.page.locator(where).evaluate(GIVE, payload)
    return data


async def test_the_whole_way_to_a_picture_is_gone_by_keys_alone(stage: Stage) -> None:
    keyboard = stage.page.keyboard
    await expect(stage.find("presence")).to_have_text("Athanor is online")
    await expect(stage.find("entry")).to_be_focused()
    await keyboard.type("/pai")
    await expect(stage.choice("/paint")).to_contain_text("Paint a square")
    await keyboard.press("Enter")
    await keyboard.type("gr")
    suggestions = stage.find("suggestions-colour")
    await expect(suggestions.get_by_role("option")).to_have_text(["green"])
    await keyboard.press("Enter")
    await keyboard.press("Tab")  # to what may be added
    await expect(stage.find("add-size")).to_be_focused()
    await keyboard.press("Enter")
    await keyboard.type("63")
    await keyboard.press("ArrowUp")
    await keyboard.press("Enter")
    image = stage.find("picture").locator("img")
    await expect(image).to_have_attribute("alt", "a green square")
    assert await image.evaluate(MIDDLE) == GREEN
    await expect(stage.find("content").first).to_have_text("green 64 0 (edited)")
    await expect(stage.find("entry")).to_be_focused()
    await keyboard.press("Shift+Tab")  # back over the box to what was made last
    while not await stage.find("picture").evaluate("it => it === document.activeElement"):
        await keyboard.press("Shift+Tab")
    await keyboard.press("Tab")
    await expect(stage.page.get_by_role("button", name="Again")).to_be_focused()
    await keyboard.press("Enter")
    await expect(stage.find("picture")).to_have_count(2)
    await keyboard.press("Shift+Tab")
    await keyboard.press("Enter")
    await expect(stage.find("lightbox-picture")).to_be_visible()
    await keyboard.press("Escape")
    await expect(stage.find("lightbox-picture")).to_be_hidden()


async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_sent(stage: Stage) -> None:
    await stage.call("paint")
    await stage.find("send-command").click()
    form = stage.find("command-form")
    await expect(form).to_contain_text("This option is required.")
    await stage.find("option-colour").fill("red")
    await stage.find("add-size").click()
    await stage.find("option-size").fill("65")
    await stage.find("send-command").click()
    await expect(form).to_contain_text("At most 64.")
    await stage.page.keyboard.press("Escape")
    await expect(stage.find("entry")).to_be_focused()
    assert await stage.messages.count() == 0


@pytest.mark.parametrize("how", ["paste", "drop", "pick"])
async def test_a_picture_becomes_a_commands_option(stage: Stage, how: str) -> None:
    await stage.call("paint")
    await stage.find("option-colour").fill("red")
    if how == "paste":
        data = await give(stage, "[data-testid=option-colour]", "paste", "from.png")
    else:
        await stage.find("add-image").click()
        data = painted("red", (20, 10))
        if how == "drop":
            await give(stage, "#option-image", "drop", "from.png")
        else:
            file = FilePayload(name="from.png", mimeType="image/png", buffer=data)
            await stage.find("option-image").set_input_files([file])
    await expect(stage.page.locator("#option-image")).to_contain_text("from.png")
    await stage.find("send-command").click()
    await expect(stage.find("content").first).to_have_text(f"red 32 {len(data)} (edited)")


async def test_files_are_picked_pasted_and_dropped_into_a_message(stage: Stage) -> None:
    file = FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"hello")
    await stage.find("files").set_input_files([file])
    await give(stage, "#entry", "paste", "pasted.png")
    await give(stage, "#history", "drop", "dropped.png")
    drafts = stage.find("draft")
    await expect(drafts).to_have_count(3)
    await drafts.nth(1).get_by_role("button", name="Take pasted.png out").click()
    await stage.find("entry").fill("two files")
    await stage.page.keyboard.press("Enter")
    await expect(stage.find("picture").locator("img")).to_have_attribute(
        "alt", "Picture from You: dropped.png"
    )
    await expect(stage.find("file")).to_contain_text("notes.txt")
    await expect(drafts).to_have_count(0)


async def test_a_file_over_the_limit_is_refused_before_it_is_sent(stage: Stage) -> None:
    big = FilePayload(name="big.bin", mimeType="text/plain", buffer=bytes(10 * 2**20 + 1))
    await stage.find("files").set_input_files([big])
    await expect(stage.page.locator("#banner")).to_have_text("big.bin is larger than 10.0 MiB.")
    await expect(stage.find("draft")).to_have_count(0)


async def test_a_bot_that_thinks_is_seen_thinking_and_then_answers(stage: Stage) -> None:
    stage.bot.may_answer.clear()
    await stage.call("ponder")
    await stage.page.keyboard.press("Enter")
    await expect(stage.find("thinking")).to_have_text("Athanor is thinking…")
    await expect(stage.find("origin")).to_contain_text("You used ponder")
    stage.bot.may_answer.set()
    await expect(stage.find("picture")).to_have_count(3)
    await expect(stage.find("spoken")).to_have_text("Athanor: I have it, 3 pictures")


async def test_commands_that_come_while_one_types_are_offered(stage: Stage) -> None:
    await stage.find("entry").press_sequentially("/silence")
    await expect(stage.find("command-picker")).to_contain_text("No command begins like this.")
    path = f"/applications/{stage.bot.application_id}/guilds/{stage.channel['guild_id']}/commands"
    await stage.line.call("PUT", path, [PAINT | {"name": "silence"}])
    await expect(stage.find("command-picker")).to_contain_text("/silence")
    await stage.line.call("PUT", path, [])


async def test_a_bot_that_does_not_answer_is_shown_to_have_failed(stage: Stage) -> None:
    path = f"/applications/{stage.bot.application_id}/guilds/{stage.channel['guild_id']}/commands"
    await stage.line.call("PUT", path, [PAINT | {"name": "silence"}])
    await stage.call("silence")
    await stage.find("option-prompt").fill("a red circle")
    await stage.page.keyboard.press("Enter")
    await expect(stage.find("pending")).to_contain_text("Sending command")
    stage.line.discord.clock.advance(4)
    await expect(stage.find("failed")).to_have_text("The application did not respond")
    await stage.page.get_by_role("button", name="Dismiss message").click()
    await expect(stage.find("pending")).to_have_count(0)
    await stage.line.call("PUT", path, [])
