"""Context menus: by the right button, by a long touch, by the keyboard."""

import pytest
from playwright.async_api import expect

from bot.local_discord.newcomer import GUILD_ID
from tests.bot.local_discord.page.conftest import Stage
from tests.bot.local_discord.page.test_messages import painted

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG_TOUCH = """async element => {
    const { left, top } = element.getBoundingClientRect();
    const touch = { bubbles: true, pointerType: "touch", clientX: left + 5, clientY: top + 5 };
    element.dispatchEvent(new PointerEvent("pointerdown", touch));
    await new Promise(done => setTimeout(done, 700));
    element.dispatchEvent(new PointerEvent("pointerup", touch));
}"""


async def test_a_message_has_the_bots_commands_in_its_menu(stage: Stage) -> None:
    await stage.post_files({"a.png": painted("red", (64, 32))}, content="look here")
    await stage.find("content").click(button="right")
    await stage.find("app-Look at it").click()
    await expect(stage.find("content").nth(1)).to_have_text("look here ['64x32']")


async def test_text_link_and_id_are_copied(stage: Stage) -> None:
    sent = await stage.post("**copy** me")
    copied = "navigator.clipboard.readText()"
    link = f"{stage.line.url}/#/{GUILD_ID}/{stage.channel['id']}/{sent['id']}"
    for name, wanted in (
        ("Copy text", "**copy** me"),
        ("Copy link", link),
        ("Copy message ID", sent["id"]),
    ):
        await stage.messages.click(button="right")
        await stage.page.get_by_role("menuitem", name=name).click()
        await expect(stage.page.locator("#banner")).to_contain_text("copied")
        assert await stage.page.evaluate(copied) == wanted


async def test_ones_own_message_is_written_anew_and_deleted_by_keys_alone(stage: Stage) -> None:
    keyboard = stage.page.keyboard
    await stage.find("entry").focus()
    await keyboard.type("helo")
    await keyboard.press("Enter")
    await expect(stage.messages).to_have_count(1)
    await keyboard.press("ArrowUp")
    await expect(stage.messages).to_be_focused()
    await keyboard.press("Enter")
    await keyboard.type("e")  # the entry that begins with this letter
    await expect(stage.page.get_by_role("menuitem", name="Edit message")).to_be_focused()
    await keyboard.press("Enter")
    await expect(stage.find("entry")).to_have_value("helo")
    await keyboard.type(", hello")
    await keyboard.press("Enter")
    await expect(stage.find("content")).to_have_text("helo, hello (edited)")
    await keyboard.press("ArrowUp")
    await keyboard.press("Shift+F10")
    await keyboard.press("End")
    await expect(stage.page.get_by_role("menuitem", name="Delete message")).to_be_focused()
    await keyboard.press("Enter")
    await expect(stage.messages).to_have_count(0)


async def test_others_messages_are_deleted_by_who_manages_them(stage: Stage) -> None:
    await stage.post("rude")
    delete = stage.page.get_by_role("menuitem", name="Delete message")
    await stage.open("robin")
    await stage.messages.click(button="right")
    await expect(stage.page.get_by_role("menuitem", name="Reply")).to_be_visible()
    await expect(delete).to_have_count(0)
    await stage.page.keyboard.press("Escape")
    await stage.open("sage")
    await stage.messages.click(button="right")
    await delete.click()
    await expect(stage.messages).to_have_count(0)


async def test_a_long_touch_is_a_right_click(stage: Stage) -> None:
    await stage.post("touch me")
    await stage.find("content").evaluate(LONG_TOUCH)
    await expect(stage.page.get_by_role("menuitem", name="Reply")).to_be_visible()
    await stage.page.keyboard.press("Escape")
    await expect(stage.find("popup")).to_be_hidden()


async def test_a_picture_has_entries_of_its_own(stage: Stage) -> None:
    await stage.post_files({"a.png": painted("red")})
    await stage.find("picture").click(button="right")
    await stage.page.get_by_role("menuitem", name="Copy picture link").click()
    await expect(stage.page.locator("#banner")).to_have_text("Link copied.")
    copied = await stage.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{stage.line.url}/cdn/attachments/")
