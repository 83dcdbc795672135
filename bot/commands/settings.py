"""`/settings`: what holds where an option is left out, one's own and the server's."""

from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.options import (
    Choices,
    Command,
    Count,
    GuidanceScale,
    NegativePrompt,
    Steps,
    matching,
    picture_command,
)
from bot.errors import Refusal
from bot.intake.defaults import SETTABLE, Change, Defaults, Source, blame
from bot.intake.generation import GenerationIntake, TypedOptions
from bot.records.defaults import Options
from pipeline import PipelineError

MAX_SHOWN = 200  # characters of one value

Keep = Callable[[discord.Interaction[Any], Change], Awaitable[None]]


def settings_commands(desk: Desk) -> app_commands.Group:
    """The group of commands."""
    group = app_commands.Group(name="settings", description=desk.texts("settings.description"))
    for command in (_show(desk), _mine(desk), _server(desk), _reset(desk)):
        group.add_command(command)
    return group


def _show(desk: Desk) -> Command:
    async def show(interaction: discord.Interaction) -> None:
        await _answer(desk, interaction, "settings.shown")

    return app_commands.Command(
        name="show", description=desk.texts("settings.show.description"), callback=show
    )


def _mine(desk: Desk) -> Command:
    async def keep(interaction: discord.Interaction[Any], change: Change) -> None:
        user = interaction.user
        await desk.defaults.change_own(user.id, user.name, change)

    description = desk.texts("settings.mine.description")
    return _setting_command(desk, "mine", description, Source.OWN, keep)


def _server(desk: Desk) -> Command:
    async def keep(interaction: discord.Interaction[Any], change: Change) -> None:
        await _change_server(desk, interaction, change)

    description = desk.texts("settings.server.description")
    return _setting_command(desk, "server", description, Source.SERVER, keep)


def _setting_command(
    desk: Desk, name: str, description: str, source: Source, keep: Keep
) -> Command:
    async def set_defaults(
        interaction: discord.Interaction,
        model: str | None = None,
        size: str | None = None,
        steps: Steps | None = None,
        guidance_scale: GuidanceScale | None = None,
        sampler: str | None = None,
        negative_prompt: NegativePrompt | None = None,
        count: Count | None = None,
        preset: str | None = None,
        advanced: str | None = None,
    ) -> None:
        typed = {
            "model": model,
            "size": size,
            "steps": steps,
            "guidance_scale": guidance_scale,
            "sampler": sampler,
            "negative_prompt": negative_prompt,
            "count": count,
            "preset": preset,
            "advanced": advanced,
        }
        given = {option: value for option, value in typed.items() if value is not None}
        if not given:
            raise Refusal("settings.nothing_given")

        is_own = source is Source.OWN
        # What only one of all members may use is of no use to the others.
        user_id, guild_id = interaction.user.id, interaction.guild_id
        intake = await desk.intake_for(user_id, guild_id) if is_own else desk.intake

        def change(kept: Options) -> Options:
            changed = kept | given
            # What could never be made is refused now rather than with every later picture.
            try:
                intake.request(TypedOptions(prompt="anything", **changed), user_id)
            except (PipelineError, Refusal):
                blame(intake, Defaults(kept, {}) if is_own else Defaults({}, kept), given)
                raise
            return changed

        await keep(interaction, change)
        await _answer(desk, interaction, "settings.kept")

    return picture_command(desk, name, description, set_defaults)


def _reset(desk: Desk) -> Command:
    async def reset(
        interaction: discord.Interaction, whose: str, setting: str | None = None
    ) -> None:
        if setting is not None and setting not in SETTABLE:
            raise Refusal("settings.unknown", setting=setting[:50], settings=", ".join(SETTABLE))

        def change(kept: Options) -> Options:
            return {name: it for name, it in kept.items() if setting not in (None, name)}

        if whose == Source.SERVER:
            await _change_server(desk, interaction, change)
        else:
            await desk.defaults.change_own(interaction.user.id, interaction.user.name, change)
        await _answer(desk, interaction, "settings.kept")

    async def settings(_: discord.Interaction, typed: str) -> Choices:
        return matching(((name, name) for name in SETTABLE), typed)

    texts = desk.texts
    described = app_commands.describe(**texts.under("settings.reset.options"))(reset)
    chosen = app_commands.choices(
        whose=[
            app_commands.Choice(name=texts("settings.reset.own"), value=Source.OWN.value),
            app_commands.Choice(name=texts("settings.reset.server"), value=Source.SERVER.value),
        ]
    )(described)
    command: Command = app_commands.Command(
        name="reset", description=texts("settings.reset.description"), callback=chosen
    )
    command.autocomplete("setting")(settings)
    return command


async def _change_server(desk: Desk, interaction: discord.Interaction[Any], change: Change) -> None:
    if interaction.guild_id is None:
        raise Refusal("settings.no_server")
    # Discord says what the member may do; that the command is shown to them proves nothing.
    if not interaction.permissions.manage_guild:
        raise Refusal("settings.not_yours")
    name = interaction.guild.name if interaction.guild else ""
    await desk.defaults.change_server(interaction.guild_id, name, change)


async def _answer(desk: Desk, interaction: discord.Interaction[Any], headline: str) -> None:
    defaults = await desk.defaults.of(interaction.user.id, interaction.guild_id)
    intake = await desk.intake_for(interaction.user.id, interaction.guild_id)
    text = f"{desk.texts(headline)}\n{_table(desk, intake, defaults)}"
    await interaction.response.send_message(text, ephemeral=True)


def _table(desk: Desk, intake: GenerationIntake, defaults: Defaults) -> str:
    lines = []
    sources = desk.texts.under("settings.sources")
    for name in SETTABLE:
        value, source = defaults.value(name)
        if name == "model":
            value = value or next(iter(desk.intake.models))
        if name == "guidance_scale" and value is None:
            model, _ = defaults.value("model")
            value = intake.guidance_scale(model)
        lines.append(
            desk.texts(
                "settings.line", name=name, value=_shown(desk, value), source=sources[source]
            )
        )
    return "\n".join(lines)


def _shown(desk: Desk, value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if value in (None, ""):
        return desk.texts("settings.nothing")
    return discord.utils.escape_markdown(text[:MAX_SHOWN])
