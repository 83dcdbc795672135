"""A run of training that has a device for itself."""

from collections.abc import Generator

from pipeline.results import TrainingNews
from pipeline.workers.training import TrainingRun


def news_of(run: TrainingRun) -> Generator[TrainingNews, None, None]:
    """Everything that a run says to its end; leaving early closes it."""
    try:
        while not run.has_ended:
            if run.may_leave and run.wants_to_leave:
                yield from run.leave()
            if run.may_come_back:
                run.come_back()
            yield from run.step()
    finally:
        run.close()
