"""Pictures and masks that the gallery's exhibits begin from."""

from io import BytesIO

from PIL import Image, ImageDraw

from pipeline.images.masks import mask_of_region
from pipeline.images.regions import Region, parse_region

SIDE = 128  # pixels
SMALL_PART = "0.6,0.15,0.9,0.45"


def drawn(size: tuple[int, int], ground: str, *shapes: tuple[str, Region]) -> bytes:
    """A PNG with ellipses in some regions."""
    picture = Image.new("RGB", size, ground)
    for colour, region in shapes:
        ImageDraw.Draw(picture).ellipse(region.box(size), fill=colour)
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def mask(region: str, size: tuple[int, int]) -> bytes:
    return mask_of_region(parse_region(region), size)


def large_scene() -> bytes:
    """A large picture of which little is to be repainted."""
    return drawn((384, 384), "#1c9a3c", ("#f5f5f5", Region(0.1, 0.5, 0.45, 0.85)))


DISC = drawn((SIDE, SIDE), "#f8f8f8", ("#2050e0", Region(0.2, 0.2, 0.8, 0.8)))
WIDE = drawn(
    (2 * SIDE, SIDE),
    "#f8f8f8",
    ("#db2020", Region(0, 0, 0.5, 1)),
    ("#20a040", Region(0.5, 0, 1, 1)),
)
HALF = mask("right half", (SIDE, SIDE))
