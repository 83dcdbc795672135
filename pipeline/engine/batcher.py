"""Which rows share the next UNet call.

Rows can share a call when model, latent shape, number of tokens and adapters agree. Groups of
such rows take turns: the one whose longest-waiting image waits longest is next, so that a lone
large picture is served as often as a crowd of small ones. A newcomer was never served, so it is
in the very next call of its group.

Where pictures must be reproducible, a call is one image's own: another number of rows changes the
last bits of all of them, and on a GPU so does another place among equally many.
"""

from collections.abc import Iterable

from pipeline.engine.memory import MemoryBudget
from pipeline.engine.running_image import Row, RunningImage

ROWS_ALONE = 2  # of one image's call: its prompt and its negative prompt


class Batcher:
    """Chooses rows by who waited longest, as many as memory is known to hold."""

    def __init__(self, memory: MemoryBudget, reproducible: bool) -> None:
        self.memory = memory
        self.reproducible = reproducible

    def choose(self, running: Iterable[RunningImage]) -> list[Row]:
        """The rows of the next call; none only if nothing runs."""
        waiting = sorted(
            (row for image in running for row in image.rows),
            key=lambda row: row.image.last_served,
        )
        if not waiting:
            return []
        group = waiting[0].group
        if self.reproducible:
            return [row for row in waiting[0].image.rows if row.group == group][:ROWS_ALONE]
        shape = waiting[0].image.evaluation.latents.shape
        limit = self.memory.max_rows(waiting[0].image.model.key, shape)
        return [row for row in waiting if row.group == group][:limit]
