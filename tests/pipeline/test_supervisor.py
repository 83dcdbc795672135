"""What becomes of requests when the workers under them die, hang, or never come to life."""

import asyncio
import time

import pytest

from pipeline import ConfigError, GenerationFailed
from pipeline.errors import WorkerLost
from tests.pipeline.asking import all_pictures, ask, images_of
from tests.pipeline.conftest import Begun, OpenDispatcher


@pytest.mark.parametrize("fault", ["dies", "raises", "hangs"])
async def test_a_request_that_takes_its_worker_down_fails_alone(
    open_sleepy: OpenDispatcher, fault: str
) -> None:
    neighbours = [ask(f"a nap {number}", user=str(number)) for number in range(6)]
    async with open_sleepy(max_images_in_flight=8, step_deadline=1.0) as dispatcher:
        bad = dispatcher.submit(ask(fault))
        good = [asyncio.create_task(images_of(dispatcher.submit(each))) for each in neighbours]
        with pytest.raises(WorkerLost, match="twice at this one"):
            await images_of(bad)
        assert await asyncio.gather(*good) == [all_pictures(each) for each in neighbours]


async def test_a_request_gets_a_second_chance_and_each_image_once(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    request = ask("dies once", num_images=4, id="unlucky")
    async with open_sleepy() as dispatcher:
        assert await images_of(dispatcher.submit(request)) == all_pictures(request)
    assert begun == [("unlucky", "cpu", 0)] * 2


async def test_a_lost_workers_requests_run_one_at_a_time_and_before_others(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(max_images_in_flight=4) as dispatcher:
        prompts = ["a nap", "dies once", *["a nap"] * 6]
        streams = [dispatcher.submit(ask(prompt)) for prompt in prompts]
        await asyncio.gather(*map(images_of, streams))
    second_life = next(n for n, each in enumerate(begun) if n and not each.num_neighbours)
    suspects = {each.request_id for each in begun[:second_life]}
    again = begun[second_life : second_life + len(suspects)]
    assert {each.request_id for each in again} == suspects
    assert {each.num_neighbours for each in again} == {0}
    later = begun[second_life + len(suspects) :]
    assert later[0].num_neighbours == 0
    assert max(each.num_neighbours for each in later) > 0


async def test_an_idle_worker_may_be_silent_for_longer_than_any_step(
    open_sleepy: OpenDispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_sleepy(step_deadline=1.0) as dispatcher:
        await images_of(dispatcher.submit(ask()))
        await asyncio.sleep(2.0)
        await images_of(dispatcher.submit(ask()))
    assert "kind 'idle'" not in caplog.text


async def test_a_device_that_cannot_start_says_why_instead_of_hanging(
    open_sleepy: OpenDispatcher,
) -> None:
    async with open_sleepy(["unstartable"]) as dispatcher:
        early = dispatcher.submit(ask())
        with pytest.raises(ConfigError, match="no device called unstartable"):
            await images_of(early)
        with pytest.raises(ConfigError, match="no device called unstartable"):
            await images_of(dispatcher.submit(ask()))


async def test_a_device_whose_workers_die_at_birth_is_given_up_without_haste(
    open_sleepy: OpenDispatcher,
) -> None:
    begun = time.monotonic()
    async with open_sleepy(["stillborn"]) as dispatcher:
        with pytest.raises(GenerationFailed, match="Nothing starts on stillborn"):
            await images_of(dispatcher.submit(ask()))
    assert time.monotonic() - begun > 1.4  # the pauses between three births


async def test_nobody_waits_because_others_cost_many_workers(open_sleepy: OpenDispatcher) -> None:
    request = ask(user="anna", num_steps=20)
    async with open_sleepy(max_images_in_flight=16) as dispatcher:
        bad = [dispatcher.submit(ask("dies", user="ben")) for _ in range(7)]
        assert await images_of(dispatcher.submit(request)) == all_pictures(request)
        for stream in bad:
            with pytest.raises(WorkerLost):
                await images_of(stream)


async def test_one_broken_device_does_not_stop_another(open_sleepy: OpenDispatcher) -> None:
    async with open_sleepy(["unstartable", "stillborn", "cpu"]) as dispatcher:
        requests = [ask(), ask("dies once"), ask()]
        streams = [dispatcher.submit(request) for request in requests]
        assert [await images_of(stream) for stream in streams] == [
            all_pictures(request) for request in requests
        ]


async def test_a_death_in_a_crowd_is_nobodys_fault(open_sleepy: OpenDispatcher) -> None:
    # Lost once with a neighbour and once alone: that is not yet twice alone.
    unlucky = ask("dies once", num_steps=50)
    async with open_sleepy() as dispatcher:
        bad, stream = dispatcher.submit(ask("dies")), dispatcher.submit(unlucky)
        assert await images_of(stream) == all_pictures(unlucky)
        with pytest.raises(WorkerLost):
            await images_of(bad)


async def test_a_suspect_finds_a_place_though_its_device_is_gone_and_the_other_busy(
    open_sleepy: OpenDispatcher, begun: list[Begun]
) -> None:
    async with open_sleepy(["mortal", "cpu"], max_images_in_flight=4) as dispatcher:
        unlucky = dispatcher.submit(ask("dies once", id="unlucky"))
        # Never all done at the same time: the other device does not become empty by itself.
        crowd = [dispatcher.submit(ask(num_images=1, num_steps=5 + n % 4)) for n in range(30)]
        pictures = await asyncio.gather(*map(images_of, [unlucky, *crowd]))
    assert [len(each) for each in pictures] == [2] + [1] * 30
    second = [each.request_id for each in begun].index("unlucky", 1)
    assert begun[second] == ("unlucky", "cpu", 0)
    assert second < 20
