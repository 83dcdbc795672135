"""Whether the page can be read and used: contrast, names, a narrow screen, light and dark."""

import re

import pytest
from playwright.async_api import expect

from tests.bot.local_discord.page.conftest import Stage
from tests.bot.local_discord.page.test_messages import painted

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Every text that is seen, with less contrast to what is behind it than WCAG's AA asks for.
FAINT = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = colour => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].map(one => one / 255);
    };
    const over = (top, below) => top.slice(0, 3).map((one, at) =>
        one * top[3] + below[at] * (1 - top[3]));
    const light = colour => colour.map(one =>
        one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
        .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
    const behind = element => {
        const colours = [];
        for (let at = element; at; at = at.parentElement)
            colours.unshift(rgba(getComputedStyle(at).backgroundColor));
        return colours.reduce((below, top) => over(top, below), [1, 1, 1]);
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const style = getComputedStyle(element);
        if (!walker.currentNode.nodeValue.trim() || !element.checkVisibility(
            { opacityProperty: true, visibilityProperty: true })) continue;
        const below = behind(element);
        const [one, other] = [light(over(rgba(style.color), below)), light(below)];
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
        if (ratio < (isLarge ? 3 : 4.5))
            found.push(`${ratio.toFixed(2)} ${walker.currentNode.nodeValue.trim().slice(0, 40)}`);
    }
    return found;
}"""


async def fill(stage: Stage) -> None:
    """Something of everything on the screen."""
    button = {"type": 2, "label": "Again", "custom_id": "again"}
    row = {
        "type": 1,
        "components": [button | {"style": n, "custom_id": str(n)} for n in range(1, 5)],
    }
    embed = {
        "title": "Card",
        "description": "words",
        "footer": {"text": "below"},
        "color": 0xFFCC00,
    }
    text = "**words** <@{}> `code` https://example.org\n-# small\n> quoted"
    await stage.post_files(
        {"a.png": painted("red"), "notes.txt": b"x"},
        content=text.format(stage.bot.application_id),
        components=[row],
    )
    await stage.post(embeds=[embed])
    await stage.you.write("mine", channel=stage.channel["id"])
    await stage.call("paint")
    await stage.page.keyboard.type("red")
    await expect(stage.messages).to_have_count(3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_word_can_be_read(stage: Stage, scheme: str) -> None:
    if scheme == "dark":
        await stage.page.emulate_media(color_scheme="dark")
    await fill(stage)
    await stage.find("show-members").click()
    await stage.find("switch-person").click()
    await expect(stage.find("popup")).to_be_visible()
    assert await stage.page.evaluate(FAINT) == []


async def test_the_theme_is_chosen_and_kept(stage: Stage) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = await stage.page.evaluate(ground)
    await stage.find("theme").click()
    await stage.find("theme").click()
    await expect(stage.find("theme")).to_have_accessible_name("Theme: dark")
    dark = await stage.page.evaluate(ground)
    assert dark != light
    await stage.page.reload()
    await stage.page.wait_for_selector("html[data-ready]")
    assert await stage.page.evaluate(ground) == dark


async def test_everything_that_can_be_pressed_has_a_name(stage: Stage) -> None:
    await fill(stage)
    await stage.find("show-members").click()
    for found in await stage.page.locator(":is(a, button, input, textarea):visible").all():
        await expect(found).to_have_accessible_name(re.compile(r"\S"))
    nameless = "it => [...it.querySelectorAll('img:not([alt])')].length"
    assert await stage.page.locator("body").evaluate(nameless) == 0


async def test_the_page_fits_a_narrow_screen(stage: Stage) -> None:
    await stage.page.set_viewport_size({"width": 400, "height": 700})
    await stage.find("menu").click()
    await stage.find("channel-lounge").click()
    await expect(stage.find("channel-name")).to_have_text("# lounge")
    await stage.find("menu").click()
    await stage.page.keyboard.press("Escape")
    await expect(stage.find("menu")).to_be_focused()
    await stage.find("menu").click()
    await stage.find(f"channel-{stage.channel['name']}").click()
    await fill(stage)
    # Pressed before the suggestions come, the key would put the whole form away.
    await expect(stage.find("suggestions-colour")).to_be_visible()
    await stage.page.keyboard.press("Escape")
    await stage.find("send-command").click()
    await expect(stage.find("picture").nth(1)).to_be_visible()
    assert await stage.page.evaluate("document.documentElement.scrollWidth") == 400
    for found in await stage.page.locator("#history :is(.picture, .button, .embed)").all():
        box = await found.bounding_box()
        assert box
        assert box["x"] + box["width"] <= 400
