"""The bot's connection to Discord: what it listens to, and what it says when it is there."""

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine
from typing import Any, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands.artifact import artifact_commands, artifact_items
from bot.commands.artifact_keeping import keeping_menu
from bot.commands.choosing import which_items
from bot.commands.desk import Desk
from bot.commands.draft_buttons import DraftButtons
from bot.commands.help import help_command, help_items
from bot.commands.history import history_commands, history_items
from bot.commands.imagine import imagine_command
from bot.commands.img2img import img2img_command
from bot.commands.info import info_button, info_command, info_menu
from bot.commands.inpaint import inpaint_command
from bot.commands.job_buttons import JobButtons
from bot.commands.mention import Mentions
from bot.commands.model import model_command
from bot.commands.picture_menus import picture_menus
from bot.commands.queue import queue_command, queue_select
from bot.commands.settings import settings_commands
from bot.commands.stats import stats_command
from bot.commands.train import train_commands
from bot.commands.training_buttons import TrainingButtons
from bot.commands.training_drafting import TrainingDrafting
from bot.commands.tree import OUTDATED, Tree
from bot.commands.upscale import upscale_command
from bot.errors import Refusal
from bot.intake.permissions import EVERYWHERE
from bot.replies.previews import read_draft_id
from bot.replies.training_buttons import read_training_button_id
from bot.replies.training_previews import read_training_draft_id

logger = logging.getLogger(__name__)

PRESSED = (discord.InteractionType.component, discord.InteractionType.modal_submit)
FAREWELL = 3.0  # seconds; whatever is pressed is answered within that, or Discord gives it up
GUILD_PAUSE = 0.5  # seconds without a further guild, after which all are known


class Athanor(commands.AutoShardedBot):
    """A bot that answers commands, buttons, and messages that mention it."""

    def __init__(self, on_open: Callable[["Athanor"], None]) -> None:
        # discord.py misses its voice libraries aloud; this bot has nothing to say by voice.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            command_prefix=commands.when_mentioned,
            tree_cls=Tree,
            help_command=None,
            # None of these is privileged: of messages, Discord shows those that mention the bot.
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            guild_ready_timeout=GUILD_PAUSE,
        )
        self._desk: Desk | None = None
        self._patterns: list[re.Pattern[str]] = []  # of the ids of dynamic items
        self._presses: set[asyncio.Task[None]] = set()
        self._on_open = on_open
        self._is_open = False

    def offer(self, desk: Desk) -> None:
        """Make the desk's commands and buttons the bot's own."""

        async def explain(
            interaction: discord.Interaction[Any], error: app_commands.AppCommandError
        ) -> None:
            if isinstance(error, OUTDATED):
                await desk.explain(interaction, Refusal("errors.outdated_command"))
                return
            cause = getattr(error, "original", None) or error.__cause__ or error
            await desk.explain(interaction, cause)

        self._desk = desk
        self.tree.add_command(imagine_command(desk))
        self.tree.add_command(img2img_command(desk))
        self.tree.add_command(inpaint_command(desk))
        self.tree.add_command(upscale_command(desk))
        self.tree.add_command(model_command(desk))
        for menu in picture_menus(desk):
            self.tree.add_command(menu)
        self.tree.add_command(help_command(desk))
        self.tree.add_command(info_command(desk))
        self.tree.add_command(info_menu(desk))
        self.tree.add_command(queue_command(desk))
        for command in history_commands(desk):
            self.tree.add_command(command)
        self.tree.add_command(settings_commands(desk))
        self.tree.add_command(artifact_commands(desk))
        self.tree.add_command(keeping_menu(desk))
        self.tree.add_command(stats_command(desk))
        self.tree.add_command(train_commands(desk))
        self.tree.error(explain)
        self.add_dynamic_items(info_button(desk), queue_select(desk))
        self.add_dynamic_items(*history_items(desk), *help_items(desk))
        self.add_dynamic_items(*artifact_items(desk), *which_items(desk))

    async def setup_hook(self) -> None:
        """Tell Discord the commands; go on with what an earlier process left."""
        await self.tree.sync()
        if self._desk:
            await self._desk.jobs.resume()
            await self._desk.trainings.resume()

    async def on_ready(self) -> None:
        """Tell whoever started the bot that it takes commands, the first time that it does."""
        if not self._is_open:
            self._is_open = True
            self._on_open(self)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Answer what is pressed and sent in, however long ago its message was posted."""
        if self._desk and interaction.type in PRESSED and not self._answers_itself(interaction):
            custom_id = cast("dict[str, Any]", interaction.data)["custom_id"]
            if draft_id := read_draft_id(custom_id):
                self._keep(DraftButtons(self._desk).answer(interaction, draft_id))
            elif training_button := read_training_button_id(custom_id):
                self._keep(TrainingButtons(self._desk).answer(interaction, training_button))
            elif training_draft := read_training_draft_id(custom_id):
                self._keep(TrainingDrafting(self._desk).answer(interaction, training_draft))
            else:
                self._keep(JobButtons(self._desk).answer(interaction))

    async def on_message(self, message: discord.Message) -> None:
        """Answer what is written to the bot."""
        if self._desk and self.user:
            self._keep(Mentions(self._desk, self.user).answer(message))

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._presses.add(task)
        task.add_done_callback(self._presses.discard)

    def add_dynamic_items(self, *items: type[discord.ui.DynamicItem[Any]]) -> None:
        """Let these be answered whenever they are used."""
        super().add_dynamic_items(*items)
        self._patterns += [item.__discord_ui_compiled_template__ for item in items]

    def _answers_itself(self, interaction: discord.Interaction[Any]) -> bool:
        """Whether what was used is a dynamic item, which discord.py lets answer."""
        custom_id = cast("dict[str, Any]", interaction.data)["custom_id"]
        is_component = interaction.type is discord.InteractionType.component
        return is_component and any(pattern.fullmatch(custom_id) for pattern in self._patterns)

    async def close(self) -> None:
        """Leave, once what was pressed or written is done: the records stay open until then."""
        if self._presses:
            await asyncio.wait(self._presses, timeout=FAREWELL)
        await super().close()

    def invite_link(self) -> str:
        """Where somebody opens the door of their server to this bot."""
        assert self.application_id is not None, "known after the login"
        return discord.utils.oauth_url(
            self.application_id,
            permissions=EVERYWHERE,
            scopes=("bot", "applications.commands"),
        )
