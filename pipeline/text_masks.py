"""Masks of what a text names. The model that finds it runs in a process of its own."""

import asyncio
import logging
import sys
from pathlib import Path

from pipeline.errors import InvalidRequest, PipelineError

logger = logging.getLogger(__name__)

MAX_TEXT = 100  # characters
PATIENCE = 120.0  # seconds; most of what it takes is starting


async def mask_of_text(folder: Path, picture: bytes, text: str) -> bytes:
    """A PNG of the picture's size, white where it shows what the text says.

    `folder` holds a CLIPSeg in transformers' layout. Raises `InvalidRequest` for a text that
    cannot be asked for, `PipelineError` where the model cannot be used.
    """
    text = "".join(sign for sign in text.strip() if sign.isprintable())
    if not 1 <= len(text) <= MAX_TEXT:
        raise InvalidRequest(f"Say in 1 to {MAX_TEXT} characters what is to be found.")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "pipeline.models.clipseg", str(folder), text),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            mask, said = await process.communicate(picture)
    except TimeoutError as error:
        raise PipelineError(
            "Finding that in the picture took too long. Try again later."
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        logger.error("CLIPSeg in %s failed: %s", folder, said.decode("utf-8", "replace")[-2000:])
        raise PipelineError("The model that finds things in pictures cannot be used here.")
    return mask
