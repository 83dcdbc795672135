"""What stands in the conversation, in a real browser: text, pictures, cards."""

import io

import pytest
from PIL import Image
from playwright.async_api import expect

from bot.local_discord.newcomer import APPLICATION_ID, LOUNGE_ID, ROBIN_ID
from tests.bot.local_discord.page.conftest import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

V2 = 1 << 15
BLUE = (0, 0, 255)
MIDDLE = """image => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return [...context.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data].slice(0, 3);
}"""
MARKED = [
    ("**bold** *soft* __under__ ~~gone~~", "strong em u s"),
    ("# large\n-# small", "h3 div.subtext"),
    ("`code` ```py\nblock```", "code pre"),
    ("> quoted\n> twice", "blockquote"),
    ("- one\n  - inside\n- two", "ul ul li"),
    ("2. two\n3. three", "ol[start='2']"),
    ("[words](https://example.org) and https://example.com", "a[href='https://example.org']"),
    (f"<@{APPLICATION_ID}> <#{LOUNGE_ID}> </paint:1>", "span.mention.active"),
    ("<t:1753000000:R>", "time[data-relative]"),
    ("🎨", "div.text.large"),
]


def painted(colour: tuple[int, int, int] | str, size: tuple[int, int] = (300, 200)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


async def test_text_is_marked_up_as_discord_does_it(stage: Stage) -> None:
    for text, _ in MARKED:
        await stage.post(text)
    contents = stage.find("content")
    await expect(contents).to_have_count(len(MARKED))
    for index, (text, wanted) in enumerate(MARKED):
        for selector in [wanted] if "ul ul" in wanted else wanted.split(" "):
            found = contents.nth(index).locator(selector).first
            assert await found.count() == 1, (text, selector)


async def test_text_from_outside_is_never_markup(stage: Stage) -> None:
    await stage.post("<img src=x onerror=alert(1)> **bold** <script>1</script> javascript:alert(1)")
    content = stage.find("content")
    await expect(content.locator("strong")).to_have_text("bold")
    await expect(content).to_contain_text("<img src=x onerror=alert(1)>")
    assert await content.locator("img, script, a").count() == 0


async def test_a_spoiler_that_was_opened_stays_open(stage: Stage) -> None:
    sent = await stage.post("the answer is ||42||, step 1")
    await stage.page.get_by_role("button", name="Spoiler").click()
    path = f"{stage.messages_path}/{sent['id']}"
    await stage.line.call("PATCH", path, {"content": "the answer is ||42||, step 2"})
    await expect(stage.find("content")).to_contain_text("step 2")
    await expect(stage.find("content").get_by_text("42")).to_be_visible()
    await expect(stage.find("spoken")).to_have_text("Athanor: the answer is (spoiler), step 1")


async def test_pictures_stand_in_a_grid_and_open_in_full(stage: Stage) -> None:
    files = {f"{name}.png": painted(name) for name in ("red", "green", "blue", "yellow")}
    await stage.post_files(files)
    pictures = stage.find("picture")
    await expect(pictures).to_have_count(4)
    tops = [round((await pictures.nth(at).bounding_box() or {"y": 0})["y"]) for at in range(4)]
    assert tops[0] == tops[1] < tops[2] == tops[3]
    await pictures.nth(1).click()
    full = stage.find("lightbox-picture")
    await expect(full).to_have_attribute("alt", "green.png")
    await stage.page.keyboard.press("ArrowRight")
    await expect(stage.find("lightbox-place")).to_have_text("3 of 4")
    await expect(full).to_have_js_property("complete", True)
    assert await full.evaluate(MIDDLE) == [*BLUE]
    async with stage.page.expect_download() as download:
        await stage.find("lightbox-download").click()
    assert (await download.value).suggested_filename == "blue.png"
    await expect(stage.find("lightbox-open")).to_have_attribute("target", "_blank")
    await stage.page.keyboard.press("Escape")
    await expect(stage.find("lightbox")).to_be_hidden()
    await expect(pictures.nth(1)).to_be_focused()


async def test_progress_changes_text_and_picture_in_place_without_a_flicker(stage: Stage) -> None:
    row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Stop", "custom_id": "s"}]}
    sent = await stage.post_files({"1.png": painted("red")}, content="1", components=[row])
    stop = stage.page.get_by_role("button", name="Stop")
    await stop.focus()
    image = stage.find("picture").locator("img")
    await image.evaluate(
        "it => { it.seen = []; new MutationObserver(() => it.seen.push("
        "it.complete && it.naturalWidth > 0)).observe(it, { attributes: true }) }"
    )
    for step, colour in (("2", "green"), ("3", "blue")):
        body = {"content": step, "attachments": [{"id": 0, "description": step}]}
        path = f"{stage.messages_path}/{sent['id']}"
        await stage.line.call("PATCH", path, body, files={f"{step}.png": painted(colour)})
        await expect(stage.find("content")).to_have_text(f"{step} (edited)")
    await expect(image).to_have_attribute("alt", "3")
    assert await image.evaluate(MIDDLE) == [*BLUE]
    # Never replaced, nor ever without a picture; and the cursor stayed where it was.
    assert all(await image.evaluate("it => it.seen"))
    await expect(stop).to_be_focused()


async def test_every_block_of_components_v2_is_shown(stage: Stage) -> None:
    button = {"type": 2, "style": 4, "label": "Cancel", "custom_id": "cancel"}
    thumbnail = {"type": 11, "media": {"url": "attachment://a.png"}, "description": "a thumbnail"}
    blocks = [
        {"type": 10, "content": "## Your queue"},
        {"type": 9, "components": [{"type": 10, "content": "first"}], "accessory": button},
        {"type": 9, "components": [{"type": 10, "content": "second"}], "accessory": thumbnail},
        {"type": 14, "divider": True, "spacing": 2},
        {"type": 12, "items": [{"media": {"url": "attachment://a.png"}, "description": "made"}]},
        {"type": 13, "file": {"url": "attachment://notes.txt"}},
        {"type": 1, "components": [button | {"custom_id": "other", "label": "Later"}]},
    ]
    container = {"type": 17, "accent_color": 0xFF8800, "components": blocks}
    files = {"a.png": painted("red"), "notes.txt": b"hello"}
    await stage.post_files(files, flags=V2, components=[container], attachments=[])
    box = stage.find("container")
    await expect(box.locator("h4")).to_have_text("Your queue")
    await expect(box.get_by_role("button", name="Cancel")).to_be_visible()
    await expect(box.get_by_role("button", name="Later")).to_be_visible()
    await expect(box.get_by_alt_text("a thumbnail")).to_be_visible()
    await expect(box.get_by_alt_text("made")).to_be_visible()
    await expect(box.get_by_test_id("file")).to_contain_text("notes.txt")
    await expect(box.locator("hr.wide")).to_have_count(1)


async def test_an_embed_is_a_card_with_its_fields(stage: Stage) -> None:
    field = {"name": "Pictures", "value": "**12**", "inline": True}
    embed = {"title": "Statistics", "url": "https://example.org", "color": 0xFF8800}
    more = {"fields": [field], "footer": {"text": "since July"}, "author": {"name": "Ada"}}
    await stage.post(embeds=[embed | more])
    card = stage.find("embed")
    await expect(card.get_by_role("link", name="Statistics")).to_be_visible()
    await expect(card.locator(".inline strong")).to_have_text("12")
    await expect(card).to_contain_text("since July")


async def test_what_is_new_is_read_out_and_what_was_there_is_not(stage: Stage) -> None:
    await stage.post("before")
    await stage.page.reload()
    await stage.page.wait_for_selector("html[data-ready]")
    spoken = stage.find("spoken")
    await expect(spoken).to_have_text("")
    await stage.post("**hello** there")
    await expect(spoken).to_have_text("Athanor: hello there")


async def test_a_message_for_oneself_stands_out(stage: Stage) -> None:
    await stage.post(f"look, <@{ROBIN_ID}>")
    await expect(stage.messages).not_to_have_class("for-you")
    await stage.open("robin")
    assert "for-you" in (await stage.messages.get_attribute("class") or "")
