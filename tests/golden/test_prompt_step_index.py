"""Which text each denoiser call uses, against webui's."""

import json
from pathlib import Path
from typing import Any

from pipeline.prompts.schedule import entry_at, schedule_texts


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "prompt_step_index.json").read_text())
    return {f"{number}-{case['prompt']!r}": case for number, case in enumerate(recorded["cases"])}


def test_a_denoiser_call_uses_the_text_of_the_reference(case: dict[str, Any]) -> None:
    schedule = schedule_texts(case["prompt"], case["schedule_steps"])
    assert [list(entry) for entry in schedule] == case["schedule"]

    end_steps = [entry.end_step for entry in schedule]
    used = case["text_used_by_denoiser_call"]
    assert [schedule[entry_at(end_steps, call)].text for call in range(len(used))] == used
