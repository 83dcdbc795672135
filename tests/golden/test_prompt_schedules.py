"""Prompt editing and alternation against webui's grammar."""

import json
from pathlib import Path
from typing import Any

from pipeline.prompts.schedule import schedule_texts


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "prompt_schedules.json").read_text())
    return {f"{number}-{case['prompt']!r}": case for number, case in enumerate(recorded["cases"])}


def test_a_prompt_has_the_texts_of_the_reference_at_every_step(case: dict[str, Any]) -> None:
    schedule = schedule_texts(
        case["prompt"], case["steps"], case["hires_steps"], case["use_old_scheduling"]
    )
    assert [list(entry) for entry in schedule] == case["output"]
