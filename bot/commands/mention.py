"""Words that somebody writes to the bot in reply to a picture, or beside one of their own.

Discord shows the bot only messages that mention it, its own, and direct ones: what stands in
another's is read where a menu brings it along, and that is said wherever it is missing.
"""

import logging
import re
from typing import Any

import discord

from bot.commands.asking import MessageAsking
from bot.commands.desk import Desk
from bot.commands.from_picture import image_to_image, pictures_of
from bot.commands.from_words import from_words
from bot.commands.inpainting import propose
from bot.commands.training_sending import TrainingSending
from bot.errors import Refusal, is_expected, sentence
from bot.intake.masks import Where
from bot.intake.pictures import Offered, offered_by

logger = logging.getLogger(__name__)

WRITTEN = (discord.MessageType.default, discord.MessageType.reply)
PLACED = re.compile(r"(?P<words>.*\S)[\s,;]+mask:(?P<place>.+)", re.DOTALL | re.IGNORECASE)
NUMBERED = re.compile(r"(?P<number>[0-9]{1,2})\s*:\s*(?P<words>.*)", re.DOTALL)


class Mentions:
    """Answers what is written to the bot."""

    def __init__(self, desk: Desk, bot: discord.ClientUser) -> None:
        self._desk = desk
        self._bot_id = bot.id
        self._mention = re.compile(rf"<@!?{bot.id}>")
        self._sending = TrainingSending(desk, bot.id)

    async def answer(self, message: discord.Message) -> None:
        """Do what the words ask for, or say in one sentence why not."""
        if message.author.bot or message.webhook_id or message.type not in WRITTEN:
            return
        is_named = bool(self._mention.search(message.content))
        words = self._mention.sub("", message.content).strip()
        asking = MessageAsking(self._desk, message)
        try:
            # A reply that merely notifies the bot is talk; who wants something says so by its
            # name, or sends files for a training.
            is_taken = await self._sending.take(message, words, is_named, asking)
            if not is_taken and (is_named or not message.guild):
                await self._follow(message, words, asking)
        except Exception as error:
            reference = str(message.id)
            if not is_expected(error):
                logger.error("message %s failed", reference, exc_info=error)
            try:
                await asking.say(sentence(error, self._desk.texts, reference))
            except discord.HTTPException as unanswered:
                logger.info("message %s: no answer is possible: %s", reference, unanswered)

    async def _follow(self, message: discord.Message, words: str, asking: MessageAsking) -> None:
        answered = await self._answered_pictures(message)
        own = offered_by(message)
        pictures = answered or own
        here = message.channel.id, asking.guild_id
        if not pictures and words and await self._desk.trainings.finished_in(*here):
            await from_words(self._desk, asking, {"prompt": words})
            return
        if not pictures:
            raise Refusal("mention.how")
        picture, words = _chosen(pictures, words)
        if not words:
            raise Refusal("mention.no_words")
        if answered and len(own) > 1:
            raise Refusal("mention.one_mask")
        prompt, region = _with_place(words)
        where = Where(file=own[0] if answered and own else None, region=region)
        if where.file or where.region:
            await propose(self._desk, asking, {"prompt": prompt}, picture, where)
        else:
            await image_to_image(self._desk, asking, {"prompt": prompt}, picture)

    async def _answered_pictures(self, message: discord.Message) -> list[Offered]:
        """The pictures of the message that this one replies to; none where it replies to none.

        Raises `Refusal` where Discord does not show them.
        """
        if message.type is not discord.MessageType.reply or message.reference is None:
            return []
        answered = message.reference.resolved
        if not isinstance(answered, discord.Message):
            raise Refusal("mention.gone")
        offered = await pictures_of(self._desk, answered)
        if not offered and self._is_hidden(answered):
            # What is attached to such a reply can only be meant as a mask.
            menu = "inpaint.menu" if message.attachments else "img2img.menu"
            raise Refusal("mention.hidden", menu=self._desk.texts(menu))
        return offered

    def _is_hidden(self, message: discord.Message) -> bool:
        """Whether Discord keeps from the bot what stands in a message."""
        if message.guild is None or message.author.id == self._bot_id:
            return False
        parts: tuple[Any, ...] = (message.content, message.attachments, message.embeds)
        return not any(parts) and all(it.id != self._bot_id for it in message.mentions)


def _with_place(words: str) -> tuple[str, str]:
    """The words, and where they go: "a red hat, mask: left third"."""
    placed = PLACED.fullmatch(words)
    return (placed["words"].rstrip(" ,;"), placed["place"].strip()) if placed else (words, "")


def _chosen(pictures: list[Offered], words: str) -> tuple[Offered, str]:
    """The picture that is meant, and the words without its number."""
    if len(pictures) == 1:
        return pictures[0], words
    numbered = NUMBERED.fullmatch(words)
    number = int(numbered["number"]) if numbered else 0
    if numbered is None or not 1 <= number <= len(pictures):
        raise Refusal("mention.which", count=len(pictures))
    return pictures[number - 1], numbered["words"].strip()
