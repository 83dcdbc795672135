"""Who may train, and how much."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from bot.config import RoleTrainingLimits, TrainingConfig
from bot.errors import Refusal, sentence
from bot.jobs.training_limits import check_num_waiting, check_training, training_allowance
from bot.jobs.training_queue import Actor, TrainingQueue
from bot.locales import Texts
from bot.records.database import Database
from bot.records.models import Training
from bot.records.origin import Origin
from pipeline import TrainingPicture, TrainingRequest
from tests.pipeline.pictures import encoded

CONFIG = TrainingConfig(
    max_waiting=2,
    max_steps=1000,
    max_pictures=5,
    roles={
        "Potter": RoleTrainingLimits(max_waiting=5, max_steps=0),
        "77": RoleTrainingLimits(max_pictures=9),
        "New": RoleTrainingLimits(max_waiting=1),
    },
)
PICTURE = TrainingPicture(content=encoded(Image.new("RGB", (64, 64))))


def request_of(num_steps: int, **settings: Any) -> TrainingRequest:
    values: dict[str, Any] = {"name": "x", "pictures": (PICTURE,), "num_steps": num_steps}
    return TrainingRequest(**values | settings)


@pytest.mark.parametrize(
    ("roles", "max_waiting", "max_steps", "max_pictures"),
    [
        (set(), 2, 1000, 5),
        ({"Potter"}, 5, float("inf"), 5),
        ({"New"}, 1, 1000, 5),
        ({"New", "Potter", "77"}, 5, float("inf"), 9),
    ],
)
def test_the_most_generous_role_that_says_something_holds(
    roles: set[str], max_waiting: float, max_steps: float, max_pictures: float
) -> None:
    allowed = training_allowance(CONFIG, roles)
    assert (allowed.max_waiting, allowed.max_steps) == (max_waiting, max_steps)
    assert (allowed.max_pictures, allowed.max_running) == (max_pictures, 1)


def test_who_has_none_of_the_roles_that_may_train_may_not() -> None:
    config = TrainingConfig(may_train=("Potter", "77"))
    training_allowance(config, {"77"})
    with pytest.raises(Refusal):
        training_allowance(config, {"Somebody"})


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (
            lambda it: check_training(request_of(1001), 5, it),
            "1,001 steps, .* for 1,000 in",
        ),
        (lambda it: check_training(request_of(1000), 6, it), "6 pictures, and you may give 5 to"),
        (lambda it: check_num_waiting(2, it), "You have 2 trainings waiting or paused, "),
        (
            lambda it: check_training(request_of(9, method="lora", kept_snapshots=21), 5, it),
            "`kept_snapshots: 21`, .* the latest 20 are",
        ),
        (
            lambda it: check_training(request_of(9, method="dreambooth", kept_snapshots=4), 5, it),
            "`kept_snapshots: 4`, .* the latest 3 are",
        ),
    ],
)
def test_what_is_too_much_is_refused_with_the_limit(
    ask: Callable[..., None], said: str, texts: Texts
) -> None:
    allowed = training_allowance(CONFIG, ())
    check_training(request_of(1000), 5, allowed)
    check_num_waiting(1, allowed)
    with pytest.raises(Refusal) as caught:
        ask(allowed)
    assert re.search(said, sentence(caught.value, texts, ""))


async def test_at_the_same_moment_no_more_are_accepted_than_may_wait(
    database: Database, origin: Origin
) -> None:
    queue = TrainingQueue(database, TrainingConfig(max_waiting=2))
    pictures = [("0" * 64, "")]
    asked = [
        queue.accept(request_of(100, id=f"{it:024x}", name=f"x-{it}"), pictures, origin)
        for it in range(4)
    ]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    accepted = [it for it in answers if isinstance(it, Training)]
    assert len(accepted) == 2
    assert all(isinstance(it, Refusal) for it in answers if it not in accepted)
    assert {it.request["max_running"] for it in accepted} == {1}


async def test_who_pauses_one_training_after_the_other_has_no_more_than_may_wait(
    database: Database, origin: Origin
) -> None:
    queue = TrainingQueue(database, TrainingConfig(max_waiting=2))
    owner = Actor(origin.user_id)

    async def ask(number: int) -> Training:
        request = request_of(100, id=f"{number:024x}", name=f"x-{number}")
        return await queue.accept(request, [("0" * 64, "")], origin)

    ended = await ask(9)
    await queue.fail(ended, "It became NaN.")
    paused = [await ask(number) for number in range(2)]
    for training in paused:
        await queue.pause(training, 0)
    with pytest.raises(Refusal, match=r"train\.limits\.waiting"):
        await ask(2)
    with pytest.raises(Refusal, match=r"train\.limits\.waiting"):
        await queue.take_up(ended, owner, 0, {})
    for training in paused:
        await queue.go_on(training)
        await queue.take_up(training, owner, 0, {"learning_rate": "0.1"})
    assert await queue.begin(await queue.find(paused[0].id))
    await ask(2)


async def test_a_user_without_the_role_is_refused_however_they_ask(
    database: Database, origin: Origin
) -> None:
    queue = TrainingQueue(database, TrainingConfig(may_train=("Potter",)))
    with pytest.raises(Refusal):
        await queue.accept(request_of(100), [], origin)
    potter = replace(origin, roles=frozenset({"Potter"}))
    await queue.accept(request_of(100).model_copy(update={"id": "0" * 24}), [], potter)
