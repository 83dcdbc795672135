"""Pictures from outside: what is opened, and what is refused before it takes memory."""

import pytest
from PIL import Image

from pipeline.pictures import open_picture, picture_size
from tests.pipeline.pictures import RED, claiming, encoded


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_people_send_is_opened(kind: str) -> None:
    assert picture_size(encoded(RED, kind)) == (30, 20)
    picture = open_picture(encoded(RED, kind))
    assert (picture.mode, picture.size) == ("RGB", (30, 20))
    red, green, blue = picture.getpixel((15, 10))  # type: ignore[misc]
    assert red > 240
    assert green < 20
    assert blue < 20


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_stands_on_white(mode: str) -> None:
    clear = Image.new("RGBA", (30, 20), (255, 0, 0, 0))
    assert open_picture(encoded(clear.convert(mode))).getpixel((3, 3)) == (255, 255, 255)


def test_a_photograph_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    assert open_picture(encoded(RED, "JPEG", exif=exif)).size == (20, 30)


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n", encoded(RED, "GIF")])
def test_what_is_no_picture_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read: send a PNG, JPEG or WebP"):
        picture_size(content)


def test_a_picture_that_is_cut_off_is_refused_in_a_sentence() -> None:
    noise = Image.effect_noise((64, 64), 90)
    with pytest.raises(ValueError, match="damaged"):
        open_picture(encoded(noise)[:1000])


@pytest.mark.parametrize("size", [(8000, 6000), (12_000, 9_000), (30_000, 10_000)])
def test_a_picture_larger_than_any_need_is_refused_unopened(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"40,000,000"):
        picture_size(claiming(encoded(RED), *size))
