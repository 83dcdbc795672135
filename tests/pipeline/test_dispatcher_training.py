"""Trainings beside pictures: whose turn it is, what they leave, and what they survive."""

import asyncio
import gc
from pathlib import Path

import pytest

from pipeline import Cancelled, InvalidRequest, UnknownModel, Waiting
from pipeline.errors import WorkerLost
from pipeline.results import Artifact, SamplePictures, TrainingNote, TrainingProgress
from tests.pipeline.asking import all_pictures, ask, first_step, images_of, news_of, teach
from tests.pipeline.conftest import Begun, OpenDispatcher

READY = 0.2  # seconds after which all workers are


async def test_a_training_says_how_far_it_is_and_ends_with_what_was_learned(
    open_sleepy: OpenDispatcher,
) -> None:
    async with open_sleepy() as dispatcher:
        news = await news_of(dispatcher.submit(teach(id="one")))
    assert isinstance(news[-2], TrainingProgress)
    assert news[-2].fraction == 1
    assert news[-1] == Artifact("one", "embeddings", Path("learned.pt"), 20, is_final=True)


async def test_pictures_and_a_training_share_a_device(open_sleepy: OpenDispatcher) -> None:
    request = ask(num_images=1, num_steps=10)
    async with open_sleepy() as dispatcher:
        training = dispatcher.submit(teach(num_steps=10_000))
        await first_step(training)
        assert await images_of(dispatcher.submit(request)) == all_pictures(request)
        assert (await first_step(training)).num_done > 5


async def test_two_users_trainings_take_turns(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy() as dispatcher:
        asked = ["anna-1", "anna-2", "anna-3", "ben-1"]
        streams = [dispatcher.submit(teach(id=it, user=it.split("-")[0])) for it in asked]
        await asyncio.gather(*map(news_of, streams))
    assert [each.request_id for each in begun] == ["anna-1", "ben-1", "anna-2", "anna-3"]
    assert {each.num_neighbours for each in begun} == {0}


async def test_of_one_user_no_more_trainings_run_at_once_than_may(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(["cuda:0", "cuda:1"]) as dispatcher:
        streams = [
            dispatcher.submit(teach(id=str(it), user="anna", max_running=1)) for it in range(2)
        ]
        await first_step(streams[0])
        assert [type(it) for it in dispatcher.outlook()] == [TrainingProgress, Waiting]
        await asyncio.gather(*map(news_of, streams))
    assert [each.request_id for each in begun] == ["0", "1"]


async def test_a_second_device_trains_while_the_first_makes_pictures(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(["cuda:0", "cuda:1"], max_images_in_flight=2) as dispatcher:
        await images_of(dispatcher.submit(ask(id="picture")))
        training = dispatcher.submit(teach(id="training", num_steps=10_000))
        await first_step(training)
        crowd = [dispatcher.submit(ask(id=str(it), num_images=1)) for it in range(3)]
        await asyncio.gather(*map(images_of, crowd))
        # Both have the model by now, and one of them still trains.
        later = [dispatcher.submit(ask(id=str(it), num_images=1)) for it in range(2)]
        await asyncio.gather(*map(images_of, later))
    home, away = begun[0].device, begun[1].device
    assert home != away
    # The third would have to wait, and a device that trains is better than none.
    assert [each.device for each in begun[2:]] == [home, home, away, home, home]


async def test_a_training_that_comes_first_leaves_the_first_device_to_pictures(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(["cuda:0", "cuda:1"]) as dispatcher:
        await asyncio.sleep(READY)
        await first_step(dispatcher.submit(teach(num_steps=10_000)))
    assert begun[0].device == "cuda:1"


async def test_a_training_whose_device_is_gone_begins_alone_on_the_other_though_that_is_busy(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(["cpu", "mortal"]) as dispatcher:
        await asyncio.sleep(READY)
        stream = dispatcher.submit(teach("dies once", id="one"))
        pictures = [dispatcher.submit(ask(num_images=1, num_steps=100)) for _ in range(4)]
        await asyncio.gather(news_of(stream), *map(images_of, pictures))
    of_training = [each for each in begun if each.request_id == "one"]
    assert of_training == [("one", "mortal", 0), ("one", "cpu", 0)]


async def test_a_training_waits_with_its_place_and_with_a_time_once_one_was_measured(
    open_sleepy: OpenDispatcher,
) -> None:
    async with open_sleepy() as dispatcher:
        first, second = (dispatcher.submit(teach(id=it, num_steps=10_000)) for it in "ab")
        assert await anext(second) == Waiting("b", 1, None)
        waiting = await anext(second)
        assert isinstance(waiting, Waiting)
        assert waiting.seconds is not None
        assert 10 < waiting.seconds < 300
        dispatcher.cancel("a")
        with pytest.raises(Cancelled):
            await news_of(first)


async def test_how_fast_pictures_are_made_does_not_tell_how_long_a_training_takes(
    open_sleepy: OpenDispatcher,
) -> None:
    async with open_sleepy() as dispatcher:
        await images_of(dispatcher.submit(ask()))
        first, second = (dispatcher.submit(teach(id=it, num_steps=10_000)) for it in "ab")
        assert dispatcher.outlook()[1:] == [Waiting("b", 1, None)]
        await first_step(first)
        await second.aclose()


async def test_what_is_withdrawn_leaves_a_snapshot_and_goes_on_when_it_is_submitted_again(
    open_sleepy: OpenDispatcher, tmp_path: Path
) -> None:
    request = teach(id="one", num_steps=300)
    async with open_sleepy() as dispatcher:
        stream = dispatcher.submit(request)
        step = await first_step(stream)
        assert dispatcher.cancel("one")
        assert not dispatcher.cancel("one")
        again = dispatcher.submit(request)
        with pytest.raises(Cancelled):
            await news_of(stream)
        del stream
        gc.collect()
        snapshot = int((tmp_path / "snapshot one").read_text())
        assert step.num_done <= snapshot < 300
        news = await news_of(again)
    assert TrainingNote("one", f"Going on after step {snapshot}.") in news
    assert isinstance(news[-1], Artifact)


async def test_a_training_that_waits_is_withdrawn_at_once(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy() as dispatcher:
        running, waiting = (dispatcher.submit(teach(id=it)) for it in "ab")
        assert not dispatcher.order("b", "finish")
        assert dispatcher.cancel("b")
        with pytest.raises(Cancelled):
            await news_of(waiting)
        await news_of(running)
    assert [each.request_id for each in begun] == ["a"]


async def test_finish_keeps_what_there_is_and_sample_shows_it(open_sleepy: OpenDispatcher) -> None:
    async with open_sleepy() as dispatcher:
        stream = dispatcher.submit(teach(id="one", num_steps=10_000))
        await first_step(stream)
        assert dispatcher.order("one", "sample")
        assert dispatcher.order("one", "finish")
        news = await news_of(stream)
        assert not dispatcher.order("one", "finish")
    assert any(isinstance(it, SamplePictures) for it in news)
    assert isinstance(news[-1], Artifact)
    assert news[-1].num_steps < 10_000


async def test_nonsense_is_refused_before_it_waits(open_sleepy: OpenDispatcher) -> None:
    async with open_sleepy() as dispatcher:
        with pytest.raises(UnknownModel):
            dispatcher.submit(teach(model="sleppy"))
        stream = dispatcher.submit(teach(id="one"))
        with pytest.raises(InvalidRequest, match="under way already"):
            dispatcher.submit(ask(id="one"))
        await news_of(stream)


@pytest.mark.parametrize("fault", ["dies", "raises", "hangs"])
async def test_a_training_that_takes_its_worker_down_twice_fails_and_its_neighbours_do_not(
    open_sleepy: OpenDispatcher, fault: str
) -> None:
    neighbours = [ask(f"a nap {number}", user=str(number), num_steps=20) for number in range(4)]
    async with open_sleepy(step_deadline=1.0) as dispatcher:
        bad = dispatcher.submit(teach(fault))
        good = [asyncio.create_task(images_of(dispatcher.submit(it))) for it in neighbours]
        with pytest.raises(WorkerLost, match="2 times after step 10 of this training"):
            await news_of(bad)
        assert await asyncio.gather(*good) == [all_pictures(it) for it in neighbours]


async def test_what_takes_long_to_save_is_no_step_that_hangs(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(step_deadline=0.5) as dispatcher:
        assert isinstance((await news_of(dispatcher.submit(teach("saves"))))[-1], Artifact)
    assert len(begun) == 1


async def test_a_training_goes_on_from_its_snapshot_after_its_worker_died(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy() as dispatcher:
        news = await news_of(dispatcher.submit(teach("dies once", id="one", snapshot_every=4)))
    assert TrainingNote("one", "Going on after step 8.") in news
    assert isinstance(news[-1], Artifact)
    assert len(begun) == 2


async def test_after_its_worker_died_a_training_begins_alone_and_pictures_follow_its_first_step(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy() as dispatcher:
        stream = dispatcher.submit(teach("dies once", id="one", snapshot_every=1))
        await first_step(stream)
        pictures = [ask(id=str(it), num_images=1, num_steps=30) for it in range(20)]
        made = await asyncio.gather(*(images_of(dispatcher.submit(it)) for it in pictures))
        assert made == [all_pictures(it) for it in pictures]
        await news_of(stream)
    again = [each.request_id for each in begun].index("one", 1)
    assert begun[again].num_neighbours == 0
    assert any(each.num_neighbours for each in begun[again + 1 :])


async def test_a_training_outlives_pictures_that_take_its_worker_down(
    open_sleepy: OpenDispatcher,
) -> None:
    async with open_sleepy() as dispatcher:
        stream = dispatcher.submit(teach(id="one", num_steps=400, snapshot_every=0))
        while (await first_step(stream)).num_done < 100:
            pass
        for _ in range(3):
            with pytest.raises(WorkerLost):
                await images_of(dispatcher.submit(ask("dies")))
        news = await news_of(stream)
    assert isinstance(news[-1], Artifact)


async def test_closing_lets_a_training_leave_a_snapshot(
    open_sleepy: OpenDispatcher, tmp_path: Path
) -> None:
    async with open_sleepy() as dispatcher:
        stream = dispatcher.submit(teach(id="one", num_steps=10_000))
        step = await first_step(stream)
    assert int((tmp_path / "snapshot one").read_text()) >= step.num_done
    with pytest.raises(asyncio.CancelledError):
        await news_of(stream)
