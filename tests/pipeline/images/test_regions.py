"""Parts of a picture as people say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InvalidRequest
from pipeline.images.regions import Region, parse_region

Box = tuple[float, float, float, float]


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("left third", (0, 0, 1 / 3, 1)),
        ("the right half", (1 / 2, 0, 1, 1)),
        ("bottom", (0, 1 / 2, 1, 1)),
        ("upper two thirds of the picture", (0, 0, 1, 2 / 3)),
        ("top right", (1 / 2, 0, 1, 1 / 2)),
        ("top right quarter", (1 / 2, 0, 1, 1 / 2)),
        ("Bottom Left third", (0, 2 / 3, 1 / 3, 1)),
        ("left quarter", (0, 0, 1 / 4, 1)),
        ("centre", (1 / 4, 1 / 4, 3 / 4, 3 / 4)),
        ("middle third", (1 / 3, 1 / 3, 2 / 3, 2 / 3)),
        ("centre left", (0, 1 / 4, 1 / 2, 3 / 4)),
        ("everything", (0, 0, 1, 1)),
        ("0.2,0.1,0.6,0.9", (0.2, 0.1, 0.6, 0.9)),
        ("20%, 10%, 60%, 90%", (0.2, 0.1, 0.6, 0.9)),
    ],
)
def test_a_region_is_where_its_words_say(text: str, box: Box) -> None:
    region = parse_region(text)
    assert (region.left, region.top, region.right, region.bottom) == pytest.approx(box)
    assert region.form == "rectangle"


@pytest.mark.parametrize("text", ["ellipse left third", "circle 0.2 0.1 0.6 0.9", "oval centre"])
def test_a_region_may_be_round(text: str) -> None:
    assert parse_region(text).form == "ellipse"


@pytest.mark.parametrize(
    "text",
    [
        *("", "ellipse", "the hat", "left right", "left left", "third", "left hat", "two left"),
        *("left four thirds", "top middle bottom", "left third quarter", "-", "left " * 500),
    ],
)
def test_what_is_no_region_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InvalidRequest, match="is no region: write it as in `left third`") as error:
        parse_region(text)
    assert len(error.value.message) < 300


@pytest.mark.parametrize("text", ["0.1,0.2", "0.6,0,0.2,1", "0,0,2,1", "0.5,0,0.5,1", "-0.1,0,1,1"])
def test_numbers_that_bound_nothing_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"0\.2,0\.1,0\.6,0\.9"):
        parse_region(text)


shares = st.floats(0, 1)


@given(shares, shares, shares, shares, st.integers(1, 3000), st.integers(1, 3000))
def test_a_region_has_a_pixel_on_every_picture(
    left: float, top: float, right: float, bottom: float, width: int, height: int
) -> None:
    box = Region(left, top, max(left, right), max(top, bottom)).box((width, height))
    assert 0 <= box[0] < box[2] <= width
    assert 0 <= box[1] < box[3] <= height
