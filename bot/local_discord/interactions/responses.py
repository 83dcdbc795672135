"""The bot's first answer to an interaction: POST /interactions/{id}/{token}/callback."""

from collections.abc import Sequence
from typing import Any

from bot.local_discord.cdn import UploadedFile
from bot.local_discord.errors import AlreadyAcknowledged, Problem
from bot.local_discord.forms.base import Form, parse, refuse
from bot.local_discord.forms.commands import AutocompleteChoice
from bot.local_discord.forms.messages import MessageForm
from bot.local_discord.interactions.interaction import Callback, Interaction, Kind
from bot.local_discord.interactions.modals import stored_modal
from bot.local_discord.interactions.registry import Interactions
from bot.local_discord.message import EPHEMERAL, LOADING, Message
from bot.local_discord.messages import Messages, Origin
from bot.local_discord.wire import Json

NORMAL, REPLY, SLASH_RESPONSE, MENU_RESPONSE = 0, 19, 20, 23  # message types
MAX_CHOICES = 25


class CallbackForm(Form):
    type: int
    data: Any = None


class Responses:
    """Answers interactions as the bot asks, if it may."""

    def __init__(self, interactions: Interactions, messages: Messages) -> None:
        self.interactions = interactions
        self.messages = messages
        self.world = messages.world

    def respond(
        self, interaction: Interaction, body: Any, files: Sequence[UploadedFile]
    ) -> Message | None:
        """Carries out a callback; the message that it made or changed, if any."""
        if interaction.answered_with is not None:
            raise AlreadyAcknowledged
        form: CallbackForm = parse(CallbackForm, body)
        callback = self.permitted(interaction, form.type)
        message = self.carry_out(interaction, callback, form.data, files)
        interaction.answered_with = callback
        if message:
            interaction.original_id = message.id
        if callback == Callback.DEFERRED_UPDATE:
            interaction.original_id = interaction.source_id
        self.interactions.settle(interaction)
        return message

    def permitted(self, interaction: Interaction, number: int) -> Callback:
        allowed = interaction.allowed_callbacks()
        if number not in allowed:
            listed = ", ".join(str(int(one)) for one in sorted(allowed))
            sentence = f"Value must be one of {{{listed}}}."
            refuse((("type",), "BASE_TYPE_CHOICES", sentence))
        return Callback(number)

    def carry_out(
        self,
        interaction: Interaction,
        callback: Callback,
        data: Any,
        files: Sequence[UploadedFile],
    ) -> Message | None:
        if callback == Callback.CHOICES:
            interaction.choices = choices(data, focused_type(interaction))
            return None
        if callback == Callback.MODAL:
            interaction.modal = stored_modal(data)
            return None
        if callback == Callback.DEFERRED_UPDATE:
            return None
        form: MessageForm = parse(MessageForm, data or {}, at=("data",))
        if callback == Callback.UPDATE and interaction.source_id:
            source = self.world.message(interaction.channel_id, interaction.source_id)
            limit = interaction.attachment_limit
            return self.messages.edit(source, form, files, at=("data",), limit=limit)
        extra = ephemeral(interaction, form)
        if callback == Callback.DEFERRED_MESSAGE:
            form, extra = MessageForm(), extra | LOADING
        channel = self.world.channel(interaction.channel_id)
        origin, limit = self.origin(interaction, extra), interaction.attachment_limit
        return self.messages.create(channel, form, files, origin, limit=limit)

    def origin(self, interaction: Interaction, extra_flags: int) -> Origin:
        """A response speaks as the bot, and remembers the interaction that it answers."""
        bot_id = self.world.bot.id
        kind = REPLY if interaction.source_id else NORMAL
        if interaction.kind == Kind.COMMAND:
            kind = SLASH_RESPONSE if interaction.data["type"] == 1 else MENU_RESPONSE
        return Origin(
            author_id=bot_id,
            type=kind,
            application_id=bot_id,
            webhook_id=bot_id,
            interaction=self.interactions.payloads.metadata(interaction, is_followup=False),
            command_name=interaction.command_name,
            reply_to=interaction.source_id,
            visible_to=interaction.user_id if extra_flags & EPHEMERAL else None,
            extra_flags=extra_flags,
            at=("data",),
        )

    def receipt(self, interaction: Interaction, message: Message | None) -> Json:
        """What `with_response=true` gives back."""
        assert interaction.answered_with is not None
        answered: Json = {"id": interaction.id, "type": int(interaction.kind)}
        if interaction.original_id:
            answered["response_message_id"] = interaction.original_id
            answered["response_message_loading"] = bool(message and message.is_loading)
            answered["response_message_ephemeral"] = bool(message and message.is_ephemeral)
        receipt: Json = {"interaction": answered}
        if message and interaction.answered_with in (Callback.MESSAGE, Callback.UPDATE):
            payload = self.interactions.payloads.messages.message(message)
            receipt["resource"] = {"type": int(interaction.answered_with), "message": payload}
        return receipt


def ephemeral(interaction: Interaction, form: MessageForm) -> int:
    """The flag of a message that one person sees, where the bot or the server wants that."""
    return EPHEMERAL if interaction.is_hushed else (form.flags or 0) & EPHEMERAL


def focused_type(interaction: Interaction) -> int:
    """The kind of the option that is being typed, however deep it stands."""

    def search(options: Sequence[Json]) -> int | None:
        for option in options:
            if option.get("focused"):
                return int(option["type"])
            found = search(option.get("options", ()))
            if found:
                return found
        return None

    return search(interaction.data.get("options", ())) or 3


def choices(data: Any, option_type: int) -> list[Json]:
    """At most 25 suggestions, each of the focused option's own type."""
    body: Json = parse(dict[str, Any], data, at=("data",))
    at = ("data", "choices")
    forms: list[AutocompleteChoice] = parse(
        list[AutocompleteChoice], body.get("choices") or [], at=at
    )
    problems: list[Problem] = []
    if len(forms) > MAX_CHOICES:
        sentence = f"Must be {MAX_CHOICES} or fewer in length."
        problems.append((at, "BASE_TYPE_MAX_LENGTH", sentence))
    expected: tuple[type, ...] = {3: (str,), 4: (int,), 10: (int, float)}[option_type]
    for index, form in enumerate(forms):
        place = (*at, index, "value")
        if not isinstance(form.value, expected) or isinstance(form.value, bool):
            sentence = "The value is not of the option's own type."
            problems.append((place, "APPLICATION_COMMAND_CHOICE_TYPE_INVALID", sentence))
        elif isinstance(form.value, str) and len(form.value) > 100:
            problems.append((place, "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length."))
    refuse(*problems)
    return [form.model_dump(exclude_none=True) for form in forms]
