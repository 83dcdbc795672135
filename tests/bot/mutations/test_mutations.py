"""Ids and options that nobody was offered: no action on another's job, and an answer to each."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.bot.mutations.mutants import Mutant, calls, with_ids
from tests.bot.mutations.siege import Siege

AT_ONCE = 50
NUM_QUICK, NUM_THOROUGH = 200, 10_000

quick = settings(
    max_examples=NUM_QUICK // AT_ONCE,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # to find a smaller one takes minutes, and says little more
    suppress_health_check=list(HealthCheck),
)
thorough = settings(quick, max_examples=NUM_THOROUGH // AT_ONCE)

crowds = st.lists(with_ids, min_size=AT_ONCE, max_size=AT_ONCE, unique_by=lambda it: it.custom_id)


async def withstand(siege: Siege, mutants: Sequence[Mutant], log: pytest.LogCaptureFixture) -> None:
    await siege.suffer(mutants)
    await siege.assert_unharmed()
    assert not [record for record in log.records if record.exc_info]
    log.clear()


@quick
@given(mutants=crowds)
async def test_no_id_there_can_be_harms_anothers_job_or_stays_without_an_answer(
    mutants: list[Mutant], siege: Siege, caplog: pytest.LogCaptureFixture
) -> None:
    await withstand(siege, mutants, caplog)


@quick
@given(data=st.data())
async def test_no_options_there_can_be_harm_anothers_job_or_stay_without_an_answer(
    data: st.DataObject, siege: Siege, caplog: pytest.LogCaptureFixture
) -> None:
    crowd = st.lists(calls(siege.commands), min_size=AT_ONCE, max_size=AT_ONCE)
    await withstand(siege, data.draw(crowd), caplog)


@pytest.mark.slow
@thorough
@given(mutants=crowds)
async def test_ten_thousand_ids_harm_nobody_and_are_all_answered(
    mutants: list[Mutant], siege: Siege, caplog: pytest.LogCaptureFixture
) -> None:
    await withstand(siege, mutants, caplog)


@pytest.mark.slow
@thorough
@given(data=st.data())
async def test_ten_thousand_calls_of_commands_harm_nobody_and_are_all_answered(
    data: st.DataObject, siege: Siege, caplog: pytest.LogCaptureFixture
) -> None:
    crowd = st.lists(calls(siege.commands), min_size=AT_ONCE, max_size=AT_ONCE)
    await withstand(siege, data.draw(crowd), caplog)
