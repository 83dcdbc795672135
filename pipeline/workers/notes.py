"""What whoever asked for a training should know of its memory, each of it said once."""

from collections.abc import Sequence

from pipeline.results import TrainingNote

WAITS = (
    "Memory ran out while pictures are being made beside this training: it goes on once they are "
    "done."
)
TAKES_TURNS = (
    "Pictures have no room on the device beside this training: from here on the two take turns, of "
    "{seconds:.0f} seconds or more."
)


class Notes:
    """What is said of one run."""

    def __init__(self, request_id: str) -> None:
        self._request_id = request_id
        self._said: set[str] = set()

    def waits(self) -> Sequence[TrainingNote]:
        """It waits for pictures that are in flight."""
        return self._once(WAITS)

    def takes_turns(self, seconds: float) -> Sequence[TrainingNote]:
        """It leaves the device for a while."""
        return self._once(TAKES_TURNS.format(seconds=seconds))

    def _once(self, text: str) -> Sequence[TrainingNote]:
        if text in self._said:
            return []
        self._said.add(text)
        return [TrainingNote(self._request_id, text)]
