"""All commands at once: what Discord would refuse, and what would puzzle a reader."""

import re
from collections import Counter
from typing import Any

import pytest
from discord import AppCommandOptionType, app_commands

from bot.client import Athanor
from bot.commands.desk import Desk
from bot.commands.imagine import imagine_command
from bot.commands.options import matching
from bot.intake.generation import GenerationIntake, TypedOptions
from bot.intake.sizes import SHAPES
from bot.locales import Texts
from pipeline import InvalidRequest

Command = app_commands.Command[Any, ..., None]
NAME = re.compile(r"[a-z0-9_-]{1,32}")


@pytest.fixture
def tree(desk: Desk) -> app_commands.CommandTree[Any]:
    """All commands, as the bot offers them."""
    client = Athanor(lambda _: None)
    client.offer(desk)
    return client.tree


@pytest.fixture
def every_command(tree: app_commands.CommandTree[Any]) -> list[Command]:
    return [it for it in tree.walk_commands() if isinstance(it, app_commands.Command)]


def test_no_two_commands_share_a_name(tree: app_commands.CommandTree[Any]) -> None:
    names = Counter(command.qualified_name for command in tree.walk_commands())
    assert len(names) > 2
    assert max(names.values()) == 1


def test_groups_have_a_description(tree: app_commands.CommandTree[Any]) -> None:
    for group in tree.walk_commands():
        assert NAME.fullmatch(group.name)
        assert 1 <= len(group.description) <= 100
        assert group.description != "…"


def test_names_and_descriptions_are_what_discord_takes(every_command: list[Command]) -> None:
    for command in every_command:
        assert len(command.parameters) <= 25
        for option in command.parameters:
            assert NAME.fullmatch(option.name)
            assert 1 <= len(str(option.description)) <= 100
            assert str(option.description) != "…", f"{option.name} has no description"
            assert len(option.choices) <= 25


def test_an_option_that_means_something_else_elsewhere_says_so(
    every_command: list[Command], texts: Texts
) -> None:
    said = {
        command.name: option.description
        for command in every_command
        for option in command.parameters
        if option.name == "size"
    }
    assert "like the picture" in str(said["img2img"])
    assert said["imagine"] == texts("imagine.options.size")


def test_required_options_come_first(every_command: list[Command]) -> None:
    for command in every_command:
        required = [option.required for option in command.parameters]
        assert required == sorted(required, reverse=True)


def test_a_model_can_be_chosen_even_where_config_has_but_one(desk: Desk) -> None:
    model = imagine_command(desk).get_parameter("model")
    assert model
    assert model.autocomplete
    assert model.description != "…"


@pytest.mark.parametrize("name", ["steps", "guidance_scale", "seed"])
def test_what_discord_lets_through_is_just_what_the_pipeline_takes(
    name: str, desk: Desk, intake: GenerationIntake
) -> None:
    option = imagine_command(desk).get_parameter(name)
    assert option
    for bound, step in ((option.min_value, -1), (option.max_value, 1)):
        assert bound is not None
        intake.request(TypedOptions(prompt="a", **{name: bound}), user_id=1)  # type: ignore[arg-type]
        with pytest.raises(InvalidRequest):
            intake.request(TypedOptions(prompt="a", **{name: bound + step}), user_id=1)  # type: ignore[arg-type]


def test_numbers_are_asked_for_as_numbers(desk: Desk) -> None:
    kinds = {option.name: option.type for option in imagine_command(desk).parameters}
    assert kinds["seed"] is kinds["steps"] is kinds["count"] is AppCommandOptionType.integer
    assert kinds["guidance_scale"] is AppCommandOptionType.number


def test_every_shape_has_a_name(texts: Texts) -> None:
    assert set(texts.under("imagine.shapes")) == set(SHAPES)


def test_no_more_is_suggested_than_discord_takes_and_what_begins_as_typed_comes_first() -> None:
    offered = [(f"sampler {number}", str(number)) for number in range(100)]
    assert len(matching(offered, "")) == 25
    found = [it.value for it in matching([*offered, ("7 samplers", "first")], "7 sampler")]
    assert found[0] == "first"
    assert set(found[1:]) == {str(number) for number in range(100) if "7" in str(number)}
    assert all(len(it.name) <= 100 for it in matching([("a" * 200, "b")], ""))
