"""What people set for themselves and for their server, and that it holds."""

from typing import Any

from bot.intake.defaults import SETTABLE
from bot.local_discord.wire import Json
from pipeline import PipelineConfig
from tests.bot.conversation.conftest import Town


async def settings(town: Town, name: str, **options: Any) -> str:
    """What is answered to a command about settings, which nobody else sees."""
    sent = await town.you.slash(f"settings {name}", **options)
    answer = await town.you.answer(sent)
    assert answer["flags"] & 64
    return str(answer["content"])


def has_seed(message: Json) -> bool:
    return "Seed" in message["content"]


async def test_what_one_has_set_holds_where_it_is_left_out_even_after_a_restart(
    town: Town,
) -> None:
    async with town.bot():
        said = await settings(town, "mine", steps=33, size="2:3", advanced="Clip skip: 2")
        assert "`steps` **33** · yours" in said
        assert "`sampler` **Euler a** · built in" in said
        assert "`preset` **nothing** · built in" in said
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        answer = await town.you.answer(sent, until=has_seed)
        assert "33 steps" in answer["content"]
        assert (await town.job()).request["clip_skip"] == 2
        sent = await town.you.slash("imagine", prompt="a", seed=7, steps=5)
        answer = await town.you.answer(sent, until=has_seed)
        assert "5 steps" in answer["content"]
        assert "416×624" in answer["content"]


async def test_what_one_has_set_goes_before_what_the_server_has_and_can_be_forgotten(
    town: Town,
) -> None:
    async with town.bot():
        await settings(town, "server", steps=40, count=2)
        said = await settings(town, "mine", steps=33)
        assert "`steps` **33** · yours" in said
        assert "`count` **2** · this server's" in said
        said = await settings(town, "reset", whose="own", setting="steps")
        assert "`steps` **40** · this server's" in said
        said = await settings(town, "reset", whose="server")
        assert "`count` **1** · built in" in said
        assert said.count("built in") == len(SETTABLE)


async def test_what_could_never_be_made_is_not_kept(town: Town) -> None:
    async with town.bot():
        assert "multiple of 8" in await settings(town, "mine", size="513x512")
        assert "Eular" in await settings(town, "mine", sampler="Eular")
        assert "Clipskop" in await settings(town, "mine", advanced="Clipskop: 2")
        assert "at least one" in await settings(town, "mine")
        assert "no setting `speed`" in await settings(town, "reset", whose="own", setting="speed")
        assert (await settings(town, "show")).count("built in") == len(SETTABLE)


async def test_a_default_that_cannot_be_followed_any_more_is_named_with_its_fix(
    town: Town,
) -> None:
    one = town.config
    sd = one.pipeline.models["sd"]
    two = one.model_copy(update={"pipeline": PipelineConfig(models={"sd": sd, "other": sd})})
    town.config = two
    async with town.bot():
        await settings(town, "mine", model="other")
        await settings(town, "server", steps=40, model="other")
    town.config = one
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        for whose, owner in (("own", "Your own"), ("server", "This server's")):
            said = await town.you.answer(await town.you.slash("imagine", prompt="a"))
            assert said["flags"] & 64
            assert f"{owner} default for `model` is `other`" in said["content"]
            assert "no model called `other`" in said["content"]
            assert "`/settings reset`" in said["content"]
            which = "mine" if whose == "own" else "server"
            assert f"{owner} default for `model`" in await settings(town, which, steps=41)
            await settings(town, "reset", whose=whose, setting="model")
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        answer = await town.you.answer(sent, until=has_seed)
        assert "40 steps" in answer["content"]


async def test_direct_messages_are_no_server(town: Town) -> None:
    channel = await town.you.open_dm()
    async with town.bot():
        said = await settings(town, "server", channel=channel, steps=40)
        assert "direct messages" in said
