"""Pictures to learn from: made plain, made small enough, and compared."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import InvalidRequest
from pipeline.images.learnable import MAX_SIDE, learnable_picture, look_alikes
from tests.pipeline.pictures import encoded

NOISE = Image.fromarray(np.random.default_rng(1).integers(0, 256, (6, 9, 3), dtype=np.uint8))
PHOTO = NOISE.resize((300, 200), Image.Resampling.BICUBIC)


def test_nothing_but_the_picture_is_kept() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "where I live"
    taken = learnable_picture(encoded(PHOTO, "JPEG", exif=exif))
    assert (taken.width, taken.height) == (200, 300)
    assert b"where I live" not in taken.png
    with Image.open(BytesIO(taken.png)) as kept:
        assert (kept.format, kept.mode, kept.size) == ("PNG", "RGB", (200, 300))
    with Image.open(BytesIO(taken.thumbnail)) as thumbnail:
        assert max(thumbnail.size) == 200


def test_a_large_picture_is_kept_smaller_and_its_own_size_told() -> None:
    taken = learnable_picture(encoded(Image.new("RGB", (2600, 1300))))
    with Image.open(BytesIO(taken.png)) as kept:
        assert kept.size == (MAX_SIDE, MAX_SIDE // 2)
    assert (taken.width, taken.height) == (2600, 1300)


def test_what_is_too_small_or_no_picture_is_refused_in_a_sentence() -> None:
    with pytest.raises(InvalidRequest, match="31 x 40 pixels shows too little"):
        learnable_picture(encoded(Image.new("RGB", (31, 40))))
    with pytest.raises(InvalidRequest, match="cannot be read"):
        learnable_picture(b"words")


def test_the_same_picture_is_known_again_at_another_size_and_quality() -> None:
    one, again = (
        learnable_picture(file).coarse
        for file in (encoded(PHOTO), encoded(PHOTO.resize((150, 100)), "JPEG", quality=60))
    )
    other = learnable_picture(encoded(PHOTO.transpose(Image.Transpose.FLIP_LEFT_RIGHT))).coarse
    assert [*look_alikes([one, other, again])] == [(0, 2)]
    assert [*look_alikes([])] == [*look_alikes([one])] == []
