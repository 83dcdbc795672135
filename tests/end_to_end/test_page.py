"""The promise to a newcomer: type a prompt in a browser, and see the right picture."""

from pathlib import Path

import pytest

from tests.end_to_end.browsing import CHROMIUM, demo, imagine, open_page

# The picture's colours in its middle and in a corner, as the browser draws them.
COLOURS = """image => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const at = (x, y) => [...context.getImageData(x, y, 1, 1).data].slice(0, 3);
    return [at(canvas.width / 2, canvas.height / 2), at(4, 4)];
}"""


@pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine")
async def test_a_prompt_typed_in_a_browser_gives_a_picture_of_what_it_says(tmp_path: Path) -> None:
    async with demo(tmp_path) as url, open_page(url) as page:
        await imagine(page, "a large red circle in the center of a blue background", seed="1")
        picture = page.get_by_test_id("picture").locator("img").last
        middle, corner = await picture.evaluate(COLOURS)
        assert middle[0] > 120 > middle[2], middle
        assert corner[2] > 120 > corner[0], corner
