import asyncio
import gc
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from pipeline import (
    Cancelled,
    Dispatcher,
    GeneratedImage,
    GenerationProgress,
    GenerationRequest,
    InvalidRequest,
    UnknownModel,
    UsedArtifact,
    Waiting,
)
from pipeline.errors import InvalidPicture
from pipeline.streams import RequestStream
from tests.pipeline.asking import all_pictures, ask, first_progress, images_of
from tests.pipeline.conftest import Begun, OpenDispatcher


async def test_a_stream_ends_after_all_its_images(open_sleepy: OpenDispatcher) -> None:
    request = ask(num_images=3)
    async with open_sleepy() as dispatcher:
        assert await images_of(dispatcher.submit(request)) == all_pictures(request)


async def test_a_request_is_queued_before_anybody_reads_its_stream(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(max_images_in_flight=1) as dispatcher:
        unread, read = dispatcher.submit(ask(id="first")), dispatcher.submit(ask(id="second"))
        await images_of(read)
        assert [each.request_id for each in begun] == ["first", "second"]
        assert len(await images_of(unread)) == 2


async def test_an_unknown_model_is_refused_at_once(open_sleepy: OpenDispatcher) -> None:
    async with open_sleepy() as dispatcher:
        with pytest.raises(UnknownModel, match="Try: sleepy"):
            dispatcher.submit(ask(model="sleppy"))


async def test_a_learned_checkpoint_is_a_model_while_its_base_is_one(
    open_sleepy: OpenDispatcher,
) -> None:
    learned = UsedArtifact(kind="checkpoint", name="anna/mine", path="/kept/0123", base="sleepy")
    lost = learned.model_copy(update={"base": "gone"})
    async with open_sleepy() as dispatcher:
        stream = dispatcher.submit(ask(model="Anna/Mine", artifacts=(learned,)))
        assert len(await images_of(stream)) == 2
        with pytest.raises(InvalidRequest, match="`anna/mine` was learned by the model `gone`"):
            dispatcher.submit(ask(model="anna/mine", artifacts=(lost,)))
        with pytest.raises(UnknownModel):
            dispatcher.submit(ask(model="other", artifacts=(learned,)))


async def test_a_request_under_way_cannot_be_submitted_again(open_sleepy: OpenDispatcher) -> None:
    async with open_sleepy() as dispatcher:
        stream = dispatcher.submit(ask(id="one"))
        with pytest.raises(InvalidRequest, match="under way already"):
            dispatcher.submit(ask(id="one"))
        await images_of(stream)
        assert len(await images_of(dispatcher.submit(ask(id="one")))) == 2


async def test_what_is_wrong_with_one_request_fails_that_one(open_sleepy: OpenDispatcher) -> None:
    async with open_sleepy() as dispatcher:
        good, bad = dispatcher.submit(ask()), dispatcher.submit(ask("fails"))
        with pytest.raises(InvalidPicture):
            await images_of(bad)
        assert len(await images_of(good)) == 2


async def test_of_one_user_no_more_run_at_once_than_may_and_others_take_the_room(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(max_images_in_flight=3) as dispatcher:
        anna = [
            dispatcher.submit(ask(id=f"anna {it}", num_images=1, user="anna", max_running=1))
            for it in range(3)
        ]
        ben = dispatcher.submit(ask(id="ben", num_images=1, user="ben"))
        running = [it for it in dispatcher.outlook() if isinstance(it, GenerationProgress)]
        assert len(running) <= 2
        await asyncio.gather(*map(images_of, [*anna, ben]))
    order = [each.request_id for each in begun]
    assert order[:2] == ["anna 0", "ben"]
    assert order[2:] == ["anna 1", "anna 2"]


async def test_a_waiting_request_can_be_cancelled(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(max_images_in_flight=1) as dispatcher:
        running, waiting = dispatcher.submit(ask(id="one")), dispatcher.submit(ask(id="two"))
        assert isinstance(await anext(waiting), Waiting)
        assert dispatcher.cancel("two")
        assert not dispatcher.cancel("two")
        with pytest.raises(Cancelled):
            await images_of(waiting)
        await images_of(running)
        await images_of(dispatcher.submit(ask(id="three")))
    assert [each.request_id for each in begun] == ["one", "three"]


async def test_a_running_request_can_be_cancelled(open_sleepy: OpenDispatcher) -> None:
    async with open_sleepy(max_images_in_flight=1) as dispatcher:
        endless, next_one = dispatcher.submit(ask(id="endless", num_steps=150)), ask()
        await first_progress(endless)
        waiting = dispatcher.submit(next_one)
        assert dispatcher.cancel("endless")
        with pytest.raises(Cancelled):
            await images_of(endless)
        assert await images_of(waiting) == all_pictures(next_one)


async def test_nothing_is_cancelled_under_a_name_that_is_not_there(
    open_sleepy: OpenDispatcher,
) -> None:
    async with open_sleepy() as dispatcher:
        assert not dispatcher.cancel("nobody")


async def _close(dispatcher: Dispatcher, request: GenerationRequest) -> None:
    async with aclosing(dispatcher.submit(request)) as stream:
        await first_progress(stream)


async def _cancel_the_reader(dispatcher: Dispatcher, request: GenerationRequest) -> None:
    reader = asyncio.create_task(images_of(dispatcher.submit(request)))
    await asyncio.sleep(0.05)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader


async def _forget(dispatcher: Dispatcher, request: GenerationRequest) -> None:
    await first_progress(dispatcher.submit(request))
    gc.collect()


@pytest.mark.parametrize("leave", [_close, _cancel_the_reader, _forget])
async def test_whoever_leaves_a_stream_withdraws_the_request(
    open_sleepy: OpenDispatcher,
    leave: Callable[[Dispatcher, GenerationRequest], Any],
) -> None:
    async with open_sleepy(max_images_in_flight=1) as dispatcher:
        await leave(dispatcher, ask(num_images=16, num_steps=150, id="left"))
        await asyncio.sleep(0)
        assert not dispatcher.cancel("left")
        # It would have kept the only place for seconds.
        async with asyncio.timeout(4):
            await images_of(dispatcher.submit(ask()))


async def test_closing_cancels_whoever_still_reads_and_leaves_no_task(
    open_sleepy: OpenDispatcher,
) -> None:
    async with open_sleepy(max_images_in_flight=1) as dispatcher:
        readers = [
            asyncio.create_task(images_of(dispatcher.submit(ask(num_steps=150)))) for _ in range(3)
        ]
        await asyncio.sleep(0.05)
    for reader in readers:
        with pytest.raises(asyncio.CancelledError):
            await reader
    with pytest.raises(asyncio.CancelledError):
        await images_of(dispatcher.submit(ask()))
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_log_has_a_line_when_a_request_begins_and_one_when_it_ends(
    open_sleepy: OpenDispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with open_sleepy() as dispatcher:
        endless = dispatcher.submit(ask(id="endless", num_steps=150))
        await images_of(dispatcher.submit(ask(id="short")))
        dispatcher.cancel("endless")
        with pytest.raises(Cancelled):
            await images_of(endless)
    assert [line for line in caplog.messages if line.startswith("request")] == [
        "request endless begins on cpu",
        "request short begins on cpu",
        "request short ended: finished",
        "request endless ended: Cancelled.",
    ]


async def test_a_crowd_waits_until_there_is_room_and_no_longer(
    open_sleepy: OpenDispatcher,
) -> None:
    async with open_sleepy(max_images_in_flight=4) as dispatcher:
        streams = [dispatcher.submit(ask(num_images=1)) for _ in range(20)]
        in_flight: set[str] = set()
        most = 0

        async def follow(stream: RequestStream) -> None:
            nonlocal most
            async for event in stream:
                if isinstance(event, GenerationProgress):
                    in_flight.add(event.request_id)
                    most = max(most, len(in_flight))
                elif isinstance(event, GeneratedImage):
                    in_flight.discard(event.request_id)

        await asyncio.gather(*map(follow, streams))
        assert most == 4


async def test_there_is_room_again_as_soon_as_one_image_is_done(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(max_images_in_flight=2) as dispatcher:
        streams = [dispatcher.submit(ask(num_images=2, num_steps=20)) for _ in range(2)]
        await asyncio.gather(*map(images_of, streams))
    assert [each.num_neighbours for each in begun] == [0, 1]


async def test_users_take_turns(open_sleepy: OpenDispatcher, begun: list[Begun]) -> None:
    async with open_sleepy(max_images_in_flight=1) as dispatcher:
        asked = ["anna 1", "anna 2", "anna 3", "ben 1", "ben 2", "cleo 1"]
        streams = [dispatcher.submit(ask(id=name, user=name.split()[0])) for name in asked]
        await asyncio.gather(*map(images_of, streams))
    assert [each.request_id for each in begun] == [
        *["anna 1", "ben 1", "cleo 1"],
        *["anna 2", "ben 2"],
        "anna 3",
    ]


async def test_work_goes_to_where_its_model_is_until_that_device_is_half_full(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(["cuda:0", "cuda:1"], max_images_in_flight=4) as dispatcher:
        await images_of(dispatcher.submit(ask()))
        streams = [dispatcher.submit(ask(num_images=1)) for _ in range(4)]
        await asyncio.gather(*map(images_of, streams))
    first = begun[0].device
    assert [each.device == first for each in begun] == [True, True, True, True, False]


async def test_a_waiting_time_comes_true(open_sleepy: OpenDispatcher) -> None:
    loop = asyncio.get_running_loop()
    async with open_sleepy(max_images_in_flight=1) as dispatcher:
        # Loading a model takes its time once, and says nothing about the pace.
        await images_of(dispatcher.submit(ask("loads", num_images=1, num_steps=20)))
        crowd = [dispatcher.submit(ask(num_images=1, num_steps=150)) for _ in range(5)]
        last = dispatcher.submit(ask(num_images=1))
        waiting = await anext(last)
        said_at = loop.time()
        assert isinstance(waiting, Waiting)
        assert waiting.seconds is not None
        await first_progress(last)
        # A machine that does other things as well may change its pace in between.
        assert 1 / 3 < waiting.seconds / (loop.time() - said_at) < 3
        await asyncio.gather(*map(images_of, [*crowd, last]))


async def test_places_in_the_line_are_told_at_once_but_no_time_before_it_was_measured(
    open_sleepy: OpenDispatcher,
) -> None:
    async with open_sleepy() as dispatcher:
        streams = [dispatcher.submit(ask(id=str(place))) for place in range(3)]
        news = [await anext(stream) for stream in streams]
    assert news == [Waiting(str(place), place, None) for place in range(3)]


async def test_a_slow_reader_gets_the_latest_progress_only(open_sleepy: OpenDispatcher) -> None:
    async with open_sleepy() as dispatcher:
        slow = dispatcher.submit(ask(num_images=2, num_steps=50))
        await images_of(dispatcher.submit(ask(num_images=2, num_steps=60)))
        events = [event async for event in slow]
    assert [type(event) for event in events] == [GenerationProgress, GeneratedImage] * 2
    assert [event.num_done for event in events if isinstance(event, GenerationProgress)] == [
        50,
        100,
    ]
