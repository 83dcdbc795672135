"""Many pictures as one small one."""

import asyncio
import io
import time

import pytest
from PIL import Image

from bot.replies.contact_sheet import GAP, LOST, TILE, contact_sheet, one_below_another

LONGEST_PAUSE = 0.05  # seconds that the loop may stand still


def png(width: int, height: int, colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


def middle_of_tile(sheet: Image.Image, row: int, column: int) -> tuple[int, ...]:
    left, top = (GAP + place * (TILE + GAP) + TILE // 2 for place in (column, row))
    colour = sheet.getpixel((left, top))
    assert isinstance(colour, tuple)
    return colour


def test_pictures_stand_in_rows_of_three_and_keep_their_shape() -> None:
    pictures = [png(64, 64, "red"), png(1024, 256, "lime"), png(32, 512, "blue"), png(8, 8, "red")]
    sheet = Image.open(io.BytesIO(contact_sheet(pictures)))
    assert sheet.size == (GAP + 3 * (TILE + GAP), GAP + 2 * (TILE + GAP))
    colours = [middle_of_tile(sheet, row, column) for row, column in ((0, 0), (0, 1), (0, 2))]
    assert [max(range(3), key=colour.__getitem__) for colour in colours] == [0, 1, 2]
    # The second is four times as wide as high: above it there is paper.
    assert max(sheet.getpixel((GAP + TILE + GAP + TILE // 2, GAP + 40))) < 80  # type: ignore[arg-type]


def bomb() -> bytes:
    """A file of some kilobytes that says it has more pixels than are looked at."""
    file = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    "broken",
    [None, b"", b"no picture", png(64, 64, "red")[:60], bomb()],
    ids=["lost", "empty", "no picture", "truncated", "huge"],
)
def test_what_is_no_picture_is_a_blank_tile(broken: bytes | None) -> None:
    sheet = Image.open(io.BytesIO(contact_sheet([broken, png(64, 64, "red")])))
    assert middle_of_tile(sheet, 0, 0) == pytest.approx(LOST, abs=6)
    assert middle_of_tile(sheet, 0, 1)[0] > 200


async def test_the_loop_goes_on_while_a_sheet_is_made_of_large_pictures() -> None:
    pictures = [png(1024, 1024, "red")] * 9
    done = asyncio.create_task(asyncio.to_thread(contact_sheet, pictures))
    costs = []
    while not done.done():
        begun = time.thread_time()
        await asyncio.sleep(0.002)
        costs.append(time.thread_time() - begun)
    assert len(costs) > 10
    assert max(costs) < LONGEST_PAUSE


def test_pictures_stand_one_below_another_in_the_width_of_the_first() -> None:
    column = Image.open(
        io.BytesIO(
            one_below_another([png(40, 20, "red"), png(80, 10, "lime"), png(20, 20, "blue")])
        )
    )
    assert column.size == (40, 20 + 5 + 40)
    bands = [column.crop((0, top, 40, top + 1)).resize((1, 1)).tobytes() for top in (10, 22, 45)]
    assert [max(range(3), key=colour.__getitem__) for colour in bands] == [0, 1, 2]
