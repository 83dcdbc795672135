"""Asking for what Ada and Ben trained."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pipeline
from bot.jobs.artifacts import Artifacts
from pipeline import GenerationRequest
from tests.bot.records.past import ADA, WORKSHOP

DEMO = Path(pipeline.__file__).parent / "models/demo/weights"
CAFE = 8  # another server
Make = Callable[..., Any]


def asking(prompt: str, **values: Any) -> GenerationRequest:
    return GenerationRequest(id="f" * 24, prompt=prompt, seeds=(1,), model="sd", **values)


async def found(
    artifacts: Artifacts, prompt: str, user_id: int = ADA, guild_id: int | None = WORKSHOP
) -> list[tuple[str, str]]:
    """Each name of a prompt that means something, and the id of what it means."""
    request = await artifacts.resolve(asking(prompt), user_id, guild_id)
    return [(it.name, it.id) for it in request.artifacts]
