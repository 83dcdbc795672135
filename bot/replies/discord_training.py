"""A training's reply in Discord: a thread, one message kept up to date, and what must be told."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from io import BytesIO

import discord

from bot.locales import Texts
from bot.records.models import Training
from bot.replies import training_wording as wording
from bot.replies.contact_sheet import contact_sheet, one_below_another
from bot.replies.fitting import MAX_BODY
from bot.replies.pace import Pacer
from bot.replies.reply import ReplyDelayed
from bot.replies.training_buttons import (
    UNDER,
    TrainingAction,
    TrainingButtonId,
    buttons_for,
)
from bot.replies.training_places import TrainingPlaces
from bot.replies.training_reply import (
    Learned,
    Stage,
    TrainingPlace,
    TrainingResult,
    TrainingStatus,
)
from pipeline import FurnaceReport

INTERVAL = 3.0  # seconds between two edits of one status message
NUM_COLUMNS = 4  # of sample pictures
AFTER_WARNING = (TrainingAction.GO_BACK, TrainingAction.PAUSE, TrainingAction.FINISH)


class DiscordTraining:
    """Speaks for one training; `bot.replies.training_reply.TrainingReply` says what that means."""

    def __init__(
        self, client: discord.Client, texts: Texts, training: Training, may_be_posted: bool
    ) -> None:
        self._texts = texts
        self._training = training
        self._places = TrainingPlaces(client, training, texts, may_be_posted)
        self._pacer = Pacer(self._show, INTERVAL)
        self._shown: tuple[bytes | None, tuple[bytes, ...]] | None = None  # as files

    async def open(self) -> TrainingPlace:
        """Make the thread, or whatever else is possible, with the first message in it."""
        content = wording.status(self._texts, self._training, _at_first(self._training))
        return await self._places.open(content, self._buttons(Stage.WAITING))

    def show(self, status: TrainingStatus) -> None:
        """Show how far it is, soon."""
        self._pacer.offer(status)

    async def settle(self, status: TrainingStatus) -> None:
        """Show this as the last for a while."""
        await self._pacer.stop()
        await self._edit(status)

    async def warn(self, report: FurnaceReport) -> None:
        """Say in a message of its own that it goes wrong, and what can be done."""
        content = wording.warning(self._texts, self._training, report)
        await self._places.say(content, buttons_for(self._training.id, AFTER_WARNING))

    async def tell_pick(self, name: str, num_done: int, user_id: int) -> None:
        """Tell everybody that somebody made a snapshot what was learned."""
        use = TrainingButtonId(self._training.id, TrainingAction.USE, self._training.round)
        content = wording.picked(self._texts, name, num_done, user_id)
        await self._places.say(content, [use], is_quiet=True)

    async def deliver(self, result: TrainingResult) -> None:
        """Tell its user that it is done, and show what was learned."""
        await self._pacer.stop()
        use = TrainingButtonId(self._training.id, TrainingAction.USE, self._training.round)
        back = TrainingButtonId(self._training.id, TrainingAction.GO_BACK, self._training.round)
        picture = await asyncio.to_thread(_outcome, self._texts, result)
        limit = min(await self._places.file_limit(), MAX_BODY - len(picture or b""))
        file = _that_fits(result.files, limit)
        content = wording.done(
            self._texts, self._training, result, file is not None, self._places.has_thread
        )

        def files() -> list[discord.File]:
            own = [discord.File(file.path, file.name)] if file else []
            return [*_pictures("before-and-after.webp", picture), *own]

        await self._places.say(content, [use, back], files, key=use)
        said = self._texts("training.over_done")
        ended = wording.ended(self._texts, self._training, said, result.notes)
        await self._places.edit(ended, [])

    async def refuse(self, sentence: str) -> None:
        """Say why nothing was learned."""
        await self._pacer.stop()
        key = TrainingButtonId(self._training.id, TrainingAction.GO_BACK, self._training.round)
        content = wording.failed(self._texts, self._training, sentence)
        await self._places.say(content, [key], key=key)
        await self._places.edit(wording.ended(self._texts, self._training, sentence), [])

    async def put_out(self, sentence: str) -> None:
        """Show that it was discarded."""
        await self._pacer.stop()
        await self._places.edit(wording.ended(self._texts, self._training, sentence), [], tuple)

    async def leave(self) -> None:
        """Stop showing anything."""
        await self._pacer.stop()

    async def _show(self, status: TrainingStatus) -> None:
        with suppress(ReplyDelayed):  # the next state may get through
            await self._edit(status)

    async def _edit(self, status: TrainingStatus) -> None:
        shown = status.plot, status.samples
        # Files that stand there already are not sent again.
        make_files = None
        if shown != self._shown:
            course = await asyncio.to_thread(_course, *shown)
            make_files = partial(_pictures, "training.webp", course)
        content = wording.status(self._texts, self._training, status)
        await self._places.edit(content, self._buttons(status.stage), make_files)
        self._shown = shown

    def _buttons(self, stage: Stage) -> Sequence[TrainingButtonId]:
        return buttons_for(self._training.id, UNDER[stage])


def _at_first(training: Training) -> TrainingStatus:
    return TrainingStatus(stage=Stage.RUNNING, num_done=0, num_total=training.request["num_steps"])


def _course(plot: bytes | None, samples: tuple[bytes, ...]) -> bytes | None:
    """How far it is, as one picture; none while there is nothing to see."""
    shown = [contact_sheet(samples, num_columns=NUM_COLUMNS)] if samples else []
    shown += [plot] if plot else []
    return one_below_another(shown) if shown else None


def _outcome(texts: Texts, result: TrainingResult) -> bytes | None:
    """What came of it and how it went, as one picture."""
    grid = _before_and_after(texts, result)
    shown = [each for each in (grid, result.plot) if each]
    return one_below_another(shown) if shown else None


def _before_and_after(texts: Texts, result: TrainingResult) -> bytes | None:
    """The pictures of each prompt side by side; of what was never drawn there are none."""
    if not result.after:
        return None
    if len(result.before) != len(result.after):
        return contact_sheet(result.after, num_columns=NUM_COLUMNS)
    pairs = list(zip(result.before, result.after, strict=True))
    labels = [texts("training.before"), texts("training.after")] * len(pairs)
    return contact_sheet([png for pair in pairs for png in pair], labels, NUM_COLUMNS)


def _that_fits(files: Sequence[Learned], limit: int) -> Learned | None:
    """The first that Discord takes."""
    return next((file for file in files if file.path.stat().st_size <= limit), None)


def _pictures(name: str, data: bytes | None) -> list[discord.File]:
    return [discord.File(BytesIO(data), name)] if data else []
