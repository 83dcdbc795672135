"""A message before it is anywhere: what it says, what hangs on it, which button it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import discord

from bot.locales import Texts
from bot.replies.buttons import Action, job_view


@dataclass(frozen=True, slots=True)
class Attached:
    """One picture of a message."""

    filename: str
    data: bytes
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A message of one job, which may be tried in several places."""

    job_id: str
    content: str
    action: Action
    attached: Sequence[Attached] = ()

    def files(self) -> list[discord.File]:
        """The pictures, anew for each attempt: sending uses them up."""
        return [
            discord.File(BytesIO(it.data), it.filename, description=it.description)
            for it in self.attached
        ]

    def view(self, texts: Texts) -> discord.ui.View:
        """The button, anew for each attempt."""
        return job_view(self.job_id, self.action, texts)
