"""What a job's message says at each stage. Pure: requests in, text out."""

from collections.abc import Iterable, Sequence

import discord

from bot.locales import Texts
from pipeline import SAMPLERS, GenerationRequest

BAR_LENGTH = 12  # signs
MAX_MESSAGE = 2000  # characters
MAX_PROMPT, MAX_NEGATIVE_PROMPT = 600, 300  # characters shown; twice as many when all are escaped


def waiting(texts: Texts, num_before: int, seconds: float | None) -> str:
    """Its place in the queue."""
    if seconds is None:
        return texts("job.waiting", place=num_before + 1)
    return texts("job.waiting_for", place=num_before + 1, duration=duration(texts, seconds))


def progress(texts: Texts, fraction: float) -> str:
    """How far it is."""
    return texts("job.progress", bar=progress_bar(fraction), percent=round(fraction * 100))


def progress_bar(fraction: float) -> str:
    """That much of something, as a bar."""
    full = round(fraction * BAR_LENGTH)
    return "▰" * full + "▱" * (BAR_LENGTH - full)


def result(texts: Texts, request: GenerationRequest) -> str:
    """The prompt and every setting that made the pictures."""
    lines = [texts("job.prompt", prompt=_shown(request.prompt, MAX_PROMPT))]
    if request.negative_prompt.strip():
        shown = _shown(request.negative_prompt, MAX_NEGATIVE_PROMPT)
        lines.append(texts("job.negative_prompt", negative_prompt=shown))
    first, last = request.seeds[0], request.seeds[-1]
    settings = texts(
        "job.settings",
        seeds=f"{first}" if first == last else f"{first}–{last}",
        width=request.width,
        height=request.height,
        num_steps=request.num_steps,
        sampler=_sampler(request),
        guidance_scale=f"{request.guidance_scale:g}",
        model=discord.utils.escape_markdown(request.model or ""),
    )
    return "\n".join([*lines, settings])


def more(texts: Texts, indices: Sequence[int], count: int) -> str:
    """Which of so many pictures stand in a message that goes on where another ended."""
    first, last = indices[0] + 1, indices[-1] + 1
    numbers = f"{first}" if first == last else f"{first}–{last}"
    return texts("job.more", numbers=numbers, count=count)


def alt_text(request: GenerationRequest) -> str:
    """What a picture shows, for whoever cannot see it; Discord takes 1,024 characters."""
    return one_line(request.prompt, 1000)


def _sampler(request: GenerationRequest) -> str:
    label = next(info.label for info in SAMPLERS if info.id == request.sampler)
    schedule = request.noise_schedule
    return label if schedule == "automatic" else f"{label} {schedule.capitalize()}"


def _shown(text: str, length: int) -> str:
    return discord.utils.escape_markdown(one_line(text, length))


def one_line(text: str, length: int) -> str:
    """Any text in one line, cut to about that many characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[:length]}…"


def as_many_lines(lines: Iterable[str]) -> str:
    """The first of some lines, as many whole ones as a message takes."""
    shown = ""
    for line in lines:
        together = f"{shown}\n{line}" if shown else line
        if len(together) > MAX_MESSAGE:
            break
        shown = together
    return shown


def duration(texts: Texts, seconds: float) -> str:
    """About how long that is."""
    if seconds < 90:
        return texts("job.seconds", seconds=max(1, round(seconds)))
    return texts("job.minutes", minutes=round(seconds / 60))
