"""What a training's messages say."""

import pytest

from bot.locales import Texts
from bot.records.models import Training
from bot.replies.training_reply import TrainingResult
from bot.replies.training_wording import done


@pytest.mark.parametrize(
    ("kind", "to_be_copied"),
    [("textual_inversion", "`my_cat`"), ("lora", "`<lora:my_cat:1>`")],
)
def test_what_is_to_be_copied_stands_there_as_it_is_written(
    texts: Texts, kind: str, to_be_copied: str
) -> None:
    request = {"name": "my_cat", "method": {"kind": kind}}
    training = Training(id="run", user_id=1, request=request)
    result = TrainingResult(name="my_cat", num_steps=30, files=[])
    said = done(texts, training, result, is_shown=False, has_thread=False)
    assert to_be_copied in said
    assert "`run/my_cat`" in said
    assert r"**my\_cat** is learned" in said
