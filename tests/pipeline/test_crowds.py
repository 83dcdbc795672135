"""Forty people before one device: whose turn it is, and when, as the dispatcher itself keeps it."""

import asyncio

import pytest

from pipeline import GenerationProgress, GenerationRequest, Waiting
from pipeline.streams import RequestStream
from tests.pipeline.asking import ask, first_progress, images_of, unfair_turns
from tests.pipeline.conftest import Begun, OpenDispatcher

PEOPLE = [f"person {number}" for number in range(40)]


def asked_by(user: str, times: int) -> list[GenerationRequest]:
    return [
        ask(num_images=1, num_steps=2, id=f"{user} {number}", user=user) for number in range(times)
    ]


def user_of(begun: Begun) -> str:
    return begun.request_id.rpartition(" ")[0]


@pytest.mark.parametrize("max_images", [1, 4])
async def test_nobody_of_forty_waits_while_somebody_served_more_recently_is_served(
    open_sleepy: OpenDispatcher, begun: list[Begun], max_images: int
) -> None:
    # Some want much more than others, and who wants most is there first.
    requests = {
        user: asked_by(user, times=1 + 5 // (1 + place)) for place, user in enumerate(PEOPLE)
    }
    async with open_sleepy(max_images_in_flight=max_images) as dispatcher:
        streams = [dispatcher.submit(it) for each in requests.values() for it in each]
        await asyncio.gather(*map(images_of, streams))
    assert len(begun) == len(streams)
    assert unfair_turns([user_of(it) for it in begun]) == []


async def test_a_newcomer_is_served_before_everybody_who_was_served_already(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(max_images_in_flight=1) as dispatcher:
        crowd = [dispatcher.submit(it) for user in PEOPLE for it in asked_by(user, times=2)]
        # The first person's second request: by then everybody was served once.
        await first_progress(crowd[1])
        num_begun = len(begun)
        late = dispatcher.submit(ask(num_images=1, num_steps=2, id="newcomer 0", user="newcomer"))
        await images_of(late)
        assert num_begun > len(PEOPLE)
        assert [user_of(it) for it in begun].index("newcomer") <= num_begun + 1
        await asyncio.gather(*map(images_of, crowd))


async def test_forty_people_are_told_times_that_come_true(open_sleepy: OpenDispatcher) -> None:
    clock = asyncio.get_running_loop().time
    told: list[tuple[float, float]] = []  # seconds said, seconds it then took

    async def follow(stream: RequestStream) -> None:
        said: tuple[float, float] | None = None
        async for event in stream:
            if isinstance(event, Waiting) and event.seconds is not None and said is None:
                said = event.seconds, clock()
            elif isinstance(event, GenerationProgress) and said is not None:
                told.append((said[0], clock() - said[1]))
                said = None

    async with open_sleepy(max_images_in_flight=2) as dispatcher:
        await images_of(dispatcher.submit(ask(num_images=1, num_steps=50)))
        streams = [dispatcher.submit(ask(num_images=1, num_steps=60, user=user)) for user in PEOPLE]
        await asyncio.gather(*map(follow, streams))
    long_waits = [(said, took) for said, took in told if took > 0.3]
    assert len(long_waits) > 10  # on a quick machine many do not wait for long
    # A machine that does other things as well may change its pace in between.
    assert all(1 / 3 < said / took < 3 for said, took in long_waits), long_waits


async def test_the_outlook_has_everybody_in_the_order_in_which_they_are_served(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(max_images_in_flight=1) as dispatcher:
        streams = [dispatcher.submit(it) for user in PEOPLE[:5] for it in asked_by(user, times=2)]
        await first_progress(streams[0])
        foretold = dispatcher.outlook()
        kinds = [type(it) for it in foretold]
        assert kinds == [GenerationProgress] + [Waiting] * 9
        places = [it.num_before for it in foretold if isinstance(it, Waiting)]
        assert places == list(range(1, 10))
        dispatcher.cancel(foretold[5].request_id)
        assert foretold[5].request_id not in [it.request_id for it in dispatcher.outlook()]
        await asyncio.gather(*map(images_of, streams), return_exceptions=True)
        assert dispatcher.outlook() == []
    order = [it.request_id for it in foretold]
    assert [it.request_id for it in begun] == [*order[:5], *order[6:]]
