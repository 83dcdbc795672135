"""What a training's messages say at each stage. Pure: what is known of it in, text out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import discord

from bot.locales import Counted, Texts
from bot.records.models import KeptSnapshot, Training
from bot.records.trainings import UNDER_WAY
from bot.replies.training_reply import Stage, TrainingResult, TrainingStatus
from bot.replies.wording import duration, one_line, progress_bar
from pipeline import FurnaceReport

MAX_NOTE = 300  # characters of a note or reason that are shown
MAX_SENTENCE = 800  # of why it ended; with all else Discord takes 2,000
MAX_RATE = 60  # of a schedule of learning rates
OTHER_RATES = {"blown": 0.1, "spoiled": 10.0}  # times the rates, by what went wrong
RATE = re.compile(r"(?P<before>^|,\s*)(?P<rate>[0-9.]+(?:[eE][-+]?[0-9]+)?)")
MAX_FIELD = 200  # characters of a field in a form
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
        method=texts.under("training.methods")[request["method"]["kind"]],
        pictures=Counted("pictures", len(training.pictures)),
        steps=Counted("steps", request["num_steps"]),
        rate=one_line(request["learning_rate"], MAX_RATE),
    )


def begun(texts: Texts, training: Training) -> str:
    """What everybody in the channel reads; all else is in the thread below."""
    said = headline(texts, training)
    return texts("training.begun", user=f"<@{training.user_id}>", headline=said)


def thread_name(texts: Texts, name: str) -> str:
    """What the thread is called in which something of that name is learned."""
    return texts("training.thread", name=name)[:MAX_THREAD_NAME]


def status(texts: Texts, training: Training, now: TrainingStatus) -> str:
    """How far it is."""
    lines = [headline(texts, training), _state(texts, now)]
    if now.report:
        lines.append(_report(texts, now.report))
    return "\n".join([*lines, *_notes(texts, now.notes)])


def warning(texts: Texts, training: Training, report: FurnaceReport) -> str:
    """What goes wrong, in a few words for whoever never heard of it, and what can be done."""
    return texts(
        f"training.warnings.{report.verdict}",
        user=f"<@{training.user_id}>",
        name=name_of(training),
        step=f"{report.num_done:,}",
        reason=one_line(report.reason, MAX_NOTE),
    )


def done(
    texts: Texts, training: Training, result: TrainingResult, is_shown: bool, has_thread: bool
) -> str:
    """What was learned, and where it is; a file of it hangs on the message, or is too large."""
    kind = training.request["method"]["kind"]
    name = discord.utils.escape_markdown(result.name)
    steps = Counted("steps", result.num_steps)
    user = f"<@{training.user_id}>"
    word = training.request["name"]
    said = {"user": user, "name": name, "steps": steps, "called": result.name, "word": word}
    lines = [texts(f"training.done.{kind}", **said)]
    if has_thread:
        lines.append(texts("training.in_thread"))
    if not is_shown:
        lines.append(texts("training.too_large", folder=training.id, name=word))
    elif kind == "dreambooth":
        lines.append(texts("training.lora_beside", folder=training.id, name=word))
    if result.overfull:
        stored, most = result.overfull.stored, result.overfull.max_stored
        lines.append(texts("training.overfull", stored=f"{stored:,.1f}", max_stored=f"{most:,g}"))
    return "\n".join(lines)


def picked(texts: Texts, name: str, num_done: int, user_id: int) -> str:
    """Which snapshot is what was learned now, and who says so."""
    shown = discord.utils.escape_markdown(name)
    return texts("training.picked_by", user=f"<@{user_id}>", name=shown, step=f"{num_done:,}")


def failed(texts: Texts, training: Training, sentence: str) -> str:
    """Why nothing was learned."""
    return texts(
        "training.failed",
        user=f"<@{training.user_id}>",
        name=name_of(training),
        reason=one_line(sentence, MAX_SENTENCE),
    )


def ended(texts: Texts, training: Training, sentence: str, notes: Iterable[str] = ()) -> str:
    """What stays of the message that showed how far it was."""
    said = one_line(sentence, MAX_SENTENCE)
    return "\n".join([headline(texts, training), said, *_notes(texts, notes)])


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
    making = now.class_pictures
    if making and making.num_made < making.num_total:
        made, total = f"{making.num_made:,}", f"{making.num_total:,}"
        return texts("training.class_pictures", made=made, total=total)
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


def _notes(texts: Texts, notes: Iterable[str]) -> Iterator[str]:
    for note in notes:
        yield texts("training.note", note=one_line(note, MAX_NOTE))


def _report(texts: Texts, report: FurnaceReport) -> str:
    return texts(
        "training.report",
        verdict=texts.under("training.verdicts")[report.verdict],
        reason=one_line(report.reason, MAX_NOTE),
    )


def row(texts: Texts, training: Training, now: TrainingStatus | None) -> str:
    """One of several trainings in a list: what it is, how far, and where it is talked about."""
    channel = training.thread_id or training.channel_id
    guild = None if training.is_direct else training.guild_id
    place = f"{guild or '@me'}/{channel}/{training.message_id or ''}"
    return texts(
        "training.row",
        name=name_of(training),
        method=texts.under("training.methods")[training.request["method"]["kind"]],
        state=standing(texts, training, now),
        url=f"https://discord.com/channels/{place}",
    )


def standing(texts: Texts, training: Training, now: TrainingStatus | None) -> str:
    """How far it is, in a few words; what is heard of it counts while it is under way."""
    total = training.request["num_steps"]
    if training.state not in UNDER_WAY or now is None:
        step = f"{training.num_done:,}"
        return texts(f"training.states.{training.state}", step=step, total=f"{total:,}")
    if now.stage is Stage.WAITING or not now.num_done:
        return _state(texts, now)
    said = texts("training.at_step", step=f"{now.num_done:,}", total=f"{now.num_total:,}")
    if now.seconds_left is None:
        return said
    return f"{said} · {texts('training.left', duration=duration(texts, now.seconds_left))}"


def snapshot(texts: Texts, kept: KeptSnapshot) -> str:
    """One snapshot among others to choose from: no markup is shown there."""
    words = [texts("training.snapshot", step=f"{kept.num_steps:,}")]
    if kept.verdict:
        words.append(texts.under("training.verdicts")[kept.verdict])
    if kept.is_best:
        words.append(texts("training.best"))
    return " · ".join(words)


def other_rate(training: Training) -> str:
    """The learning rates of a training as they may do better after what went wrong."""
    factor = OTHER_RATES.get(training.told_verdict or "", 1.0)

    def change(match: re.Match[str]) -> str:
        return f"{match['before']}{float(match['rate']) * factor:g}"

    rates: str = training.request["learning_rate"]
    if len(rates) > MAX_FIELD:  # a schedule that no field of a form would take
        rates = rates[: rates.index(":")]
    return RATE.sub(change, rates)
