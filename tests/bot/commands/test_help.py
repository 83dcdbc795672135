"""/help tells of everything that there is, because it is made from it."""

import io
from dataclasses import replace
from importlib import resources
from typing import Any

import discord
import pytest
from discord import app_commands
from PIL import Image

from bot.client import Athanor
from bot.commands.desk import Desk
from bot.commands.help_topics import COMMANDS, MAX_PAGE_LENGTH, Topic, help_topics
from bot.config import LimitsConfig, RoleLimits, TrainingConfig
from bot.help_pictures import PICTURES
from bot.intake.generation import GenerationIntake
from bot.intake.training import TrainingIntake
from bot.records.database import Database
from pipeline import PipelineConfig, control_rows


@pytest.fixture
def tree(desk: Desk) -> app_commands.CommandTree[Any]:
    client = Athanor(lambda _: None)
    client.offer(desk)

    async def another(_: discord.Interaction) -> None:
        """For a command that is added later."""

    async def of_person(_: discord.Interaction, __: discord.Member) -> None:
        """For a menu that is added later; of messages Discord takes no more."""

    client.tree.add_command(
        app_commands.Command(name="later", description="Added later.", callback=another)
    )
    client.tree.add_command(app_commands.ContextMenu(name="Look Closer", callback=of_person))
    return client.tree


@pytest.fixture
def topics(desk: Desk, tree: app_commands.CommandTree[Any]) -> list[Topic]:
    return help_topics(desk, tree, frozenset())


def test_every_command_and_every_option_of_the_tree_is_in_help(
    topics: list[Topic], tree: app_commands.CommandTree[Any]
) -> None:
    told = {topic.key: "\n".join(topic.pages) for topic in topics}
    commands = [it for it in tree.walk_commands() if isinstance(it, app_commands.Command)]
    assert len(commands) > 6
    for command in commands:
        name = f"/{command.qualified_name}"
        assert f"**{name}** {command.description}" in told[COMMANDS]
        assert command.description in told[name]
        for option in command.parameters:
            assert f"`{option.display_name}`" in told[name]
            assert str(option.description) in told[name]
    assert "**Look Closer** Right-click a person" in told[COMMANDS]


def test_every_control_is_in_help_with_its_place_default_and_source(topics: list[Topic]) -> None:
    told = next("\n".join(topic.pages) for topic in topics if topic.key == "controls")
    for row in control_rows():
        [line] = [line for line in told.splitlines() if f"**{row.control}**" in line]
        assert all(cell in line for cell in row)


def test_every_topic_fits_into_messages_and_has_a_key_that_fits_into_a_button(
    topics: list[Topic],
) -> None:
    keys = [topic.key for topic in topics]
    assert len(set(keys)) == len(keys)
    for topic in topics:
        assert len(topic.key) <= 66
        assert all(len(page) <= MAX_PAGE_LENGTH + 200 for page in topic.pages)
        assert topic.title in topic.pages[0]


def test_every_picture_of_the_command_that_makes_them_is_there_and_small(
    topics: list[Topic],
) -> None:
    pictures = {topic.key: topic.picture for topic in topics if topic.picture}
    assert set(pictures) == set(PICTURES)
    folder = resources.files("bot") / "pictures"
    assert {it.name for it in folder.iterdir()} == {f"{key}.webp" for key in PICTURES}
    assert sum(map(len, pictures.values())) < 300_000
    assert all(Image.open(io.BytesIO(it)).format == "WEBP" for it in pictures.values())


def test_limits_are_told_as_they_are_for_whoever_asks(
    desk: Desk, tree: app_commands.CommandTree[Any]
) -> None:
    limits = LimitsConfig(max_waiting=3, roles={"Supporter": RoleLimits(max_waiting=12)})
    desk = replace(desk, limits=limits)
    for roles, max_waiting in ((frozenset[str](), 3), (frozenset({"Supporter"}), 12)):
        [topic] = [it for it in help_topics(desk, tree, roles) if it.key == "limits"]
        assert f"at the same time: **{max_waiting}**" in topic.pages[0]
        assert "within an hour: **any number**" in topic.pages[0]


def test_who_may_not_train_is_told_so_and_who_may_is_told_how_much(
    desk: Desk, tree: app_commands.CommandTree[Any], intake: GenerationIntake, database: Database
) -> None:
    rules = TrainingConfig(may_train=("Potter",), max_steps=0, max_pictures=7)
    config = PipelineConfig(models=intake.models)
    training = TrainingIntake(config, rules, database, desk.training_pictures, desk.artifacts)
    desk = replace(desk, training=training)
    for roles, said in (
        (frozenset[str](), "one of these roles may train here: Potter"),
        (frozenset({"Potter"}), "steps of one training: **any number**"),
        (frozenset({"Potter"}), "pictures of one training: **7**"),
    ):
        [topic] = [it for it in help_topics(desk, tree, roles) if it.key == "limits"]
        assert said in topic.pages[0]
