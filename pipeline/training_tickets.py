"""A training's place in the dispatcher: how far it is, and what it may still be blamed for."""

import math
from collections import deque
from typing import TypeAlias

from pipeline.errors import Cancelled, WorkerLost
from pipeline.results import ClassPictures, LossPlot, TrainingNews, TrainingProgress, Waiting
from pipeline.tickets import Ticket
from pipeline.training_request import TrainingRequest

TrainingStreamEvent: TypeAlias = Waiting | TrainingNews


class TrainingTicket(Ticket[TrainingRequest, TrainingStreamEvent]):
    """A request for training. After its worker's end it goes on from its last snapshot."""

    def __init__(self, request: TrainingRequest, model: str) -> None:
        super().__init__(request, model)
        self.progress = TrainingProgress(request.id, 0, request.num_steps, math.nan, math.nan)
        self.is_finishing = False  # its asker wants it to end with what there is
        self.is_closing = False  # withdrawn; its worker still leaves a snapshot
        self._furthest = 0  # step that was ever reached

    def tell(self, event: Waiting | TrainingProgress) -> None:
        """News that make older news of their kind worthless: a slow reader gets the latest."""
        if isinstance(event, Waiting):
            self.said = event
        else:
            self.progress, self.suspect = event, False
            if event.num_done > self._furthest:
                self._furthest, self.num_lost_alone = event.num_done, 0
        if self._unread and isinstance(self._unread[-1], Waiting | TrainingProgress):
            self._unread.pop()
        self._add(event)

    def deliver(self, news: TrainingNews) -> None:
        """All other news: each is read, but of plots and of counts of pictures the latest only."""
        if isinstance(news, LossPlot | ClassPictures):
            self._unread = deque(it for it in self._unread if not isinstance(it, type(news)))
        self._add(news)

    def worker_is_lost(self, is_to_blame: bool, most: int) -> bool:
        """Take note of a worker's end; whether it may go on with another.

        It may not after `most` that it is to blame for since it last got a step further.
        """
        self.num_lost_alone += is_to_blame
        if self.is_closing:
            self.end(Cancelled())
        elif self.num_lost_alone >= most:
            self.end(
                WorkerLost(
                    f"The process that trains stopped {most} times after step {self._furthest:,} "
                    "of this training without getting any further. Try other settings."
                )
            )
        else:
            self.back_to_start()
        return not self.ended
