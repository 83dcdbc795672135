"""Where a training is talked about: a thread if there can be one, the same after restarts."""

from collections.abc import AsyncIterator

import pytest

from bot.local_discord import permissions
from bot.local_discord.newcomer import BOT_PERMISSIONS, CHANNEL_ID, GUILD_ID
from bot.local_discord.person import Person
from tests.bot.conversation.conftest import Town
from tests.bot.conversation.lit import Hearth

THREADS = r"/channels/\d+/messages/\d+/threads"  # the route by which one begins
EDITS = r"/channels/\d+/messages/\d+\Z"


@pytest.fixture
async def sage(town: Town) -> AsyncIterator[Person]:
    """Somebody who may manage threads."""
    async with Person.at(town.config.discord.api_url, "sage") as sage:
        yield sage


async def test_a_killed_bot_goes_on_in_the_same_thread_and_posts_nothing_twice(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        await hearth.light()
        await hearth.furnace.reach(12)
        await hearth.status("step 12 of 30")
    async with town.bot() as pipeline:
        assert pipeline.furnace
        await pipeline.furnace.reach(15)
        assert "Going on after step 12." in (await hearth.status("step 15 of 30"))["content"]
        await town.director.fail(502, "/channels/", method="POST", takes_effect=True, times=9)
        await pipeline.furnace.reach(30)
        await hearth.hear("is learned, in 30 steps")
    await town.director.clear_faults()
    await town.director.advance(16 * 60)  # Discord does not know the nonce any more
    async with town.bot():
        await hearth.status("Done")
    assert await town.num_said("is learned", hearth.thread) == 1
    lit = [it for it in await town.you.messages() if "lit the furnace" in it["content"]]
    assert [it["thread"]["id"] for it in lit].count(hearth.thread) == 1
    assert int(lit[-2]["id"] if len(lit) > 1 else 0) < town.arrived_at


async def test_where_no_thread_can_be_the_same_is_said_in_the_channel(town: Town) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline, channel=await town.you.open_dm())
        await hearth.light()
        await hearth.furnace.reach(5)
        await town.you.press(await hearth.status("step 5 of 30"), "Stop and keep")
        end = await hearth.hear("is learned, in 5 steps")
        assert "thread" not in end["content"]
        assert (await hearth.placed()).thread_id is None


async def test_without_the_permission_for_threads_the_channel_will_do(town: Town) -> None:
    await town.director.overwrite(CHANNEL_ID, GUILD_ID, deny=permissions.CREATE_PUBLIC_THREADS)
    await town.director.set_bot_permissions(
        GUILD_ID, BOT_PERMISSIONS & ~permissions.CREATE_PUBLIC_THREADS
    )
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        await hearth.light()
        await town.director.overwrite(CHANNEL_ID, GUILD_ID)
        await town.director.set_bot_permissions(GUILD_ID, BOT_PERMISSIONS)
        await hearth.furnace.reach(5)
        await town.you.press(await hearth.status("step 5 of 30"), "Stop and keep")
        await hearth.hear("is learned, in 5 steps")
        assert (await hearth.placed()).thread_id is None


async def test_a_bot_that_died_before_it_had_a_thread_finds_its_message_again(
    town: Town,
) -> None:
    await town.director.fail(502, THREADS, times=99)
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        await hearth.ask()
        root = await town.hear("lit the furnace")
    await town.director.clear_faults()
    await town.director.advance(16 * 60)  # Discord does not know the nonce any more
    async with town.bot() as pipeline:
        assert pipeline.furnace
        training = await hearth.placed()
        assert str(training.thread_id) == root["id"]
        await pipeline.furnace.reach(5)
        assert len(await town.you.messages(root["id"])) >= 1
    assert await town.num_said("lit the furnace") == 1


async def test_a_bot_that_died_right_after_it_accepted_says_so_on_the_preview(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        preview = await hearth.propose()
        await town.you.wait_for_message(bool, channel=preview["id"])  # its thread
        await town.director.fail(502, EDITS, method="PATCH", times=99)
        await town.you.press(preview, "Confirm")
        await town.you.until(hearth.accepted)
    await town.director.clear_faults()
    async with town.bot():
        await hearth.placed()
        root = await town.hear("lit the furnace")
        assert root["id"] == preview["id"]
    async with town.bot():
        assert await town.num_said("🔥 **zuk**", preview["id"]) == 1
    assert await town.num_said("lit the furnace") == 1


async def test_a_bot_that_died_before_it_heard_of_its_first_message_finds_that_again(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        preview = await hearth.propose()
        await town.you.wait_for_message(bool, channel=preview["id"])
        route = f"/channels/{preview['id']}/messages"
        await town.director.fail(502, route, method="POST", takes_effect=True, times=99)
        await town.you.press(preview, "Confirm")
        await town.you.wait_for_message(
            lambda it: "🔥 **zuk**" in it["content"], channel=preview["id"]
        )
    await town.director.clear_faults()
    await town.director.advance(16 * 60)  # Discord does not know the nonce any more
    async with town.bot():
        assert str((await hearth.placed()).thread_id) == preview["id"]
    assert await town.num_said("🔥 **zuk**", preview["id"]) == 1


async def test_a_preview_that_was_deleted_is_replaced_by_a_message_with_a_thread(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        preview = await hearth.propose()
        await town.director.fail(502, EDITS, method="PATCH", times=99)
        await town.you.press(preview, "Confirm")
        await town.you.until(hearth.accepted)
    await town.director.delete_message(preview)
    await town.director.clear_faults()
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        root = await town.hear("lit the furnace")
        hearth.thread = str((await hearth.placed()).thread_id)
        assert root["id"] == hearth.thread != preview["id"]
        await hearth.furnace.reach(30)
        await hearth.hear("is learned, in 30 steps")


async def test_where_the_thread_is_locked_the_preview_shows_how_far_it_is(
    town: Town, sage: Person
) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        preview = await hearth.propose()
        await town.you.wait_for_message(bool, channel=preview["id"])
        await sage.change_thread({"id": preview["id"]}, is_locked=True)
        await town.you.press(preview, "Confirm")
        training = await hearth.placed()
        assert (training.thread_id, str(training.message_id)) == (None, preview["id"])
        hearth.thread = hearth.channel
        await hearth.furnace.reach(5)
        await town.you.press(await hearth.status("step 5 of 30"), "Stop and keep")
        await hearth.hear("is learned, in 5 steps")


async def test_a_thread_that_was_deleted_is_made_anew(town: Town) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        preview = await hearth.propose()
        await town.you.wait_for_message(bool, channel=preview["id"])
        await town.director.remove_channel(preview["id"])
        await town.you.press(preview, "Confirm")
        hearth.thread = str((await hearth.placed()).thread_id)
        await hearth.furnace.reach(5)
        await hearth.status("step 5 of 30")


async def test_a_training_in_a_thread_that_was_put_away_goes_on_there(town: Town) -> None:
    thread = await town.you.start_thread("aside")
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline, channel=thread["id"])
        await hearth.light()
        await hearth.furnace.reach(5)
        await town.you.press(await hearth.status("step 5 of 30"), "Pause")
        status = await hearth.status("Paused")
        await town.you.change_thread(thread, is_archived=True)
        await town.you.press(status, "Resume")
        await hearth.furnace.reach(8)
        await hearth.status("step 8 of 30")


async def test_a_thread_in_the_archive_is_taken_out_for_what_is_new(town: Town) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        await hearth.light()
        await hearth.furnace.reach(5)
        await town.you.press(await hearth.status("step 5 of 30"), "Pause")
        status = await hearth.status("Paused")
        await town.you.change_thread({"id": hearth.thread}, is_archived=True)
        await town.you.press(status, "Resume")
        await hearth.furnace.reach(8)
        await hearth.status("step 8 of 30")


async def test_a_training_whose_channel_was_deleted_goes_on_in_direct_messages(town: Town) -> None:
    channel = await town.director.add_channel(GUILD_ID, "short-lived")
    await town.director.fail(502, THREADS, times=99)
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline, channel=channel["id"])
        await hearth.ask()
        await town.you.wait_for_message(
            lambda it: "lit the furnace" in it["content"], channel=channel["id"]
        )
        await town.director.remove_channel(channel["id"])
        await town.director.clear_faults()
        hearth.thread = await town.you.open_dm()
        assert str((await hearth.placed()).thread_id) == hearth.thread
        await hearth.furnace.reach(30)
        await hearth.hear("is learned, in 30 steps")


async def test_a_file_that_is_too_large_after_all_keeps_nobody_from_being_told(town: Town) -> None:
    async with town.bot() as pipeline:
        hearth = Hearth(town, pipeline)
        await hearth.light()
        await hearth.furnace.reach(5)
        await hearth.status("step 5 of 30")
        await town.director.fail(413, r"/channels/\d+/messages\Z", method="POST")
        await hearth.furnace.reach(30)
        end = await hearth.hear("is learned, in 30 steps")
        assert end["attachments"] == []


async def test_direct_messages_that_had_to_do_for_a_thread_do_not_call_what_was_learned(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        hearth = Hearth(town, pipeline)
        await town.director.fail(403, f"/channels/{CHANNEL_ID}/messages", times=9)
        await hearth.light()
        await town.director.clear_faults()
        assert hearth.thread == await town.you.open_dm()
        listed = await town.you.answer(await town.you.slash("train list"))
        assert f"channels/@me/{hearth.thread}/" in listed["content"]
        await hearth.furnace.reach(30)
        end = await hearth.hear("is learned, in 30 steps")
        assert "thread" not in end["content"]
        sent = await town.you.slash("imagine", prompt="on a hill", channel=hearth.thread)
        await town.you.answer(sent, until=lambda it: "Seed" in it["content"])
        assert pipeline.requests[-1].prompt == "on a hill"
