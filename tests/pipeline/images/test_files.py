"""Settings in picture files: put there so that other programs find them, and found in theirs."""

import json
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from PIL.ExifTags import IFD, Base

from pipeline.images.files import read_settings, shrink_to_webp, write_png, write_webp

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
INFOTEXT = "a réd 猫\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 64x48"


def picture() -> Image.Image:
    return Image.linear_gradient("L").convert("RGB").resize((64, 48))


def saved(kind: str, **options: Any) -> bytes:
    file = BytesIO()
    picture().save(file, kind, **options)
    return file.getvalue()


def comment(encoded: bytes, byte_order: str = ">") -> bytes:
    exif = Image.Exif()
    exif.endian = byte_order
    exif.get_ifd(IFD.Exif)[Base.UserComment] = encoded
    return exif.tobytes()


def png_text(**chunks: str) -> PngImagePlugin.PngInfo:
    text = PngImagePlugin.PngInfo()
    for key, value in chunks.items():
        text.add_text(key, value)
    return text


def zipped_text(length: int) -> PngImagePlugin.PngInfo:
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a" * length, zip=True)
    return text


def huge_png() -> bytes:
    """The head of a PNG that claims 60,000 x 60,000 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    length, checksum = struct.pack(">I", 13), struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + length + header + checksum + saved("PNG")[33:]


@given(texts)
def test_a_png_gives_back_the_infotext_that_was_written(text: str) -> None:
    assert read_settings(write_png(picture(), text)) == text


@given(texts)
def test_a_webp_gives_back_the_infotext_that_was_written(text: str) -> None:
    # The order of the bytes shows in the names of settings, of which every infotext has some.
    text = text.strip("\ufeff") + "\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"
    assert read_settings(write_webp(picture(), text)) == text


def test_a_png_keeps_every_pixel() -> None:
    with Image.open(BytesIO(write_png(picture(), "a cat"))) as image:
        assert image.size == (64, 48)
        assert image.tobytes() == picture().tobytes()


def test_the_same_picture_is_the_same_bytes() -> None:
    assert write_png(picture(), "猫") == write_png(picture(), "猫")


def text_behind_the_pixels() -> bytes:
    whole, plain = saved("PNG", pnginfo=png_text(parameters="x")), saved("PNG")
    chunk = whole[33 : whole.index(b"IDAT") - 4]
    return plain[:-12] + chunk + plain[-12:]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: saved("PNG", pnginfo=png_text(parameters=INFOTEXT)), INFOTEXT),
        (lambda: saved("PNG", pnginfo=png_text(parameters="latin é")), "latin é"),
        (lambda: saved("PNG", pnginfo=zipped_text(1000)), "a" * 1000),
        (text_behind_the_pixels, "x"),
        *(
            (
                lambda kind=kind, order=order, codec=codec: saved(
                    kind, exif=comment(b"UNICODE\0" + INFOTEXT.encode(codec), order)
                ),
                INFOTEXT,
            )
            for kind in ("JPEG", "WEBP", "PNG")
            for order in "<>"
            for codec in ("utf-16-be", "utf-16-le", "utf-16")
        ),
        (lambda: saved("JPEG", exif=comment(b"ASCII\0\0\0a cat")), "a cat"),
        (lambda: saved("JPEG", exif=comment(b"\0" * 8 + "猫".encode())), "猫"),
        (lambda: saved("JPEG", exif=comment(b"no header at all")), "no header at all"),
        (lambda: saved("GIF", comment=INFOTEXT.encode()), INFOTEXT),
    ],
)
def test_settings_are_found_wherever_programs_put_them(
    make: Callable[[], bytes], expected: str
) -> None:
    assert read_settings(make()) == expected


def test_a_novelai_picture_tells_its_settings_as_webui_would() -> None:
    told = {"sampler": "k_euler_ancestral", "uc": "bad", "steps": 28, "scale": 11.0, "seed": 5}
    file = png(told, Description="a cat, {smile}")
    assert read_settings(file) == (
        "a cat, {smile}\nNegative prompt: bad\nSteps: 28, Sampler: Euler a, CFG scale: 11.0, "
        "Seed: 5, Size: 64x48, Clip skip: 2, ENSD: 31337"
    )
    assert "Sampler: Euler a," in str(read_settings(png(told | {"sampler": "nai_smea"})))


def png(told: object, **chunks: str) -> bytes:
    chunks = {"Description": "a cat", "Comment": json.dumps(told), **chunks}
    return saved("PNG", pnginfo=png_text(Software="NovelAI", **chunks))


@pytest.mark.parametrize("told", [{}, [], 3, {"uc": 1, "steps": 2}])
def test_a_novelai_picture_whose_settings_are_not_whole_has_none(told: object) -> None:
    assert read_settings(png(told)) is None
    deep = saved("PNG", pnginfo=png_text(Software="NovelAI", Comment="[" * 100_000))
    assert read_settings(deep) is None


def test_a_png_becomes_the_best_webp_that_fits_settings_included() -> None:
    noise = Image.effect_noise((256, 256), 90).convert("RGB")
    whole = write_png(noise, INFOTEXT)
    large, small = shrink_to_webp(whole, 10**6), shrink_to_webp(whole, 40_000)
    assert large
    assert small
    assert len(small) <= 40_000 < len(large) < len(whole)
    assert read_settings(small) == read_settings(large) == INFOTEXT
    assert shrink_to_webp(whole, 1000) is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: saved("PNG"),
        lambda: saved("JPEG"),
        lambda: saved("WEBP"),
        lambda: saved("GIF"),
        lambda: saved("BMP"),
        lambda: b"",
        lambda: b"not a picture",
        lambda: write_png(picture(), "a cat")[:20],
        lambda: saved("PNG", pnginfo=zipped_text(20_000_000)),
        huge_png,
    ],
)
def test_a_file_without_settings_that_can_be_read_has_none(make: Callable[[], bytes]) -> None:
    assert read_settings(make()) is None


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of damage, which is the point here
@given(st.sampled_from(["PNG", "WEBP", "JPEG", "GIF"]), st.data())
def test_a_damaged_file_is_read_or_has_none(kind: str, data: st.DataObject) -> None:
    whole = {
        "PNG": lambda: write_png(picture(), "a cat"),
        "WEBP": lambda: write_webp(picture(), "a cat"),
        "JPEG": lambda: saved("JPEG", exif=comment(b"UNICODE\0\0a\0 \0c")),
        "GIF": lambda: saved("GIF", comment=b"a cat"),
    }[kind]()
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))] or whole)
    for position in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=5)):
        damaged[position] = data.draw(st.integers(0, 255))
    settings = read_settings(bytes(damaged))
    assert settings is None or isinstance(settings, str)
