"""Reactions, pins and emojis of one's own, as a person finds and uses them."""

import pytest
from playwright.async_api import expect

from bot.local_discord.newcomer import GUILD_ID, ROBIN_ID
from bot.local_discord.person import Person
from tests.bot.local_discord.page.conftest import Stage
from tests.bot.local_discord.page.test_messages import painted
from tests.bot.local_discord.test_emojis import data_uri

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_reaction_is_put_under_a_message_joined_and_taken_back(stage: Stage) -> None:
    sent = await stage.post("look at this")
    await stage.messages.hover()
    await stage.find("message-react").click()
    await stage.page.get_by_role("menuitem", name="React with ⭐").click()
    star = stage.find("reaction")
    await expect(star).to_have_text("⭐1")
    await expect(star).to_have_attribute("aria-pressed", "true")
    async with Person.at(stage.line.url, "robin") as robin:
        await robin.react(sent, "⭐")
        await robin.react(sent, "🔥")
    await expect(star).to_have_text(["⭐2", "🔥1"])
    await expect(star.last).to_have_attribute("aria-pressed", "false")
    await star.last.click()
    await star.first.click()
    await expect(star).to_have_text(["⭐1", "🔥2"])


async def test_reactions_are_reached_and_used_by_keys_alone(stage: Stage) -> None:
    await stage.post("look at this")
    await expect(stage.messages).to_have_count(1)
    keyboard = stage.page.keyboard
    await stage.find("entry").focus()
    await keyboard.press("ArrowUp")
    await keyboard.press("Enter")
    await keyboard.type("a")  # the entry that begins with this letter
    await expect(stage.page.get_by_role("menuitem", name="Add a reaction…")).to_be_focused()
    await keyboard.press("Enter")
    await expect(stage.page.get_by_role("menuitem", name="React with 👍")).to_be_focused()
    await keyboard.press("ArrowRight")
    await keyboard.press("Enter")
    await expect(stage.find("reaction")).to_have_text("❤️1")


async def test_an_emoji_of_the_servers_own_is_a_picture_wherever_it_stands(stage: Stage) -> None:
    world = stage.line.discord.world
    flame = stage.line.discord.emojis.add(
        "flame", data_uri(painted("red", (32, 32))), ROBIN_ID, world.guild(GUILD_ID)
    )
    button = {"type": 2, "style": 1, "label": "Go", "custom_id": "x"}
    rows = [{"type": 1, "components": [button | {"emoji": {"id": flame.id, "name": "flame"}}]}]
    await stage.post(f"<:flame:{flame.id}> burns", components=rows)
    picture = stage.find("content").locator("img")
    await expect(picture).to_have_attribute("alt", ":flame:")
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 32
    await expect(stage.find("component-button").locator("img")).to_be_visible()
    await stage.messages.hover()
    await stage.find("message-react").click()
    await stage.page.get_by_role("menuitem", name="React with flame").click()
    await expect(stage.find("reaction").locator("img")).to_be_visible()
    stage.line.discord.emojis.remove(flame)


async def test_a_pin_is_said_found_again_and_taken_out(stage: Stage) -> None:
    await stage.post("keep this")
    for number in range(30):
        await stage.post(f"something else {number}")
    first = stage.messages.first
    await first.scroll_into_view_if_needed()
    await first.click(button="right")
    await stage.page.get_by_role("menuitem", name="Pin message").click()
    await expect(stage.messages.last).to_have_text("You pinned a message to this channel.")
    await stage.find("place-more").click()
    await stage.page.get_by_role("menuitem", name="Pinned messages…").click()
    await stage.page.get_by_role("menuitem", name="keep this").click()
    await expect(first).to_be_focused()
    await stage.page.keyboard.press("Enter")
    await stage.page.get_by_role("menuitem", name="Unpin message").click()
    await stage.find("place-more").click()
    await stage.page.get_by_role("menuitem", name="Pinned messages…").click()
    await expect(stage.find("popup")).to_have_text("Nothing is pinned here yet")
