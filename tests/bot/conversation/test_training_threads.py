"""The thread of a training, which hangs from its preview: what is sent there, and who is told."""

import pytest
from sqlalchemy import select

from bot.local_discord import permissions
from bot.local_discord.newcomer import BOT_PERMISSIONS, GUILD_ID
from bot.local_discord.person import File, Person, Refused
from bot.local_discord.wire import Json
from bot.records.models import Draft
from tests.bot.conversation.conftest import Town
from tests.bot.conversation.drafting import (
    SIX,
    becomes,
    learned,
    opened,
    picture,
    proposed,
    sent_in,
    trainings,
    zipped,
)
from tests.bot.conversation.lit import Hearth

HINT = "may reply to this message with more pictures"


async def hint_below(town: Town, preview: Json) -> Json:
    """The first message in the thread of a preview."""
    return await town.you.wait_for_message(lambda it: HINT in it["content"], channel=preview["id"])


async def told_in(person: Person, thread: str, words: str) -> Json:
    return await person.wait_for_message(lambda it: words in it["content"], channel=thread)


async def own_messages(town: Town) -> list[Json]:
    """What the bot has said in the channel in this test."""
    messages = await town.you.messages()
    return [it for it in messages if int(it["id"]) > town.arrived_at and it["author"].get("bot")]


async def lit(town: Town, preview: Json) -> Json:
    """Confirm it; the preview as it is then."""
    await town.you.press(preview, "Confirm")
    return await becomes(town, preview, "lit the furnace")


async def test_a_thread_hangs_from_the_preview_and_says_how_pictures_are_added_to_it(
    town: Town,
) -> None:
    async with town.bot():
        preview = await proposed(town)
        hint = await hint_below(town, preview)
        assert f"<@{(await town.you.write('hello'))['author']['id']}>" in hint["content"]
        assert hint["mentions"] == []
        preview = await town.you.reread(preview)
        assert preview["thread"]["name"] == "Training zuk"
        assert len(await own_messages(town)) == 1


async def test_whatever_answers_the_bot_in_the_thread_adds_its_files_to_the_preview(
    town: Town,
) -> None:
    async with town.bot():
        preview = await proposed(town, SIX[:1])
        hint = await hint_below(town, preview)
        thread, you = preview["id"], town.you
        await you.write("in the garden", channel=thread, reply_to=hint, files=SIX[1:2])
        await becomes(town, preview, "2 pictures")
        added = await told_in(you, thread, "Added: ")
        assert preview["id"] in added["content"]
        pack = File("pack.zip", zipped(*SIX[2:4], File("blue.txt", b"on a lake")))
        await you.write("", channel=thread, reply_to=added, files=[pack])
        await becomes(town, preview, "4 pictures")
        bot = f"<@{hint['author']['id']}>"
        await you.write(f"{bot} in the rain", channel=thread, files=SIX[4:5])
        preview = await becomes(town, preview, "5 pictures")
        assert "Captions: 3 of 5" in preview["content"]
        await you.write("", channel=thread, reply_to=hint, files=[File("red.txt", b"at dusk")])
        await becomes(town, preview, "Captions: 4 of 5")
    async with town.bot():  # as it does after a restart
        await you.write(bot, channel=thread, files=SIX[5:6])
        preview = await becomes(town, preview, "6 pictures")
        await lit(town, preview)
    captions = [it.caption for it in await learned(town)]
    assert captions == ["at dusk", "in the garden", "on a lake", "", "in the rain", ""]


async def test_in_the_thread_others_add_nothing_and_talk_is_talk(town: Town, robin: Person) -> None:
    async with town.bot():
        preview = await proposed(town, SIX[:2])
        hint = await hint_below(town, preview)
        thread = preview["id"]
        await robin.write("mine", channel=thread, reply_to=hint, files=SIX[2:3])
        await told_in(robin, thread, "Only the one who asked")
        num_said = len(await robin.messages(thread))
        await town.you.write("look", channel=thread, files=SIX[3:4])
        await town.you.write("yes?", channel=thread, reply_to=hint)
        await town.you.write("", channel=thread, reply_to=hint, files=SIX[4:5])
        assert "3 pictures" in (await becomes(town, preview, "3 pictures"))["content"]
        # Both were talk; then its files came, and one answer.
        assert len(await robin.messages(thread)) == num_said + 4


async def test_once_it_is_confirmed_the_preview_says_who_trains_and_the_thread_how_far_it_is(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        preview = await proposed(town)
        hint = await hint_below(town, preview)
        root = await lit(town, preview)
        you = (await town.you.write("hello"))["author"]["id"]
        assert f"<@{you}> lit the furnace: 🔥 **zuk** · LoRA · 6 pictures" in root["content"]
        assert root["mentions"] == []
        assert [it["filename"] for it in root["attachments"]] == ["pictures.webp"]
        buttons = [it["label"] for row in root["components"] for it in row["components"]]
        assert buttons == ["How far is it?"]
        hearth = Hearth(town, pipeline)
        training = await hearth.placed()
        assert str(training.preview_id) == str(training.thread_id) == preview["id"]
        hearth.thread = preview["id"]
        status = await hearth.status("🔥 **zuk**")
        assert int(status["id"]) > int(hint["id"])
        assert len(await own_messages(town)) == 1


async def test_files_that_come_too_late_are_answered_with_what_can_be_done(town: Town) -> None:
    async with town.bot() as pipeline:
        hearth, you = Hearth(town, pipeline), town.you
        await hearth.light()
        await hearth.furnace.reach(5)
        status = await hearth.status("step 5 of 30")
        bot = f"<@{status['author']['id']}>"
        root = await town.hear("lit the furnace")
        for num_told, sending in enumerate(
            (
                you.write("", channel=hearth.thread, reply_to=status, files=SIX[:1]),
                you.write(f"{bot} a hat", channel=hearth.thread, files=SIX[:1]),
            ),
            start=1,
        ):
            await sending

            async def told(num_told: int = num_told) -> bool:
                said = await town.num_said("so nothing can be added to it", hearth.thread)
                return said == num_told

            assert await you.until(told)
        await you.write("", reply_to=root, files=SIX[:1])
        said = await town.hear("so nothing can be added to it")
        assert "**zuk**" in said["content"]
        assert "`/train start` begins another" in said["content"]
        [draft] = await town.ask(select(Draft))
        assert len(draft.body["training"]["pictures"]) == 2


async def test_files_that_are_still_being_read_when_it_is_confirmed_undo_nothing_of_that(
    town: Town,
) -> None:
    async with town.bot():
        preview = await proposed(town, SIX[:5])
        hint = await hint_below(town, preview)
        await town.director.slow_files(2.0)
        await town.you.write("", channel=preview["id"], reply_to=hint, files=SIX[5:])
        await lit(town, preview)
        await told_in(town.you, preview["id"], "accepted already")
        assert "lit the furnace" in (await town.you.reread(preview))["content"]
    assert len(await learned(town)) == 5


async def test_when_it_is_done_a_picture_and_words_in_its_thread_make_a_picture_again(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        hearth, you = Hearth(town, pipeline), town.you
        end = await hearth.learn()
        bot = f"<@{end['author']['id']}>"
        await you.write(f"{bot} in the snow", channel=hearth.thread, files=[picture("red")])
        await hearth.hear("Seed")
        assert "in the snow" in pipeline.requests[-1].prompt
        await you.write("", channel=hearth.thread, reply_to=end, files=[picture("red")])
        await hearth.hear("so nothing can be added to it")


async def test_what_is_given_another_name_has_a_thread_of_that_name(town: Town) -> None:
    async with town.bot() as pipeline:
        preview = await proposed(town, SIX[:2])
        await hint_below(town, preview)
        changing = await town.you.press(preview, "Change settings")
        await town.you.modal(changing)
        await town.you.submit(changing, {"name": "mik"})
        await lit(town, await becomes(town, preview, "**mik**"))
        await Hearth(town, pipeline).placed()
        assert (await town.you.reread(preview))["thread"]["name"] == "Training mik"


@pytest.mark.parametrize("may_manage", [False, True])
async def test_the_thread_of_what_is_discarded_is_deleted_or_put_away(
    town: Town, may_manage: bool
) -> None:
    granted = permissions.MANAGE_THREADS if may_manage else 0
    await town.director.set_bot_permissions(GUILD_ID, BOT_PERMISSIONS | granted)
    async with town.bot():
        preview = await proposed(town)
        await hint_below(town, preview)
        await town.you.press(preview, "Discard")

        async def is_put_away() -> bool:
            guild = await town.you.guild(GUILD_ID)
            return preview["id"] not in [it["id"] for it in guild["threads"]]

        assert await town.you.until(is_put_away)
        assert preview["id"] not in [it["id"] for it in await town.you.messages()]
        if may_manage:
            with pytest.raises(Refused):
                await town.you.messages(preview["id"])
        else:
            [hint] = [it for it in await town.you.messages(preview["id"]) if HINT in it["content"]]
            sent = await town.you.write("", channel=preview["id"], reply_to=hint, files=SIX[:1])
            said = await told_in(town.you, preview["id"], "The preview above is gone")
            assert int(said["id"]) > int(sent["id"])
    await town.director.set_bot_permissions(GUILD_ID, BOT_PERMISSIONS)


async def test_in_a_thread_all_is_said_as_in_a_channel_without_threads(town: Town) -> None:
    thread = await town.you.start_thread("aside")
    async with town.bot() as pipeline:
        preview = await sent_in(town, await opened(town, channel=thread["id"]), SIX[:2])
        await town.you.press(preview, "Confirm")
        await told_in(town.you, thread["id"], "is being learned from 2 pictures")
        training = await Hearth(town, pipeline).placed()
        assert (training.preview_id, training.thread_id) == (None, None)
        assert str(training.channel_id) == thread["id"]
    assert len(await trainings(town)) == 1


async def test_a_snapshot_that_somebody_picks_is_told_to_everybody_with_its_button(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        hearth, you = Hearth(town, pipeline), town.you
        end = await hearth.learn()
        training = await hearth.placed()
        sent = await you.slash("train pick", training=training.id, snapshot="20")
        await you.answer(sent, until=lambda it: it["content"])
        told = await hearth.hear("published the snapshot of step 20 as **zuk**.")
        owner = end["mentions"][0]["id"]
        assert told["content"].startswith(f"<@{owner}> ")
        assert told["mentions"] == []
        form = await you.press(told, "Use it now")
        assert await you.modal(form)
