"""What is read out of the names of files."""

import pytest

from bot.errors import Refusal
from bot.intake.training_drafts import caption_key
from bot.intake.training_pictures import caption_in, caption_of


@pytest.mark.parametrize(
    ("name", "caption"),
    [
        ("3-on a red sofa.png", "on a red sofa"),
        ("pack/03_on_a_red_sofa.jpeg", "on a red sofa"),
        ("12 in the rain, at night.webp", "in the rain, at night"),
        ("IMG_2041.jpg", ""),
        ("image0.png", ""),
        ("2024-05-06.png", ""),
        ("20240506-WA0001.jpg", ""),
        ("12.png", ""),
        ("red.png", ""),
    ],
)
def test_a_numbered_name_is_a_caption_and_what_a_camera_writes_is_none(
    name: str, caption: str
) -> None:
    assert caption_in(name) == caption


def test_a_picture_and_the_text_beside_it_have_one_key() -> None:
    assert caption_key("pack/Red.PNG") == caption_key("pack/red.txt")
    assert caption_key("pack/red.png") != caption_key("red.png")


@pytest.mark.parametrize(
    "content",
    [
        "a red house".encode("utf-16"),
        "a red house".encode("utf-16-le"),
        "Gebäude".encode("latin-1"),
    ],
)
def test_a_caption_that_is_not_in_utf_8_is_left_out_and_said(content: bytes) -> None:
    assert caption_of("red.txt", "ein Gebäude\n".encode("utf-8-sig")) == "ein Gebäude"
    with pytest.raises(Refusal, match=r"train\.bad_caption"):
        caption_of("red.txt", content)
