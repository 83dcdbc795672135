"""A message before it is anywhere: what it says, what hangs on it, which buttons it has."""

from dataclasses import dataclass
from io import BytesIO

import discord

from bot.locales import Texts
from bot.replies.buttons import Rows, job_view
from bot.replies.fitting import Pictures

NO_PICTURES = Pictures()


@dataclass(frozen=True, slots=True)
class Post:
    """A message of one job, which may be tried in several places."""

    content: str
    rows: Rows
    pictures: Pictures = NO_PICTURES

    async def files(self, limit: int) -> list[discord.File]:
        """The pictures as files of at most `limit` bytes, anew for each attempt: sending uses
        them up.

        Raises `Refusal` where they cannot be made that small.
        """
        return [
            discord.File(BytesIO(it.data), it.filename, description=it.description)
            for it in await self.pictures.within(limit)
        ]

    def view(self, texts: Texts) -> discord.ui.View:
        """The buttons, anew for each attempt."""
        return job_view(self.rows, texts)
