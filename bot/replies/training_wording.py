"""What a training's messages say at each stage. Pure: what is known of it in, text out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import discord

from bot.locales import Counted, Texts
from bot.records.models import Training
from bot.replies.training_reply import Stage, TrainingResult, TrainingStatus
from bot.replies.wording import duration, one_line, progress_bar
from pipeline import FurnaceReport

MAX_NOTE = 300  # characters of a note or reason that are shown
LORA_BESIDE = "-lora"  # how the name of the LoRA beside a model ends
MAX_THREAD_NAME = 100  # characters


def name_of(training: Training) -> str:
    """What is being learned, as it may stand in any message."""
    return discord.utils.escape_markdown(training.request["name"])


def headline(texts: Texts, training: Training) -> str:
    """What is learned, how, and from what."""
    request: Mapping[str, Any] = training.request
    return texts(
        "training.headline",
        name=name_of(training),
        method=texts(f"training.methods.{request['method']['kind']}"),
        pictures=Counted("pictures", len(training.pictures)),
        steps=Counted("steps", request["num_steps"]),
        rate=request["learning_rate"],
    )


def begun(texts: Texts, training: Training) -> str:
    """What everybody in the channel reads; all else is in the thread below."""
    said = headline(texts, training)
    return texts("training.begun", user=f"<@{training.user_id}>", headline=said)


def thread_name(texts: Texts, training: Training) -> str:
    """What the thread is called."""
    return texts("training.thread", name=training.request["name"])[:MAX_THREAD_NAME]


def status(texts: Texts, training: Training, now: TrainingStatus) -> str:
    """How far it is."""
    lines = [headline(texts, training), _state(texts, now)]
    if now.report:
        lines.append(_report(texts, now.report))
    lines += [texts("training.note", note=one_line(note, MAX_NOTE)) for note in now.notes]
    return "\n".join(lines)


def warning(texts: Texts, training: Training, report: FurnaceReport) -> str:
    """What goes wrong, in a few words for whoever never heard of it, and what can be done."""
    return texts(
        f"training.warnings.{report.verdict}",
        user=f"<@{training.user_id}>",
        name=name_of(training),
        step=f"{report.num_done:,}",
        reason=one_line(report.reason, MAX_NOTE),
    )


def done(texts: Texts, training: Training, result: TrainingResult, file: Path | None) -> str:
    """What was learned, and where it is; `file` is what hangs on the message."""
    lines = [
        texts(
            f"training.done.{training.request['method']['kind']}",
            user=f"<@{training.user_id}>",
            name=name_of(training),
            steps=Counted("steps", result.num_steps),
        )
    ]
    if file is None:
        lines.append(texts("training.too_large", folder=training.id, name=name_of(training)))
    elif file.stem.endswith(LORA_BESIDE):
        lines.append(texts("training.lora_beside", folder=training.id, name=name_of(training)))
    return "\n".join(lines)


def failed(texts: Texts, training: Training, sentence: str) -> str:
    """Why nothing was learned."""
    return texts(
        "training.failed", user=f"<@{training.user_id}>", name=name_of(training), reason=sentence
    )


def ended(texts: Texts, training: Training, sentence: str) -> str:
    """What stays of the message that showed how far it was."""
    return "\n".join([headline(texts, training), sentence])


def _state(texts: Texts, now: TrainingStatus) -> str:
    match now.stage:
        case Stage.PAUSED:
            return texts("training.paused", step=f"{now.num_done:,}", total=f"{now.num_total:,}")
        case Stage.WAITING if now.waiting and now.waiting.seconds is not None:
            return texts(
                "training.waiting_for",
                place=now.waiting.num_before + 1,
                duration=duration(texts, now.waiting.seconds),
            )
        case Stage.WAITING if now.waiting:
            return texts("training.waiting", place=now.waiting.num_before + 1)
    if not now.num_done:
        return texts("training.preparing")
    parts = [
        texts(
            "training.progress",
            bar=progress_bar(now.num_done / now.num_total),
            percent=round(100 * now.num_done / now.num_total),
            step=f"{now.num_done:,}",
            total=f"{now.num_total:,}",
        )
    ]
    if now.loss is not None:
        parts.append(texts("training.loss", loss=f"{now.loss:.3g}"))
    if now.seconds_left is not None and now.num_done < now.num_total:
        parts.append(texts("training.left", duration=duration(texts, now.seconds_left)))
    return " · ".join(parts)


def _report(texts: Texts, report: FurnaceReport) -> str:
    return texts(
        "training.report",
        verdict=texts(f"training.verdicts.{report.verdict}"),
        reason=one_line(report.reason, MAX_NOTE),
    )
