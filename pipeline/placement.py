"""Who begins next, and on which device: the rules, without a clock or a queue of their own."""

from collections import Counter
from collections.abc import Sequence

from pipeline.supervisor import Supervisor
from pipeline.tickets import PictureTicket
from pipeline.training_tickets import TrainingTicket
from pipeline.turns import Line

PictureLine = Line[PictureTicket]
TrainingLine = Line[TrainingTicket]


def next_picture(
    pictures: PictureLine, trainings: TrainingLine, working: Sequence[Supervisor]
) -> tuple[PictureTicket, Supervisor] | None:
    """The next request for pictures and its device; nobody while there is no room.

    Pictures go where their model is and no training, until that device is full.
    """
    if suspects := pictures.suspects:
        able = [it for it in working if it.max_images and not it.has_suspect]
        empty = [it for it in able if not it.pictures]
        if empty:
            return suspects[0], min(empty, key=lambda it: it.training is not None)
    ticket = pictures.next(Counter(each.request.user for it in working for each in it.pictures))
    free = [it for it in unreserved(pictures, trainings, working) if it.has_room]
    if ticket is None or not free:
        return None
    return ticket, min(free, key=lambda it: it.burden(ticket.model))


def next_training(
    pictures: PictureLine, trainings: TrainingLine, working: Sequence[Supervisor]
) -> tuple[TrainingTicket, Supervisor] | None:
    """The next training and its device: another than the one that pictures prefer."""
    if suspects := [] if pictures.suspects else trainings.suspects:
        empty = [it for it in working if it.max_images and not it.in_flight]
        if empty and not is_still_closing(suspects[0], working):
            return suspects[0], empty[-1]
    ticket = trainings.next(Counter(it.training.request.user for it in working if it.training))
    free = [it for it in unreserved(pictures, trainings, working) if it.may_train]
    if ticket is None or not free or is_still_closing(ticket, working):
        return None
    return ticket, min(reversed(free), key=lambda it: (it.num_images, it.has_models))


def is_still_closing(ticket: TrainingTicket, working: Sequence[Supervisor]) -> bool:
    """Whether an earlier run of the same training has yet to leave its snapshot."""
    return any(ticket.id in it.in_flight for it in working)


def unreserved(
    pictures: PictureLine, trainings: TrainingLine, working: Sequence[Supervisor]
) -> Sequence[Supervisor]:
    """All devices, but for the one with least to do where a suspect needs a device for itself."""
    if pictures.suspects:
        reserved = min(working, key=lambda it: it.num_images)
    elif trainings.suspects and (untaught := [it for it in working if it.training is None]):
        reserved = min(untaught, key=lambda it: it.num_images)
    else:
        return working
    return [it for it in working if it is not reserved]
