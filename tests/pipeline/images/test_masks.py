"""Masks from regions and from transparency, and masks shown over their picture."""

from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from pipeline.errors import InvalidRequest
from pipeline.images.masks import mask_of_region, mask_of_transparency, open_mask, preview_mask
from pipeline.images.regions import parse_region
from tests.pipeline.pictures import RED, encoded


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def test_the_mask_of_a_rectangle_is_white_there_and_nowhere_else() -> None:
    mask = opened(mask_of_region(parse_region("left third"), (90, 40)))
    assert (mask.mode, mask.size, mask.getbbox()) == ("L", (90, 40), (0, 0, 30, 40))
    assert mask.histogram()[255] == 30 * 40


def test_the_mask_of_an_ellipse_leaves_the_corners() -> None:
    mask = opened(mask_of_region(parse_region("ellipse centre"), (80, 80)))
    assert mask.getbbox() == (20, 20, 60, 60)
    assert mask.getpixel((20, 20)) == 0
    assert mask.getpixel((40, 40)) == 255


def test_what_is_transparent_is_repainted() -> None:
    layer = Image.new("RGBA", (30, 20), "red")
    layer.paste((0, 0, 0, 0), (5, 5, 15, 15))
    assert opened(mask_of_transparency(encoded(layer))).getbbox() == (5, 5, 15, 15)


@pytest.mark.parametrize("picture", [RED, Image.new("RGBA", (9, 9), "red")])
def test_a_picture_that_hides_everything_is_no_mask(picture: Image.Image) -> None:
    with pytest.raises(InvalidRequest, match="Nothing of this picture is transparent"):
        mask_of_transparency(encoded(picture))


def test_a_mask_of_another_size_is_laid_over_the_whole_picture() -> None:
    mask = Image.new("L", (10, 10))
    mask.paste(255, (0, 0, 5, 10))
    assert open_mask(encoded(mask), (40, 20)).getpixel((5, 10)) == 255
    assert open_mask(encoded(mask), (40, 20)).getpixel((35, 10)) == 0


def test_what_is_drawn_on_a_transparent_layer_is_the_mask() -> None:
    layer = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    ImageDraw.Draw(layer).rectangle((0, 0, 9, 19), fill="black")
    assert open_mask(encoded(layer), (20, 20)).getbbox() == (0, 0, 10, 20)


@pytest.mark.parametrize("inverted", [False, True])
def test_a_preview_tints_what_would_be_repainted(inverted: bool) -> None:
    grey = encoded(Image.new("RGB", (2000, 1000), (128, 128, 128)))
    mask = mask_of_region(parse_region("left half"), (50, 25))
    shown = opened(preview_mask(grey, mask, inverted)).convert("RGB")
    assert shown.size == (1024, 512)
    left, right = shown.getpixel((200, 256)), shown.getpixel((800, 256))
    tinted, plain = (right, left) if inverted else (left, right)
    assert tinted[0] > 150 > tinted[1]  # type: ignore[index]
    assert max(abs(level - 128) for level in plain) < 8  # type: ignore[union-attr]


def test_a_damaged_mask_is_refused_in_a_sentence() -> None:
    with pytest.raises(InvalidRequest, match="damaged"):
        open_mask(encoded(Image.effect_noise((64, 64), 90))[:1000], (64, 64))
