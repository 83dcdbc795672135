"""Buttons, selects and modals, in a real browser with a real bot behind it."""

import pytest
from playwright.async_api import expect

from tests.bot.local_discord.page.conftest import Stage, second_page
from tests.bot.local_discord.page.scripted_bot import SELECT_TEXT

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_modal_is_filled_in_and_its_answer_is_for_oneself(stage: Stage) -> None:
    await stage.call("name_it")
    await stage.page.keyboard.press("Enter")
    await stage.find("modal-name").fill("Ada")
    await stage.find("modal-submit").click()
    await expect(stage.find("modal")).to_contain_text("This field is required.")
    await stage.find("modal-size").click()
    await stage.choice("large").click()
    await stage.find("modal-file").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"12345"}
    )
    await stage.find("modal-submit").click()
    await expect(stage.find("content")).to_have_text("Ada large [5]")
    await expect(stage.find("ephemeral")).to_contain_text("Only you can see this")
    robin = await second_page(stage, "robin")
    await expect(robin.find("welcome")).to_be_visible()
    await expect(robin.messages).to_have_count(0)
    await stage.find("dismiss").click()
    await expect(stage.messages).to_have_count(0)


async def test_a_modal_takes_radios_boxes_and_a_sentence_from_the_keyboard(stage: Stage) -> None:
    await stage.call("ask_me")
    await stage.page.keyboard.press("Enter")
    keyboard = stage.page.keyboard
    await expect(stage.find("modal-words")).to_be_focused()
    await expect(stage.find("modal-words")).to_have_value("as before")
    await keyboard.press("Control+a")
    await keyboard.type("warm colours")
    await keyboard.press("Tab")
    await keyboard.press("ArrowDown")  # a radio group: the arrow chooses
    await keyboard.press("Tab")
    await keyboard.press("Space")
    await keyboard.press("Tab")
    await keyboard.press("Tab")
    await keyboard.press("Space")
    await keyboard.press("Tab")
    await keyboard.press("Space")
    await keyboard.press("Control+Enter")
    await expect(stage.find("content")).to_have_text("warm colours / square / red+blue / True")


async def test_a_select_is_used_with_keys_and_says_what_is_chosen(stage: Stage) -> None:
    await stage.call("choices")
    await stage.page.keyboard.press("Enter")
    content = stage.find("content")
    await expect(content).to_have_text(SELECT_TEXT)
    one = stage.page.get_by_role("combobox", name="One shape")
    await one.focus()
    await stage.page.keyboard.press("ArrowDown")
    await expect(stage.choice("Square")).to_contain_text("as wide as high")
    await stage.page.keyboard.press("ArrowDown")
    await stage.page.keyboard.press("Enter")
    await expect(content).to_have_text("chosen: 3:2 (edited)")
    await expect(one).to_be_focused()


async def test_a_select_takes_as_many_as_it_says(stage: Stage) -> None:
    await stage.call("choices")
    await stage.page.keyboard.press("Enter")
    await stage.page.get_by_role("combobox", name="Two or three").click()
    done = stage.page.get_by_role("button", name="Choose", exact=True)
    await stage.choice("red").click()
    await expect(done).to_be_disabled()
    for colour in ("green", "blue", "grey"):  # a fourth is one too many
        await stage.choice(colour).click()
    await expect(stage.find("chooser")).to_contain_text("3 chosen · 2 to 3")
    await done.click()
    await expect(stage.find("content")).to_have_text("chosen: red, green, blue (edited)")
    await stage.page.get_by_role("combobox", name="Two or three").click()
    await stage.page.keyboard.press("Escape")
    await expect(stage.find("chooser")).to_have_count(0)


@pytest.mark.parametrize(
    ("select", "typed", "said"),
    [
        ("Somebody", "rob", "Robin"),
        ("A role", "stew", "Stewards"),
        ("A channel", "loun", "lounge"),
    ],
)
async def test_people_roles_and_channels_are_found_by_typing(
    stage: Stage, select: str, typed: str, said: str
) -> None:
    await stage.call("choices")
    await stage.page.keyboard.press("Enter")
    await stage.page.get_by_role("combobox", name=select).click()
    await stage.page.keyboard.type(typed)
    await expect(stage.choice(said)).to_have_count(1)
    await stage.page.keyboard.press("Enter")
    await expect(stage.find("content")).to_have_text(f"chosen: {said} (edited)")


async def test_a_button_that_nobody_answers_is_shown_to_have_failed(stage: Stage) -> None:
    button = {"type": 2, "style": 1, "label": "Into the void", "custom_id": "void"}
    await stage.post("x", components=[{"type": 1, "components": [button]}])
    pressed = stage.find("component-button")
    await pressed.click()
    await expect(pressed).to_have_attribute("aria-busy", "true")
    stage.line.discord.clock.advance(4)
    await expect(stage.find("component-failed")).to_have_text("This interaction failed")
    await expect(pressed).not_to_have_attribute("aria-busy", "true")


async def test_a_private_answer_to_a_command_names_people_and_yes_or_no(stage: Stage) -> None:
    await stage.call("whisper")
    await stage.find("option-private").click()
    await stage.choice("Yes").click()
    await stage.find("option-whom").click()
    await stage.page.keyboard.type("sage")
    await stage.page.keyboard.press("Enter")
    await stage.find("send-command").click()
    await expect(stage.find("content")).to_have_text("psst, @Sage")
    await expect(stage.find("ephemeral")).to_be_visible()
