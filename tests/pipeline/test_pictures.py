"""Pictures from outside: what is opened, and what is refused before it takes memory."""

import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pipeline.images.plain import plain_picture
from pipeline.pictures import MAX_KEPT, open_layer, open_picture, picture_size
from tests.pipeline.pictures import RED, claiming, encoded


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
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
    assert open_layer(encoded(clear.convert(mode))).mode == "RGBA"


def test_a_photograph_stands_upright_and_says_nothing_of_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    exif[0x010E] = "at home"
    photograph = encoded(RED, "JPEG", exif=exif)
    assert open_picture(photograph).size == (20, 30)
    with Image.open(BytesIO(plain_picture(photograph).png)) as plain:
        assert (plain.format, plain.mode, plain.size) == ("PNG", "RGB", (20, 30))
        plain.load()
        assert not plain.info
        assert not plain.getexif()


def test_colours_of_print_and_deep_greys_are_seen_as_they_are() -> None:
    white = open_picture(encoded(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG"))
    assert min(white.getpixel((4, 4))) > 250  # type: ignore[arg-type]
    greys = np.linspace(0, 2**16 - 1, 256).astype(np.uint16).reshape(16, 16)
    seen = np.array(open_picture(encoded(Image.fromarray(greys))))[..., 0]
    assert np.abs(seen.astype(int).flatten() - np.arange(256)).max() <= 1


def test_of_many_frames_the_first_is_taken() -> None:
    frames = [Image.new("RGB", (8, 8), (255, number % 200, 0)) for number in range(1, 300)]
    for kind in ("GIF", "WEBP", "PNG"):
        film = encoded(RED.resize((8, 8)), kind, save_all=True, append_images=frames)
        red, green, _ = open_picture(film).getpixel((4, 4))  # type: ignore[misc]
        assert (red > 240, green < 15) == (True, True)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_what_is_larger_than_any_need_is_shrunk(kind: str) -> None:
    picture = open_layer(encoded(RED.resize((4000, 3200)), kind))
    assert picture.size == (2000, 1600)
    assert picture.width * picture.height <= MAX_KEPT


@pytest.mark.parametrize(
    "content", [b"", b"text", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_picture_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read: send a PNG, JPEG, WebP or GIF"):
        picture_size(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_that_is_cut_off_is_refused_in_a_sentence(kind: str) -> None:
    noise = encoded(Image.effect_noise((64, 64), 90), kind)
    with pytest.raises(ValueError, match=r"damaged|cannot be read"):
        open_picture(noise[: len(noise) // 2])


@pytest.mark.parametrize("size", [(8000, 6000), (20_000, 20_000), (30_000, 10_000)])
def test_a_picture_larger_than_any_need_is_refused_unopened(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"35,000,000|40,000,000"):
        picture_size(claiming(encoded(RED), *size))


LARGEST = {
    "PNG RGB": (5800, 6000, {}),
    "PNG P": (5000, 4900, {}),
    "JPEG RGB": (6000, 4100, {"progressive": True, "subsampling": 0}),
    "JPEG CMYK": (4700, 3900, {"progressive": True, "subsampling": 0}),
    "WEBP RGBA": (3400, 2800, {"lossless": True, "method": 0}),
    "GIF P": (4000, 3900, {"transparency": 3}),
}
MEASURED = """
import resource, sys
from pipeline.images.plain import plain_picture
content = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
plain_picture(content)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", LARGEST)
def test_the_largest_of_its_kind_takes_less_than_200_megabytes(kind: str) -> None:
    width, height, options = LARGEST[kind]
    form, mode = kind.split()
    shade = Image.linear_gradient("L").resize((width, height), Image.Resampling.NEAREST)
    content = encoded(shade.convert(mode), form, **options)
    answer = subprocess.run(
        [sys.executable, "-c", MEASURED], input=content, capture_output=True, check=True
    )
    assert int(answer.stdout) < 200e6
