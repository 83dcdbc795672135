"""One device that makes pictures and trains: whose turn it is there, and what comes of it.

Neither knows of the other. While both are wanted, measured time is shared between them, turn by
turn; sample pictures are made in training's time. Where they do not fit together, each has the
device's memory for a while.
"""

import gc
import logging
import time
from collections.abc import Callable, Iterator, Sequence

import torch

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.errors import Cancelled, GenerationFailed, OutOfMemory, PipelineError
from pipeline.results import Artifact, EngineEvent, Failed, Finished, Order, TrainingNews, Turn
from pipeline.training_request import TrainingRequest
from pipeline.workers.bulletin import Bulletin
from pipeline.workers.share import Share
from pipeline.workers.stays import Stays
from pipeline.workers.training import TrainingRun
from pipeline.workers.worker import AnyRequest

logger = logging.getLogger(__name__)


class Furnace:
    """What a worker process drives; see `step`."""

    def __init__(
        self, config: PipelineConfig, device: str, now: Callable[[], float] = time.perf_counter
    ) -> None:
        self.engine = Engine(config, device)
        self._config = config
        self._now = now
        self._share = Share(config.training_share)
        self._stays = Stays(config.model_turn, now)
        self._run: TrainingRun | None = None
        self._bulletin: Bulletin | None = None
        self._leaves_next = False  # the training, for pictures that have no room beside it
        self._outbox: list[EngineEvent | TrainingNews] = []

    @property
    def max_images(self) -> int:
        return self.engine.max_images

    @property
    def idle(self) -> bool:
        return self.engine.idle and not self._run and not self._outbox

    @property
    def next_turn(self) -> Turn:
        if self._leaves_next:
            return "save"
        if self._run and self._trains_next(self._run):
            return self._run.next_turn
        return self.engine.next_turn

    def submit(self, request: AnyRequest) -> None:
        """Take a request up. Of trainings there is one at a time."""
        if not isinstance(request, TrainingRequest):
            self.engine.submit(request)
            return
        assert self._run is None
        folder = self._config.training_folder / request.id
        self._run = TrainingRun(self._config, request, self.engine, folder)
        self._bulletin = Bulletin(request, folder)

    def order(self, request_id: str, order: Order) -> None:
        """Do this with the training, if it is there."""
        if self._run and self._run.request.id == request_id:
            self._run.order(order)

    def cancel(self, request_id: str) -> None:
        """Forget a request; a training leaves a snapshot."""
        if not self._run or self._run.request.id != request_id:
            self.engine.cancel(request_id)
            return
        error = closed(self._run)
        self._end_training(worded(error) if error else Cancelled())

    def step(self) -> Sequence[EngineEvent | TrainingNews]:
        """Take one turn. Errors of one request come back as `Failed`; the others go on."""
        run = self._run
        if run and self._leaves_next:
            self._leave(run)
        elif run and self._trains_next(run):
            self._train(run)
        else:
            self._make_pictures(run)
        if self._run:
            self._change_places(self._run)
        if not (self._run and not self.engine.idle):
            self._share.settle()
        events, self._outbox = self._outbox, []
        return events

    def _trains_next(self, run: TrainingRun) -> bool:
        if self.engine.next_turn == "idle":  # or what is wanted has no room beside training's
            return True
        return run.next_turn != "idle" and self._share.training_is_next

    def _seconds_since(self, begun: float) -> float:
        """By the device's clock: what was begun there has ended."""
        if self.engine.device.type == "cuda":
            torch.cuda.synchronize(self.engine.device)
        return self._now() - begun

    def _train(self, run: TrainingRun) -> None:
        """One turn of training."""
        shared, turn, begun = not self.engine.idle, run.next_turn, self._now()
        self._drive(run, run.step)
        seconds = self._seconds_since(begun)
        self._share.expect(seconds)
        if shared:
            self._share.charge_training(seconds)
        if turn == "load":
            self._stays.loaded("training", seconds)

    def _make_pictures(self, run: TrainingRun | None) -> None:
        """One turn of the engine, beside a run if there is one."""
        turn, begun = self.engine.next_turn, self._now()
        self._outbox += self.engine.step()
        if not run:
            return
        seconds = self._seconds_since(begun)
        self._share.charge_pictures(seconds)
        if turn == "load" and run.is_away:
            self._stays.loaded("pictures", seconds)

    def _leave(self, run: TrainingRun) -> None:
        """Have the run leave the device to pictures."""
        self._leaves_next = False
        self._drive(run, run.leave)
        gc.collect()
        torch.cuda.empty_cache()
        self._stays.begin()
        self._share.settle()

    def _change_places(self, run: TrainingRun) -> None:
        """See who is next where the two do not fit together."""
        if not run.is_away:
            has_to = self.engine.lacks_room and self._stays.is_over
            self._leaves_next = run.may_leave and (has_to or run.wants_to_leave)
        elif run.may_come_back and (
            self.engine.idle or (self.engine.models_in_use and self._stays.is_over)
        ):
            run.come_back()
            self._stays.begin()

    def _drive(self, run: TrainingRun, turn: Callable[[], Sequence[TrainingNews]]) -> None:
        """Have the run take a turn; a fault of the device itself ends the process."""
        assert self._bulletin
        failure: PipelineError | None = None
        try:
            for news in turn():
                self._outbox += self._said(news)
        except torch.AcceleratorError:
            raise
        except Exception as error:
            closed(run)
            failure = worded(error)
        # Outside of `except`: until it ends, the error holds on to all that the run had.
        if failure or run.has_ended:
            self._end_training(failure)

    def _end_training(self, error: PipelineError | None) -> None:
        assert self._run
        assert self._bulletin
        request_id = self._run.request.id
        self._outbox += self._bulletin.rest()
        self._outbox += self._bulletin.plot()
        self._outbox.append(Failed(request_id, error) if error else Finished(request_id))
        self._run = self._bulletin = None
        self._leaves_next = False
        gc.collect()
        torch.cuda.empty_cache()

    def _said(self, news: TrainingNews) -> Iterator[TrainingNews]:
        assert self._bulletin
        if isinstance(news, Artifact) and news.is_final:
            yield from self._bulletin.rest()
            yield from self._bulletin.plot()
        yield from self._bulletin.news(news)


def closed(run: TrainingRun) -> Exception | None:
    """Close a run; what went wrong with its snapshot."""
    try:
        run.close()
    except torch.AcceleratorError:
        raise
    except Exception as error:
        return error
    return None


def worded(error: Exception) -> PipelineError:
    """What ended a training, in a sentence for whoever asked for it; the log has the rest."""
    if isinstance(error, PipelineError):
        # Where it came from would keep the run's model.
        error.__traceback__ = error.__cause__ = error.__context__ = None
        return error
    if isinstance(error, torch.OutOfMemoryError):
        return OutOfMemory("This training does not fit into the memory of the device.")
    logger.error("a training failed", exc_info=error)
    return GenerationFailed("The training failed; nothing was wrong with what you asked.")
