"""Buttons: as many as Discord shows, each named after its job and told apart from all else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.locales import Texts
from bot.replies.buttons import (
    OF_ONE_PICTURE,
    Action,
    ButtonId,
    job_view,
    read_button_id,
    under_pictures,
    under_progress,
    under_refusal,
)

JOB = "a1" * 12


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_discord_shows_all_buttons_under_pictures(count: int, texts: Texts) -> None:
    rows = under_pictures(JOB, range(count))
    shown = job_view(rows, texts).to_components()
    assert len(shown) == len(rows) <= 5
    assert all(1 <= len(row["components"]) <= 5 for row in shown)
    ids = [button["custom_id"] for row in shown for button in row["components"]]
    labels = [button["label"] for row in shown for button in row["components"]]
    assert len(set(ids)) == len(set(labels)) == len(ids)
    assert all(re.search("[a-z]{3}", it) and len(it) <= 80 for it in labels), "words, not signs"
    assert all(button["emoji"]["name"] for row in shown for button in row["components"])
    assert all(len(it) <= 100 for it in ids)


@pytest.mark.parametrize("count", [1, 4])
def test_every_picture_can_be_varied_enlarged_and_favoured(count: int) -> None:
    pressable = {button_id for row in under_pictures(JOB, range(count)) for button_id in row}
    for action in Action:
        for index in range(count) if action in OF_ONE_PICTURE else [None]:
            assert (ButtonId(JOB, action, index) in pressable) == (action is not Action.CANCEL)


def test_every_button_is_understood_from_its_id_alone() -> None:
    for rows in (under_progress(JOB), under_refusal(JOB), under_pictures(JOB, range(4))):
        for button_id in (it for row in rows for it in row):
            assert read_button_id(button_id.custom_id) == button_id


@given(
    st.text(max_size=100)
    | st.from_regex(r"job:[0-9a-fA-F]{23,25}:(again|vary_subtle|delete|CANCEL)(:-?\d{0,3})?\s?")
)
def test_an_id_is_understood_only_if_it_is_written_as_ours_are(text: str) -> None:
    button_id = read_button_id(text)
    assert button_id is None or button_id.custom_id == text
