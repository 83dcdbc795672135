"""What the bot itself is not allowed is said, with the fix, before anything is accepted."""

import pytest
from discord import MessageFlags
from sqlalchemy import select

from bot.local_discord import permissions
from bot.local_discord.newcomer import BOT_PERMISSIONS, CHANNEL_ID, GUILD_ID
from bot.records.models import Job
from tests.bot.conversation.conftest import Town

HISTORY = "Read Message History"


@pytest.mark.parametrize(
    ("bits", "names"),
    [
        (permissions.ATTACH_FILES, ["Attach Files"]),
        (permissions.SEND_MESSAGES | permissions.EMBED_LINKS, ["Send Messages", "Embed Links"]),
        (permissions.READ_MESSAGE_HISTORY, [HISTORY]),
        (
            permissions.VIEW_CHANNEL,
            ["View Channels", "Send Messages", "Embed Links", "Attach Files", HISTORY],
        ),
    ],
)
async def test_a_missing_permission_is_named_with_its_fix_before_any_work(
    bits: int, names: list[str], town: Town
) -> None:
    await town.director.overwrite(CHANNEL_ID, GUILD_ID, deny=bits)
    await town.director.set_bot_permissions(GUILD_ID, BOT_PERMISSIONS & ~bits)
    async with town.bot() as pipeline:
        said = await town.you.answer(await town.you.slash("imagine", prompt="a"))
        assert MessageFlags._from_value(said["flags"]).ephemeral
        assert f"here: {', '.join(names)}. Whoever" in said["content"]
        assert "*Permissions*" in said["content"]
        await town.director.overwrite(CHANNEL_ID, GUILD_ID)
        await town.director.set_bot_permissions(GUILD_ID, BOT_PERMISSIONS)
        assert await town.ask(select(Job)) == []
        await town.you.slash("imagine", prompt="a")
        await pipeline.begun.wait()


async def test_a_permission_lost_since_is_named_to_whoever_presses_a_button(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        answer = await town.you.answer(sent, until=town.is_answer)
        await town.director.overwrite(CHANNEL_ID, GUILD_ID, deny=permissions.ATTACH_FILES)
        said = await town.you.answer(await town.you.press(answer, "Again, new seed"))
        assert "I may not do this here: Attach Files." in said["content"]
        await town.director.overwrite(CHANNEL_ID, GUILD_ID)
    assert len(pipeline.submitted) == 1


async def test_where_pictures_cannot_be_shown_again_it_is_said_before_anything_is_posted(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await town.you.answer(sent, until=town.is_answer)
        [choice] = await town.you.suggestions("show", "id", "")
        await town.director.overwrite(CHANNEL_ID, GUILD_ID, deny=permissions.ATTACH_FILES)
        said = await town.you.answer(await town.you.slash("show", id=choice["value"]))
        await town.director.overwrite(CHANNEL_ID, GUILD_ID)
        assert MessageFlags._from_value(said["flags"]).ephemeral
        assert "I may not do this here: Attach Files." in said["content"]


async def test_in_a_thread_the_permission_for_threads_is_what_counts(town: Town) -> None:
    thread = await town.you.start_thread("a thread", channel="imagine")
    bits = permissions.SEND_MESSAGES_IN_THREADS
    await town.director.overwrite(CHANNEL_ID, GUILD_ID, deny=bits)
    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a", channel=thread["id"])
        said = await town.you.answer(sent)
        assert "I may not do this here: Send Messages in Threads." in said["content"]
        await town.you.slash("imagine", prompt="a")
        await pipeline.begun.wait()
        await town.director.overwrite(CHANNEL_ID, GUILD_ID, deny=permissions.SEND_MESSAGES)
        sent = await town.you.slash("imagine", prompt="a", channel=thread["id"])
        await town.you.answer(sent, until=lambda it: it["components"])
        await town.director.overwrite(CHANNEL_ID, GUILD_ID)


async def test_in_direct_messages_nothing_is_missing(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", channel=await town.you.open_dm())
        await town.you.answer(sent, until=lambda it: "Seed" in it["content"])
