"""What is read out of the names of files."""

import pytest

from bot.intake.training_drafts import caption_key
from bot.intake.training_pictures import caption_in


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
