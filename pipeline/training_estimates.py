"""When a waiting training will begin and how long one takes, from steps that were measured."""

from collections.abc import Iterable, Iterator
from heapq import heapify, heapreplace

from pipeline.estimates import Paces
from pipeline.training_request import TrainingRequest
from pipeline.training_tickets import TrainingTicket


def training_seconds(
    request: TrainingRequest, num_done: int, device: str, paces: Paces
) -> float | None:
    """What is left of a training on a device; None while none was ever measured."""
    pace = paces.pace(device, request.method.kind)
    return None if pace is None else (request.num_steps - num_done) * request.step_work * pace


def training_waiting_times(
    running: Iterable[tuple[str, TrainingTicket | None]],
    line: Iterable[TrainingTicket],
    paces: Paces,
) -> Iterator[float | None]:
    """Seconds until each of the line begins, one at a time on each device that works."""
    ends = [
        (training_seconds(it.request, it.progress.num_done, device, paces) or 0.0, device)
        if it
        else (0.0, device)
        for device, it in running
    ]
    heapify(ends)
    for ticket in line:
        if not ends:
            yield None
            continue
        begins, device = ends[0]
        seconds = training_seconds(ticket.request, 0, device, paces)
        yield None if seconds is None else begins
        heapreplace(ends, (begins + (seconds or 0.0), device))
