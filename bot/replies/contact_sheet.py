"""Many pictures as one small one, each with its number or another label."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

TILE = 200  # pixels a side
GAP = 8
NUM_COLUMNS = 3
NUMBER_SIZE = 20  # pixels
PAPER, LOST, INK = (43, 45, 49), (70, 72, 78), (255, 255, 255)
MAX_PIXELS = 64 * 2**20  # that one picture may have, so that no file can fill the memory


def contact_sheet(
    pngs: Sequence[bytes | None],
    labels: Sequence[str] | None = None,
    num_columns: int = NUM_COLUMNS,
) -> bytes:
    """One WebP of all pictures, in rows, numbered from 1 where they have no other labels.

    What is None, or no picture, is a blank tile. Takes its time: not for a busy loop.
    """
    labels = labels or [str(number) for number in range(1, len(pngs) + 1)]
    num_columns = min(num_columns, max(1, len(pngs)))
    num_rows = max(1, -(-len(pngs) // num_columns))
    width, height = (GAP + count * (TILE + GAP) for count in (num_columns, num_rows))
    sheet = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(NUMBER_SIZE)
    for index, (png, label) in enumerate(zip(pngs, labels, strict=True)):
        row, column = divmod(index, num_columns)
        left, top = GAP + column * (TILE + GAP), GAP + row * (TILE + GAP)
        tile = _tile(png)
        sheet.paste(tile, (left + (TILE - tile.width) // 2, top + (TILE - tile.height) // 2))
        draw.text((left + 4, top + 2), label, INK, font, stroke_width=2, stroke_fill=PAPER)
    return _written(sheet)


def one_below_another(pictures: Sequence[bytes]) -> bytes:
    """One WebP of pictures of ours, all in the width of the first.

    Discord cuts pictures that stand side by side to squares; a single one it shows whole.
    """
    opened = [Image.open(BytesIO(each)).convert("RGB") for each in pictures]
    width = opened[0].width
    fitted = [each.resize((width, each.height * width // each.width)) for each in opened]
    column = Image.new("RGB", (width, sum(each.height for each in fitted)))
    top = 0
    for each in fitted:
        column.paste(each, (0, top))
        top += each.height
    return _written(column)


def _written(picture: Image.Image) -> bytes:
    written = BytesIO()
    picture.save(written, "WEBP", quality=80)
    return written.getvalue()


def _tile(png: bytes | None) -> Image.Image:
    if png is not None:
        try:
            with Image.open(BytesIO(png)) as picture:
                if picture.width * picture.height <= MAX_PIXELS:
                    # Of two steps, the first is fast and the second is fine.
                    picture.thumbnail((TILE, TILE), reducing_gap=2.0)
                    return picture.convert("RGB")
        except (UnidentifiedImageError, OSError):
            pass
    return Image.new("RGB", (TILE, TILE), LOST)
