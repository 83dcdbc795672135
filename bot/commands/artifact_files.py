"""`/artifact export`: what somebody trained as a file, in the layouts of other programs."""

import asyncio
from io import BytesIO
from pathlib import Path

import discord

from bot.commands.artifact_keeping import import_command
from bot.commands.artifact_options import Interaction, name_completion, named, subcommand
from bot.commands.desk import Desk
from bot.commands.options import Choices, Command, matching
from bot.errors import Refusal
from bot.jobs.artifact_resolving import card_of
from bot.records.models import StoredArtifact
from pipeline import ArtifactKind, checkpoint_files, export_artifact, export_layouts

MEGABYTE = 10**6


def file_commands(desk: Desk) -> list[Command]:
    """Export and import."""
    return [_export(desk), import_command(desk)]


def _export(desk: Desk) -> Command:
    async def export(
        interaction: discord.Interaction, name: str, layout: str | None = None
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        artifact = await named(desk, interaction, name)
        if artifact.owner_id != interaction.user.id:
            raise Refusal("artifact.not_yours")
        chosen = layout or export_layouts(_kind(artifact))[0].id
        file_name, content = await _exported(desk, interaction, artifact, chosen)
        await interaction.edit_original_response(
            content=desk.texts("artifact.export.done", name=file_name),
            attachments=[discord.File(BytesIO(content), file_name)],
        )

    async def layouts(interaction: Interaction, typed: str) -> Choices:
        try:
            artifact = await named(desk, interaction, str(interaction.namespace.name or ""))
        except Refusal:  # half typed: its kind is not known yet
            return []
        offered = export_layouts(_kind(artifact))
        return matching(((it.label, it.id) for it in offered), typed)

    command = subcommand(
        "export",
        desk.texts("artifact.export.description"),
        desk.texts.under("artifact.export.options"),
        export,
    )
    command.autocomplete("name")(name_completion(desk, only_own=True))
    command.autocomplete("layout")(layouts)
    return command


async def _exported(
    desk: Desk, interaction: Interaction, artifact: StoredArtifact, layout: str
) -> tuple[str, bytes]:
    """A file's name and bytes. Raises `Refusal` where Discord would not take it."""
    if artifact.kind != "checkpoint":
        sample = await desk.artifacts.preview(artifact)
        path, kind = desk.artifacts.path(artifact), _kind(artifact)
        async with desk.artifacts.reading:
            file_name, content = await export_artifact(path, kind, artifact.name, layout, sample)
        _check_size(desk, interaction, artifact, len(content))
        return file_name, content
    file = _checkpoint_file(desk, artifact, layout)
    if file is None:
        raise Refusal("artifact.only_folder", where=_place(desk, artifact))
    _check_size(desk, interaction, artifact, file.stat().st_size)
    return f"{artifact.name}{file.suffix}", await asyncio.to_thread(file.read_bytes)


def _checkpoint_file(desk: Desk, artifact: StoredArtifact, layout: str) -> Path | None:
    """A checkpoint in a layout of `export_layouts`; None where there is but its folder.

    What was trained may have left single files beside the folder of its run.
    """
    path = desk.artifacts.path(artifact)
    if path.is_file():
        return path if layout == "single" else None
    if "training" not in artifact.card:
        return None
    run = desk.intake.training_folder / artifact.card["training"]
    left = [checkpoint_files(it) for it in run.glob("*") if it.is_dir()]
    return next((files[layout] for files in left if layout in files), None)


def _place(desk: Desk, artifact: StoredArtifact) -> str:
    """Where whoever runs the bot finds it, in the folder that config names."""
    path = desk.artifacts.path(artifact)
    return f"{path.parent.name}/{path.name}"


def _check_size(
    desk: Desk, interaction: Interaction, artifact: StoredArtifact, num_bytes: int
) -> None:
    """Raise `Refusal`, with where else it is, where Discord would not take so many bytes."""
    limit = interaction.filesize_limit
    if num_bytes > limit:
        raise Refusal(
            "artifact.too_large_to_send",
            size=f"{num_bytes / MEGABYTE:,.1f}",
            limit=f"{limit / MEGABYTE:,.1f}",
            where=_place(desk, artifact),
        )


def _kind(artifact: StoredArtifact) -> ArtifactKind:
    return card_of(artifact).kind
