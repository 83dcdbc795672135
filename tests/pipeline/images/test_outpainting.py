"""A picture with room around it, and the mask of that room."""

from collections.abc import Collection
from io import BytesIO

import pytest
from PIL import Image

from pipeline.errors import InvalidRequest
from pipeline.images.outpainting import Direction, outpainting
from tests.pipeline.pictures import encoded

PICTURE = Image.effect_noise((64, 48), 90).convert("RGB")


@pytest.mark.parametrize(
    ("directions", "size", "at"),
    [
        (["left"], (96, 48), (32, 0)),
        (["right"], (96, 48), (0, 0)),
        (["up", "down"], (64, 112), (0, 32)),
        (["left", "right", "up", "down"], (128, 112), (32, 32)),
    ],
)
def test_a_picture_grows_to_the_sides_that_are_named(
    directions: Collection[Direction], size: tuple[int, int], at: tuple[int, int]
) -> None:
    grown, mask = (
        Image.open(BytesIO(each)) for each in outpainting(encoded(PICTURE), directions, 32)
    )
    assert grown.size == mask.size == size
    kept = grown.crop((*at, at[0] + 64, at[1] + 48))
    assert kept.tobytes() == PICTURE.tobytes()
    assert mask.getpixel((at[0] + 32, at[1] + 24)) == 0
    corner = 0 if "left" in directions or "up" in directions else size[0] - 1
    assert mask.getpixel((corner, 0)) == 255


def test_the_room_has_the_colours_of_the_edge() -> None:
    grown = Image.open(BytesIO(outpainting(encoded(PICTURE), ["left"], 32)[0]))
    assert [grown.getpixel((0, y)) for y in range(48)] == [
        PICTURE.getpixel((0, y)) for y in range(48)
    ]


def test_a_grown_picture_has_a_size_that_a_request_can_have() -> None:
    odd = encoded(PICTURE.crop((0, 0, 61, 45)))
    for directions in (["left"], ["right", "up"], ["left", "right"]):
        grown = Image.open(BytesIO(outpainting(odd, directions, 17)[0]))  # type: ignore[arg-type]
        assert grown.width % 8 == 0
        assert grown.height % 8 == 0 or "up" not in directions


@pytest.mark.parametrize(("directions", "pixels"), [((), 32), (["left"], 0), (["left"], -8)])
def test_growing_nowhere_is_refused(directions: Collection[Direction], pixels: int) -> None:
    with pytest.raises(InvalidRequest, match="to which side"):
        outpainting(encoded(PICTURE), directions, pixels)


def test_growing_beyond_the_largest_size_is_refused_with_that_size() -> None:
    with pytest.raises(InvalidRequest, match="at most 2048 a side"):
        outpainting(encoded(PICTURE), ["right"], 2000)


def test_a_damaged_picture_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="damaged"):
        outpainting(encoded(PICTURE)[:500], ["left"], 32)
