"""How fast one device is, measured from what its worker says and when."""

import time
from collections.abc import Callable

from pipeline.estimates import Paces
from pipeline.tickets import PictureTicket
from pipeline.training_tickets import TrainingTicket


class Meter:
    """Feeds the paces of one device. Time in which its worker loads a model is not counted."""

    def __init__(
        self,
        device: str,
        paces: Paces,
        training_paces: Paces,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._device = device
        self._paces = paces
        self._training_paces = training_paces
        self._now = now
        self._called_at: float | None = None  # when calls of the UNet were last heard of
        self._stepped_at: float | None = None  # when steps of training were

    def begin_pictures(self) -> None:
        """Work on pictures begins where there was none."""
        self._called_at = self._now()

    def begin_training(self) -> None:
        """A training begins; its first steps come after its model was loaded."""
        self._stepped_at = None

    def pause(self) -> None:
        """A model was loaded in between."""
        self._called_at = self._now()
        self._stepped_at = None

    def measure_calls(self, ticket: PictureTicket, num_calls: int) -> None:
        """So many calls for one image each were answered."""
        now = self._now()
        if self._called_at is not None:
            work = num_calls * ticket.call_work
            self._paces.record(self._device, ticket.model, work, now - self._called_at)
        self._called_at = now

    def measure_steps(self, ticket: TrainingTicket, num_steps: int) -> None:
        """So many steps of training were taken."""
        now = self._now()
        if self._stepped_at is not None:
            work = num_steps * ticket.request.step_work
            self._training_paces.record(
                self._device, ticket.request.method.kind, work, now - self._stepped_at
            )
        self._stepped_at = now
