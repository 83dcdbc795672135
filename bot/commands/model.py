"""`/model`: what there is to make pictures with, and which of them one uses from now on."""

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.options import Choices, Command, matching
from bot.intake.defaults import Source
from bot.intake.generation import TypedOptions
from bot.intake.models import Listed
from bot.records.defaults import Options

PATIENCE = 2.0  # seconds for what is looked up while somebody waits
MAX_LENGTH = 1700  # characters of the list; a message has 2,000


def model_command(desk: Desk) -> Command:
    """The command."""

    async def model(interaction: discord.Interaction, name: str | None = None) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        if name is not None:
            await _choose(desk, interaction, name)
        await _show(desk, interaction, "model.shown" if name is None else "model.chosen")

    async def names(interaction: discord.Interaction, typed: str) -> Choices:
        listed = [(_label(desk, it), it.name) for it in await desk.models.cards()]
        intake = await desk.intake_for(interaction.user.id, interaction.guild_id)
        learned = [(name, name) for name in intake.models if name not in desk.intake.models]
        return matching([*listed, *learned], typed)

    command: Command = app_commands.Command(
        name="model",
        description=desk.texts("model.description"),
        callback=app_commands.describe(name=desk.texts("model.name"))(model),
    )
    command.autocomplete("name")(names)
    return command


async def _choose(desk: Desk, interaction: discord.Interaction, name: str) -> None:
    user_id = interaction.user.id
    intake = await desk.intake_for(user_id, interaction.guild_id)

    def change(kept: Options) -> Options:
        changed = kept | {"model": name}
        # What could never be made is refused now rather than with every later picture.
        intake.request(TypedOptions(prompt="anything", **changed), user_id)
        return changed

    intake.native_size(name)
    await desk.defaults.change_own(user_id, interaction.user.name, change)


async def _show(desk: Desk, interaction: discord.Interaction, headline: str) -> None:
    defaults = await desk.defaults.of(interaction.user.id, interaction.guild_id)
    used, source = defaults.value("model")
    used = used or next(iter(desk.intake.models))
    listed = sorted(await desk.models.all(PATIENCE), key=lambda it: it.name != used)
    sources = desk.texts.under("settings.sources")
    lines = [desk.texts(headline, model=_escaped(used), source=sources[Source(source)])]
    length = len(lines[0])
    for number, it in enumerate(listed):
        line = _line(desk, it)
        length += len(line) + 1
        if length > MAX_LENGTH:
            lines.append(desk.texts("model.more", count=len(listed) - number))
            break
        lines.append(line)
    await interaction.edit_original_response(content="\n".join(lines))


def _line(desk: Desk, listed: Listed) -> str:
    if listed.card is None:
        return desk.texts("model.unreadable", name=_escaped(listed.name))
    return desk.texts(
        "model.line",
        name=_escaped(listed.name),
        family=desk.texts.under("model.families")[listed.card.family],
        size=listed.card.native_size,
        hash=listed.hash or "…",
    )


def _label(desk: Desk, listed: Listed) -> str:
    """As it is offered while one types: what it is stands beside its name, to be searched."""
    if listed.card is None:
        return listed.name
    family = desk.texts.under("model.families")[listed.card.family]
    return f"{listed.name} · {family} · {listed.card.native_size}"


def _escaped(name: str) -> str:
    return discord.utils.escape_markdown(name)
