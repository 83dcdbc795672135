"""Buttons with ids that nobody made: no action on another's job, and a sentence for everybody."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.commands import job_buttons
from bot.local_discord.newcomer import CHANNEL_ID
from bot.local_discord.person import Person, Sent
from bot.local_discord.wire import Json
from bot.records.models import Job, JobState
from bot.replies.buttons import OF_ALL, OF_ONE_PICTURE
from tests.bot.conversation.conftest import Town
from tests.local_discord_process import TOKEN

PER_MESSAGE = 25  # buttons that a message holds
DONE, RUNNING = "<done>", "<running>"  # stand for the ids of somebody else's jobs

job_ids = st.sampled_from([DONE, RUNNING]) | st.text("0123456789abcdefG", min_size=22, max_size=26)
actions = st.sampled_from([*OF_ALL, *OF_ONE_PICTURE, "CANCEL", "", "train"])
indices = st.sampled_from(["", ":0", ":1", ":9", ":10", ":-1", ":0:0", ":٣", ": 0", ":0\n"])
written_like_ours = st.builds(
    "{}{}:{}{}".format, st.sampled_from(["job:", "Job:", " job:", ""]), job_ids, actions, indices
)
# Whatever lies near: one sign of a good id taken out, doubled or replaced.
spoilt = st.builds(
    lambda text, at, sign: text[: at % len(text)] + sign + text[at % len(text) + 1 :],
    written_like_ours.filter(bool),
    st.integers(0, 99),
    st.text(st.characters(codec="utf-8"), max_size=2),
)
custom_ids = written_like_ours | spoilt | st.text(st.characters(codec="utf-8"), max_size=60)
batches = st.lists(custom_ids, min_size=PER_MESSAGE, max_size=PER_MESSAGE)


@dataclass(frozen=True)
class Victim:
    """Somebody's pictures and request, and a stranger with any button they like."""

    town: Town
    stranger: Person
    done: Job
    answer: Json
    running: Job

    async def attack(self, templates: Sequence[str]) -> None:
        """Press all of these; Discord shows a button only if its application sent it."""
        ids = {it.replace(DONE, self.done.id).replace(RUNNING, self.running.id) for it in templates}
        pressable = sorted(it for it in ids if 1 <= len(it) <= 100 and it.strip())
        message = await self._show(pressable)
        sent = await asyncio.gather(*(self.stranger.press(message, it) for it in pressable))
        for press in sent:
            await self._wait_for_answer(press)

    async def _wait_for_answer(self, press: Sent) -> None:
        async def is_answered() -> bool:
            # Raises where Discord says that the application did not respond.
            return (await self.stranger.state(press))["state"] == "answered"

        await self.stranger.until(is_answered)

    async def assert_unharmed(self) -> None:
        """Its pictures stand where they stood, and its request is still being worked on."""
        jobs = {it.id: it for it in await self.town.ask(select(Job))}
        assert jobs[self.done.id].state is JobState.DELIVERED
        assert jobs[self.running.id].state is JobState.RUNNING
        [image] = await self.town.images(self.done)
        assert str(image.message_id) == self.answer["id"]
        assert await self.town.you.reread(self.answer) == self.answer

    async def _show(self, ids: Sequence[str]) -> Json:
        buttons = [
            {"type": 2, "style": 2, "label": str(number), "custom_id": custom_id}
            for number, custom_id in enumerate(ids)
        ]
        rows = [{"type": 1, "components": buttons[at : at + 5]} for at in range(0, len(ids), 5)]
        async with self.stranger.session.post(
            f"{self.stranger.url}/api/v10/channels/{CHANNEL_ID}/messages",
            json={"content": "press me", "components": rows},
            headers={"Authorization": f"Bot {TOKEN}"},
        ) as response:
            response.raise_for_status()
            message: Json = await response.json()
            return message


@pytest.fixture
async def victim(town: Town, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Victim]:
    monkeypatch.setattr(job_buttons, "PATIENCE", 0.05)
    await town.director.stop_clock()
    await town.director.scale_rate_limits(0)  # the messages that are pressed come by raw requests
    async with town.bot() as pipeline, Person.at(town.config.discord.api_url, "robin") as robin:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        answer = await town.you.answer(sent, until=town.is_answer)
        done = await town.becomes(JobState.DELIVERED)
        pipeline.may_finish.clear()
        await town.you.slash("imagine", prompt="b", seed=8)

        async def running() -> Job | None:
            found = await town.ask(select(Job).filter_by(state=JobState.RUNNING))
            return found[0] if found else None

        yield Victim(town, robin, done, answer, await town.you.until(running))


quick = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],  # to find a smaller one takes minutes, and says little more
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
thorough = settings(quick, max_examples=2_500 // PER_MESSAGE)


@quick
@given(templates=batches)
async def test_no_button_there_can_be_harms_anothers_job_or_stays_without_an_answer(
    templates: list[str], victim: Victim, caplog: pytest.LogCaptureFixture
) -> None:
    await victim.attack(templates)
    await victim.assert_unharmed()
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.slow
@thorough
@given(templates=batches)
async def test_thousands_of_buttons_harm_nobody_and_are_all_answered(
    templates: list[str], victim: Victim, caplog: pytest.LogCaptureFixture
) -> None:
    await victim.attack(templates)
    await victim.assert_unharmed()
    assert not [record for record in caplog.records if record.exc_info]
