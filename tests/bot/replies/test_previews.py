"""Ids of buttons below a mask that is shown."""

from hypothesis import given
from hypothesis import strategies as st

from bot.locales import Texts
from bot.replies.previews import DraftAction, DraftId, preview_text, preview_view, read_draft_id

DRAFT = "a1" * 12


def test_every_button_is_understood_from_its_id_alone(texts: Texts) -> None:
    [row] = preview_view(texts, DRAFT).to_components()
    read = [read_draft_id(button["custom_id"]) for button in row["components"]]
    assert read == [
        DraftId(DRAFT, it) for it in (DraftAction.CONFIRM, DraftAction.ADJUST, DraftAction.DISCARD)
    ]


@given(
    st.text(max_size=100)
    | st.from_regex(r"draft:[0-9a-fA-F]{23,25}:(confirm|adjust|inpaint|CONFIRM|)(:\d)?\s?")
)
def test_an_id_is_understood_only_if_it_is_written_as_ours_are(text: str) -> None:
    draft_id = read_draft_id(text)
    assert draft_id is None or draft_id.custom_id == text


def test_a_little_is_not_called_nothing(texts: Texts) -> None:
    assert "1 %" in preview_text(texts, "a *b*", 0.0001)
    assert r"a \*b\*" in preview_text(texts, "a *b*", 0.0001)
