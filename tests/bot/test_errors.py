"""What people read about an error."""

import pytest

from bot.errors import sentence
from bot.locales import read_texts
from pipeline import PipelineError


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("`/srv/models/cat.ckpt` is empty.", "`cat.ckpt` is empty."),
        ("The model `cat` in `/srv/a b/cat/` is cut off.", "The model `cat` in `cat` is cut off."),
        ("Ask for `/help` or for `anna/cat`.", "Ask for `/help` or for `anna/cat`."),
    ],
)
def test_people_are_not_told_where_things_lie_on_the_machine(said: str, read: str) -> None:
    assert sentence(PipelineError(said), read_texts(), "1") == read
