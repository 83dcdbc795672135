"""Servers, channels, threads, private conversations and people, in a real browser."""

import pytest
from playwright.async_api import expect

from bot.local_discord.newcomer import (
    CIRCLE_ID,
    GALLERY_ID,
    GUILD_ID,
    ROBIN_ID,
)
from bot.local_discord.permissions import VIEW_CHANNEL
from tests.bot.local_discord.page.conftest import Stage, second_page

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_one_goes_from_server_to_server_and_back_again(stage: Stage) -> None:
    await stage.find("server-Painters' circle").click()
    await expect(stage.find("server-name")).to_have_text("Painters' circle")
    await stage.find("channel-gallery").click()
    await expect(stage.find("channel-name")).to_have_text("# gallery")
    assert stage.page.url.endswith(f"#/{CIRCLE_ID}/{GALLERY_ID}")
    await stage.page.go_back()
    await stage.page.go_back()
    await expect(stage.find("channel-name")).to_have_text(f"# {stage.channel['name']}")


async def test_a_thread_shows_what_has_become_of_the_message_that_it_hangs_from(
    stage: Stage,
) -> None:
    root = await stage.post("Shall I?")
    path = f"{stage.messages_path}/{root['id']}"
    assert (await stage.line.call("POST", f"{path}/threads", {"name": "aside"})).status == 201
    await stage.find("thread-card").click()
    await expect(stage.messages.first).to_contain_text("Shall I?")
    await stage.line.call("PATCH", path, {"content": "I do."})
    await expect(stage.messages.first).to_contain_text("I do.")
    await stage.line.call("DELETE", path)
    await expect(stage.messages.first).to_contain_text("The original message was deleted")


async def test_a_thread_starts_at_a_message_and_stands_under_its_channel(stage: Stage) -> None:
    await stage.post("what about blue?")
    await stage.messages.click(button="right")
    await stage.page.get_by_role("menuitem", name="Start a thread…").click()
    await expect(stage.find("asked")).to_have_value("what about blue?")
    await stage.find("asked").fill("On blue")
    await stage.page.keyboard.press("Enter")
    await expect(stage.find("channel-name")).to_have_text("On blue")
    await expect(stage.find("topic")).to_have_text(f"A thread in #{stage.channel['name']}")
    await expect(stage.find("channel-On blue")).to_have_attribute("aria-current", "true")
    await stage.find("entry").fill("very much")
    await stage.page.keyboard.press("Enter")
    await expect(stage.messages).to_have_count(2)
    await stage.find(f"channel-{stage.channel['name']}").click()
    await expect(stage.find("thread-card")).to_contain_text("On blue")
    await stage.find("thread-card").click()
    await stage.find("place-more").click()
    await stage.page.get_by_role("menuitem", name="Close the thread").click()
    await expect(stage.find("channel-On blue")).to_have_count(0)


async def test_what_is_new_elsewhere_is_marked_until_it_is_read(stage: Stage) -> None:
    await stage.post("old")
    await expect(stage.messages).to_have_count(1)
    await stage.find("channel-lounge").click()
    await expect(stage.find("channel-name")).to_have_text("# lounge")
    await stage.post("news")
    entry = stage.find(f"channel-{stage.channel['name']}")
    await expect(entry).to_have_accessible_name(f"{stage.channel['name']}, unread")
    await stage.page.reload()
    await expect(entry).to_have_class("unread")
    await entry.click()
    await expect(stage.find("news")).to_have_text("New")
    await expect(entry).not_to_have_class("unread")
    await stage.page.reload()
    await expect(stage.messages).to_have_count(2)
    await expect(stage.find("news")).to_have_count(0)


async def test_an_address_leads_to_a_message_however_far_back(stage: Stage) -> None:
    for number in range(70):
        await stage.you.write(f"line {number}", channel=stage.channel["id"])
    await expect(stage.page.get_by_text("line 69")).to_be_in_viewport()
    first = (await stage.you.messages(stage.channel["id"]))[0]
    place = f"#/{GUILD_ID}/{stage.channel['id']}/{first['id']}"
    await stage.open(place=place)
    await expect(stage.page.get_by_text(first["content"], exact=True)).to_be_in_viewport()
    # Discord's own links lead here too, and a place that is gone is said to be.
    url = f"https://discord.com/channels/{GUILD_ID}/{stage.channel['id']}/{first['id']}"
    await stage.post(url)
    await stage.find("to-present").click()
    await stage.find("content").get_by_text("› message").click()
    await expect(stage.page.get_by_text(first["content"], exact=True)).to_be_in_viewport()
    await stage.page.evaluate("location.hash = '#/1/2'")
    await expect(stage.page.locator("#banner")).to_contain_text("not here any more")


async def test_older_messages_come_as_one_scrolls_up(stage: Stage) -> None:
    for number in range(60):
        await stage.you.write(f"line {number}", channel=stage.channel["id"])
    await expect(stage.page.get_by_text("line 59")).to_be_visible()
    await stage.page.reload()
    await expect(stage.page.get_by_text("line 59")).to_be_in_viewport()
    await stage.page.evaluate("document.getElementById('history').scrollTop = 0")
    await expect(stage.page.get_by_text("line 0", exact=True)).to_have_count(1)
    await expect(stage.find("welcome")).to_contain_text("Welcome to")


async def test_one_becomes_somebody_else_and_sees_what_they_may_see(stage: Stage) -> None:
    await stage.director.overwrite(stage.channel["id"], ROBIN_ID, deny=VIEW_CHANNEL)
    await expect(stage.find("you")).to_have_text("You")
    await stage.find("switch-person").click()
    await expect(stage.find("person-sage")).to_contain_text("Stewards")
    await stage.find("person-robin").click()
    await expect(stage.find("you")).to_have_text("Robin")
    await expect(stage.find("channel-lounge")).to_be_visible()
    await expect(stage.find(f"channel-{stage.channel['name']}")).to_have_count(0)


async def test_who_is_a_member_has_a_menu_with_the_bots_own_commands(stage: Stage) -> None:
    await stage.find("show-members").click()
    await stage.find("member-robin").click()
    await stage.find("app-Whose is it").click()
    await expect(stage.find("content")).to_have_text("It is Robin's")
    await stage.find("member-sage").click(button="right")
    await stage.page.get_by_role("menuitem", name="Private conversation").click()
    await expect(stage.find("channel-name")).to_have_text("@ Sage")
    await expect(stage.find("show-members")).to_be_hidden()


async def test_the_line_mends_itself_and_nothing_is_missed(stage: Stage) -> None:
    await stage.post("before")
    await expect(stage.messages).to_have_count(1)
    stage.line.discord.feed.close()
    await expect(stage.page.locator("#banner")).to_contain_text("Trying again")
    await stage.post("meanwhile")
    await expect(stage.messages).to_have_count(2)
    await expect(stage.page.locator("#banner")).to_be_hidden()


async def test_a_newcomer_is_told_what_to_do_first(stage: Stage) -> None:
    prompt = {"type": 3, "name": "prompt", "description": "what", "required": True}
    commands = [{"name": "imagine", "description": "Make a picture", "options": [prompt]}]
    path = f"/applications/{stage.bot.application_id}/guilds/{GUILD_ID}/commands"
    await stage.line.call("PUT", path, commands)
    await expect(stage.find("welcome")).to_contain_text("say what you want to see")
    example = stage.find("example").first
    words = await example.inner_text()
    await example.click()
    await expect(stage.find("option-prompt")).to_have_value(words)
    await expect(stage.find("option-prompt")).to_be_focused()
    await stage.line.call("PUT", path, [])


async def test_two_people_speak_to_each_other(stage: Stage) -> None:
    robin = await second_page(stage, "robin")
    await robin.find("entry").fill("hello")
    await robin.page.keyboard.press("Enter")
    await expect(stage.find("author")).to_have_text("Robin")
    await stage.messages.hover()
    await stage.find("message-reply").click()
    await expect(stage.find("replying")).to_contain_text("Replying to Robin")
    await stage.find("entry").fill("and to you, @rob")
    await stage.page.keyboard.press("Tab")
    await stage.page.keyboard.press("Enter")
    answer = robin.messages.nth(1)
    await expect(answer.get_by_test_id("content")).to_have_text("and to you, @Robin")
    await expect(answer.get_by_test_id("quote")).to_have_text("hello")
