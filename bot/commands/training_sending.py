"""Files that somebody sends in chat for a training: in reply to its preview, or in its thread."""

import discord

from bot.commands.asking import MessageAsking
from bot.commands.desk import Desk
from bot.commands.training_drafting import TrainingDrafting
from bot.errors import Refusal
from bot.replies import training_wording as wording
from bot.replies.training_previews import shown_draft


class TrainingSending:
    """Takes what is sent while a training has not begun, and says so once it has."""

    def __init__(self, desk: Desk, bot_id: int) -> None:
        self._desk = desk
        self._bot_id = bot_id

    async def take(
        self, message: discord.Message, words: str, is_named: bool, asking: MessageAsking
    ) -> bool:
        """Add the files in a message to the training they are for; False where they are for none.

        `words` say what the pictures show; `is_named` whether the message mentions the bot by its
        name, not only by replying to it. Raises `Refusal`.
        """
        if not message.attachments:
            return False
        answered = message.reference.resolved if message.reference else None
        if not isinstance(answered, discord.Message):
            answered = None
        preview = answered if answered and shown_draft(answered) else None
        if preview is None and message.guild:
            is_to_us = is_named or (answered is not None and answered.author.id == self._bot_id)
            if not is_to_us or await self._may_be_for_a_picture(message, answered, is_named):
                return False
            preview = await self._preview_above(message.channel)
        draft_id = shown_draft(preview) if preview else None
        if preview is None or draft_id is None:
            return False
        await TrainingDrafting(self._desk).add(message, preview, draft_id, words)
        await asking.say(self._desk.texts("train.added", url=preview.jump_url))
        return True

    async def _may_be_for_a_picture(
        self, message: discord.Message, answered: discord.Message | None, is_named: bool
    ) -> bool:
        """Whether files are sent where a training is over, so that pictures are made with it.

        Raises `Refusal` where they come too late for the training.
        """
        places = [message.channel.id, *([answered.id] if answered else [])]
        guild_id = message.guild.id if message.guild else None
        for place in places:
            training = await self._desk.trainings.in_thread(place, guild_id)
            if training and training.artifact_id and is_named:
                return True
            if training:
                raise Refusal("train.has_begun", name=wording.name_of(training))
        return False

    async def _preview_above(self, channel: object) -> discord.Message | None:
        """The preview from which a thread of ours hangs. Raises `Refusal` where it is gone."""
        if not isinstance(channel, discord.Thread) or channel.owner_id != self._bot_id:
            return None
        if not isinstance(channel.parent, discord.TextChannel):
            return None
        try:
            return await channel.parent.fetch_message(channel.id)
        except discord.NotFound as error:
            raise Refusal("train.discarded") from error
