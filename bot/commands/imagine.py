"""`/imagine`: Discord's options, nothing else."""

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.options import (
    Command,
    Count,
    GuidanceScale,
    NegativePrompt,
    Steps,
    picture_command,
)
from bot.commands.which import hand_in
from bot.intake.defaults import request_of
from pipeline import MAX_SEED


def imagine_command(desk: Desk) -> Command:
    """The command, for the models that are configured."""

    async def imagine(
        interaction: discord.Interaction,
        prompt: app_commands.Range[str, 1, 2000],
        negative_prompt: NegativePrompt | None = None,
        size: str | None = None,
        steps: Steps | None = None,
        guidance_scale: GuidanceScale | None = None,
        sampler: str | None = None,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        count: Count | None = None,
        model: str | None = None,
        preset: str | None = None,
        advanced: str | None = None,
    ) -> None:
        typed = {
            "prompt": prompt,
            "negative_prompt": negative_prompt,
            "size": size,
            "steps": steps,
            "guidance_scale": guidance_scale,
            "sampler": sampler,
            "seed": seed,
            "count": count,
            "model": model,
            "preset": preset,
            "advanced": advanced,
        }
        defaults = await desk.defaults.of(interaction.user.id, interaction.guild_id)
        # Reading takes no time worth mentioning, and what is refused stays between the two.
        intake = await desk.intake_for(interaction.user.id, interaction.guild_id)
        request = request_of(intake, defaults, typed, interaction.user.id)
        user, guild_id = interaction.user, interaction.guild_id
        request, meant = await desk.at_home(request, user, guild_id, interaction.channel_id)
        await hand_in(desk, interaction, request, chosen=meant)

    return picture_command(desk, "imagine", desk.texts("imagine.description"), imagine)
