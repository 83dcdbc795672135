"""Pictures small enough for Discord: PNG while it fits, else WebP at the best quality that does.

A WebP carries the same settings as the PNG, and the PNG stays among the picture files.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import PurePath

from bot.errors import Refusal
from pipeline import shrink_to_webp

# Threads of its own: it may take a minute, and others wait for theirs before they answer Discord.
SHRINKING = ThreadPoolExecutor(max_workers=2, thread_name_prefix="shrinking")
MAX_BODY = 25 * 2**20 - 2**18  # bytes of all files of a message; the rest is for what is said


@dataclass(frozen=True, slots=True)
class Attached:
    """One picture of a message."""

    filename: str
    data: bytes
    description: str | None = None


def groups(sizes: Mapping[int, int], limit: int) -> list[list[int]]:
    """Which pictures go into one message: as many in a row as fit there unchanged.

    `sizes` are their bytes by index; what is larger than `limit` is made as small as that.
    """
    grouped: list[list[int]] = []
    room = 0
    for index, size in sizes.items():
        room -= min(size, limit)
        if room < 0 or not grouped:
            grouped.append([])
            room = MAX_BODY - min(size, limit)
        grouped[-1].append(index)
    return grouped


class Pictures:
    """The pictures of a message that may be tried in several places, each with its own limit."""

    def __init__(self, originals: Sequence[Attached] = ()) -> None:
        self._originals = originals
        self._fitting: dict[int, Sequence[Attached]] = {}  # by limit: shrinking takes seconds

    @property
    def largest(self) -> int:
        """Bytes of the largest as it was made."""
        return max((len(it.data) for it in self._originals), default=0)

    async def within(self, limit: int) -> Sequence[Attached]:
        """All of them, none larger than `limit` bytes, and small enough together.

        Raises `Refusal` where that cannot be.
        """
        if limit not in self._fitting:
            total = sum(min(len(it.data), limit) for it in self._originals)
            most = limit if total <= MAX_BODY else MAX_BODY // len(self._originals)
            self._fitting[limit] = [await _fitted(it, most) for it in self._originals]
        return self._fitting[limit]


async def _fitted(picture: Attached, limit: int) -> Attached:
    if len(picture.data) <= limit:
        return picture
    loop = asyncio.get_running_loop()
    webp = await loop.run_in_executor(SHRINKING, shrink_to_webp, picture.data, limit)
    if webp is None:
        raise Refusal("job.too_large")
    return replace(
        picture, filename=str(PurePath(picture.filename).with_suffix(".webp")), data=webp
    )
