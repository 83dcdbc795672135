"""Settings that were found in somebody's picture, and the request that makes it again."""

import asyncio
import secrets
from collections.abc import Iterable

import discord

from bot.errors import Refusal
from bot.intake.generation import JOB_ID_BYTES, GenerationIntake
from pipeline import ArtifactKind, ImportedRequest, read_settings, request_from_infotext

MAX_FILE_SIZE = 32 * 2**20  # bytes that are fetched from Discord and looked through
MAX_TEXT_SIZE = 64 * 2**10  # bytes of settings that are made again from


async def settings_in(picture: discord.Attachment) -> str | None:
    """The settings that a picture carries, if it does.

    Raises `Refusal` where Discord no longer has the file, or it is too large to be looked through.
    """
    content = await fetch(picture, MAX_FILE_SIZE)
    # Text behind the pixels is found by unpacking them, which takes longer than the loop may wait.
    return await asyncio.to_thread(read_settings, content)


async def imported(
    intake: GenerationIntake,
    infotext: str,
    user_id: int,
    learned: Iterable[tuple[ArtifactKind, str]] = (),
) -> ImportedRequest:
    """The request that makes the picture of an infotext again, for whoever asks.

    `learned` are kinds and names of what they may use beside the folder of adapters. Raises
    `InvalidRequest` with a sentence where its settings cannot be followed.
    """
    found = await asyncio.to_thread(
        request_from_infotext,
        infotext,
        intake.models,
        (await asyncio.to_thread(intake.adapters)).with_others(learned),
        id=secrets.token_hex(JOB_ID_BYTES),
        user=str(user_id),
        wants_previews=True,
    )
    # By name even when it is the default: the default may be another after a restart.
    named = {"model": found.request.model or next(iter(intake.models))}
    return ImportedRequest(found.request.model_copy(update=named), found.notes)


async def fetch(file: discord.Attachment, max_size: int) -> bytes:
    """A file that somebody sent. Raises `Refusal` with a sentence about it."""
    if file.size > max_size:
        raise Refusal("info.too_large", name=file.filename[:100], max_size=max_size // 2**20)
    try:
        return await file.read()
    except (discord.HTTPException, discord.NotFound) as error:
        raise Refusal("info.gone", name=file.filename[:100]) from error
