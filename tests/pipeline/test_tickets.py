import asyncio
import traceback

import pytest

from pipeline import Cancelled, GenerationProgress, Waiting
from pipeline.tickets import PictureTicket, RequestEvent
from tests.pipeline.asking import ask
from tests.pipeline.pictures import RED, encoded
from tests.pipeline.workers.sleepy import picture


async def unread(ticket: PictureTicket) -> list[RequestEvent]:
    """Everything up to the end, which has come already."""
    events = []
    while True:
        try:
            events.append(await ticket.next_event())
        except StopAsyncIteration:
            return events


async def test_a_slow_reader_gets_the_latest_news_and_every_image() -> None:
    request = ask(id="one", num_images=2)
    ticket = PictureTicket(request, "sleepy")
    ticket.tell(Waiting("one", 2, None))
    ticket.tell(Waiting("one", 1, 4.0))
    ticket.tell(GenerationProgress("one", 4, 10))
    ticket.tell(GenerationProgress("one", 5, 10))
    ticket.deliver(picture(request, 0))
    ticket.deliver(picture(request, 1))
    ticket.tell(GenerationProgress("one", 10, 10))
    ticket.end()
    assert await unread(ticket) == [
        GenerationProgress("one", 5, 10),
        picture(request, 0),
        picture(request, 1),
        GenerationProgress("one", 10, 10),
    ]


async def test_a_preview_is_not_lost_to_news_without_one() -> None:
    ticket = PictureTicket(ask(id="one"), "sleepy")
    ticket.tell(GenerationProgress("one", 4, 10, b"preview"))
    ticket.tell(GenerationProgress("one", 5, 10))
    assert await ticket.next_event() == GenerationProgress("one", 5, 10, b"preview")


async def test_an_image_made_again_is_not_delivered_again() -> None:
    request = ask(num_images=2)
    ticket = PictureTicket(request, "sleepy")
    ticket.deliver(picture(request, 0))
    ticket.back_to_start()
    ticket.deliver(picture(request, 0))
    ticket.deliver(picture(request, 1))
    ticket.end()
    assert await unread(ticket) == [picture(request, 0), picture(request, 1)]


async def test_what_came_before_an_error_is_read_before_it() -> None:
    request = ask()
    ticket = PictureTicket(request, "sleepy")
    ticket.deliver(picture(request, 0))
    ticket.end(Cancelled())
    ticket.end()
    ticket.deliver(picture(request, 1))
    assert await ticket.next_event() == picture(request, 0)
    for _ in range(2):
        with pytest.raises(Cancelled):
            await ticket.next_event()


async def test_an_error_that_ends_many_requests_does_not_gather_their_readers() -> None:
    reason = Cancelled()
    lengths = []
    for _ in range(2):
        ticket = PictureTicket(ask(), "sleepy")
        ticket.end(reason)
        with pytest.raises(Cancelled):
            await ticket.next_event()
        lengths.append(len(traceback.extract_tb(reason.__traceback__)))
    assert lengths[0] == lengths[1]


async def test_a_reader_is_woken_by_news() -> None:
    request = ask()
    ticket = PictureTicket(request, "sleepy")
    reading = asyncio.create_task(ticket.next_event())
    await asyncio.sleep(0)
    ticket.deliver(picture(request, 1))
    assert await reading == picture(request, 1)


def test_a_request_made_again_is_told_anew_that_it_waits_and_counts_from_nothing() -> None:
    ticket = PictureTicket(ask(id="one"), "sleepy")
    ticket.tell(Waiting("one", 0, None))
    ticket.tell(GenerationProgress("one", 4, 10))
    ticket.back_to_start()
    assert (ticket.said, ticket.num_done, ticket.suspect) == (None, 0, True)


def test_an_input_picture_takes_the_calls_of_its_strength_from_the_start() -> None:
    request = ask(num_images=2, num_steps=20, sampler="euler", strength=0.5)
    assert PictureTicket(request, "sleepy").num_total == 2 * 20
    on_picture = request.model_copy(update={"init_image": encoded(RED)})
    assert PictureTicket(on_picture, "sleepy").num_total == 2 * 11
