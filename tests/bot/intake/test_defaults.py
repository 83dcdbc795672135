"""Where an option is left out: one's own default, else the server's, else the built-in one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake.defaults import BUILT_IN, SETTABLE, Defaults, DefaultsKeeper, Source
from bot.intake.generation import TypedOptions
from bot.records.database import Database

STEPS = st.none() | st.integers(1, 150)


@given(typed=STEPS, own=STEPS, server=STEPS)
def test_what_is_typed_comes_before_ones_own_before_the_servers_before_the_built_in(
    typed: int | None, own: int | None, server: int | None
) -> None:
    kept = [{} if value is None else {"steps": value} for value in (own, server)]
    defaults = Defaults(*kept)
    first = next((it for it in (typed, own, server) if it is not None), BUILT_IN["steps"])
    filled = defaults.fill_in({"prompt": "a", "steps": typed, "sampler": None})
    explicit = frozenset({"prompt"} if typed is None else {"prompt", "steps"})
    assert filled == TypedOptions(prompt="a", steps=first, explicit=explicit)


def test_every_setting_says_where_its_value_comes_from() -> None:
    defaults = Defaults({"steps": 30}, {"steps": 40, "count": 2})
    said = {name: defaults.value(name) for name in SETTABLE}
    assert said.pop("steps") == (30, Source.OWN)
    assert said.pop("count") == (2, Source.SERVER)
    assert said == {name: (BUILT_IN[name], Source.BUILT_IN) for name in said}


@pytest.fixture
def keeper(database: Database) -> DefaultsKeeper:
    return DefaultsKeeper(database)


async def test_defaults_are_kept_each_for_their_owner(
    keeper: DefaultsKeeper, database: Database
) -> None:
    await keeper.change_own(1, "ada", lambda kept: kept | {"steps": 30})
    await keeper.change_own(1, "ada", lambda kept: kept | {"size": "2:3"})
    await keeper.change_server(7, "the workshop", lambda kept: kept | {"count": 2})
    again = DefaultsKeeper(database)
    assert await again.of(1, 7) == Defaults({"steps": 30, "size": "2:3"}, {"count": 2})
    assert await again.of(1, None) == Defaults({"steps": 30, "size": "2:3"}, {})
    assert await again.of(2, 8) == Defaults({}, {})


async def test_a_change_that_is_refused_leaves_all_as_it_was(keeper: DefaultsKeeper) -> None:
    await keeper.change_own(1, "ada", lambda kept: kept | {"steps": 30})

    def refuse(_: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await keeper.change_own(1, "ada", refuse)
    assert (await keeper.of(1, None)).own == {"steps": 30}
