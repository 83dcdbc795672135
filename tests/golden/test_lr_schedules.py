"""Learning-rate schedules against webui's: which rate holds at which step, and where it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.learning_rates import parse_schedule, rates_by_step


def cases(directory: Path) -> dict[str, Any]:
    recorded = json.loads((directory / "lr_schedules.json").read_text())["cases"]
    return {f"{each['spec']}|{each['max_steps']}|{each['cur_step']}": each for each in recorded}


def test_a_schedule_says_what_it_says_in_the_reference(case: dict[str, Any]) -> None:
    asked = case["spec"], case["max_steps"], case["cur_step"]
    if "error" in case:
        with pytest.raises(ValueError, match="learning rate"):
            parse_schedule(*asked)
        return
    schedule = parse_schedule(*asked)
    assert [[each.rate, each.end_step] for each in schedule] == case["rates"]
    rates = rates_by_step(schedule, *asked[1:])
    assert asked[2] + len(rates) == case["finished_at_step"]
    changes = [
        [asked[2] + place, rate]
        for place, rate in enumerate(rates)
        if place == 0 or rate != rates[place - 1]
    ]
    assert changes == case["trace_lr_changes"]
