"""What a request may ask of an aesthetic embedding."""

from typing import Any

import pytest

from pipeline.errors import InvalidRequest
from pipeline.requests import GenerationRequest


def request_with(**values: Any) -> GenerationRequest:
    return GenerationRequest(**{"prompt": "a", "seeds": (1,)} | values)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"aesthetic_weight": 2}, "Aesthetic weight 2 is not possible: take 0 to 1."),
        ({"aesthetic_steps": 51}, "Aesthetic steps 51 is not possible: take 0 to 50."),
        ({"aesthetic_learning_rate": float("nan")}, "learning rate nan is not possible: take 0 to"),
        ({"aesthetic_slerp_angle": -0.1}, "slerp angle -0.1 is not possible: take 0 to 1."),
        ({"aesthetic_text": "x" * 501}, "has 501 characters; at most 500 fit."),
    ],
)
def test_what_is_out_of_range_is_refused_with_the_limit(
    values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence.replace(".", r"\.")):
        request_with(**values)


def test_webuis_word_for_no_embedding_is_none() -> None:
    assert request_with(aesthetic_embedding=" None ").aesthetic_embedding == ""
    assert not request_with().is_tuned
    assert request_with(aesthetic_embedding="dark").is_tuned
    assert not request_with(aesthetic_embedding="dark", aesthetic_steps=0).is_tuned
