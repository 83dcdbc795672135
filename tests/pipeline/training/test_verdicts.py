"""What a look at a run means, by its numbers alone."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.results import Verdict
from pipeline.training.verdicts import Look, judge

BEGUN = Look(
    num_done=0, train_loss=0.1, held_out_loss=0.1, norm=1, across_seeds=0.2, across_prompts=0.4
)
USUAL_NORM = 10.0


@pytest.mark.parametrize(
    ("changed", "share_done", "verdict", "said"),
    [
        ({"train_loss": 0.05, "held_out_loss": 0.07}, 0.3, "good", "50 %"),
        ({"train_loss": 0.05}, 0.3, "good", "and pictures still heed the prompt."),
        ({"train_loss": 0.09, "held_out_loss": 0.1}, 0.3, "learning", "90 %"),
        # What barely moves is nothing after half of a run; what moves has until its end.
        ({"train_loss": 0.0999}, 0.4, "too_early", "100 %"),
        ({"train_loss": 0.0999}, 0.5, "spoiled", "nothing was learned"),
        ({"train_loss": 0.102, "held_out_loss": 0.104}, 0.9, "too_early", "102 %"),
        ({"train_loss": 0.102, "held_out_loss": 0.104}, 1.0, "spoiled", "nothing was learned"),
        ({"train_loss": 0.02, "held_out_loss": 0.2}, 0.5, "blown", "learned by heart"),
        # Who knows the others no better has not learned them by heart.
        ({"train_loss": 0.09, "held_out_loss": 0.26}, 0.5, "learning", "90 %"),
        # Both worse alike is not learning by heart; a little worse neither.
        ({"train_loss": 0.1, "held_out_loss": 0.2}, 0.5, "too_early", "100 %"),
        ({"train_loss": 0.04, "held_out_loss": 0.13}, 0.5, "good", "40 %"),
        ({"train_loss": 0.2}, 0.1, "blown", "gets worse"),
        ({"norm": 11}, 0.1, "blown", "grown to 11.0 times"),
        ({"train_loss": float("nan")}, 0.1, "blown", "no number"),
        ({"held_out_loss": float("inf")}, 0.1, "blown", "no number"),
        ({"train_loss": 0.05, "across_prompts": 0.1}, 0.5, "blown", "ignore their prompts"),
        ({"held_out_loss": 0.17, "across_seeds": 0.05}, 0.5, "blown", "look alike"),
        # Whoever knows the others hardly better shows one of those learned from, whatever the seed.
        (
            {"train_loss": 0.015, "held_out_loss": 0.1, "across_seeds": 0.05},
            *(0.5, "blown", "look alike"),
        ),
        ({"train_loss": 0.015, "held_out_loss": 0.1}, 0.5, "good", "15 %"),
        # Where nothing was learned, it is not training that the pictures come from.
        ({"across_prompts": 0.1, "across_seeds": 0.01}, 1.0, "spoiled", "nothing was learned"),
        # Learned well, a thing on one background looks the same by right.
        ({"held_out_loss": 0.05, "across_seeds": 0.05}, 0.5, "good", "50 %"),
        (
            {"train_loss": 0.015, "held_out_loss": 0.05, "across_seeds": 0.05},
            *(0.5, "good", "15 %"),
        ),
        (
            {"train_loss": 0.05, "across_seeds": None, "across_prompts": None},
            1.0,
            "good",
            "beginning.",
        ),
    ],
)
def test_a_verdict_follows_from_what_changed_since_the_beginning(
    changed: dict[str, Any], share_done: float, verdict: Verdict, said: str
) -> None:
    opinion = judge(BEGUN, replace(BEGUN, num_done=50, **changed), USUAL_NORM, share_done)
    assert opinion.verdict == verdict
    assert said in opinion.reason


def test_without_a_picture_held_out_the_others_are_all_there_is_to_go_by() -> None:
    begun = replace(BEGUN, held_out_loss=None)
    opinion = judge(begun, replace(begun, train_loss=0.05), USUAL_NORM, 0.5)
    assert opinion.verdict == "good"
