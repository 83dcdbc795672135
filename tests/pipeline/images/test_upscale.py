"""Larger pictures without a model."""

from io import BytesIO

import pytest
from PIL import Image

from pipeline import InvalidRequest, upscale_lanczos
from tests.pipeline.pictures import RED, encoded


def test_a_picture_becomes_as_many_times_larger_and_keeps_its_colours() -> None:
    with Image.open(BytesIO(upscale_lanczos(encoded(RED), 2))) as picture:
        assert (picture.format, picture.size) == ("PNG", (60, 40))
        assert picture.getpixel((30, 20)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("content", "factor", "sentence"),
    [
        (b"text", 2, "cannot be read"),
        (encoded(Image.new("L", (4000, 3000))), 2, "8,000 x 6,000 pixels"),
        (encoded(RED), 0, "at most"),
    ],
)
def test_what_cannot_be_made_larger_is_refused_in_a_sentence(
    content: bytes, factor: int, sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        upscale_lanczos(content, factor)
