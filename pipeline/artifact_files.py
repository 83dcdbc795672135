"""Files of learned things as people send them: what they are, and written in another layout.

They are read in a process of its own, which a file can at worst bring to its end.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from pipeline.adapters.limits import MAX_FILE_BYTES, MAX_SECONDS, REFUSED
from pipeline.artifact import ArtifactCard, ArtifactKind
from pipeline.artifact_layouts import find_layout
from pipeline.errors import AdapterUnreadable, PipelineError
from pipeline.model_config import ModelConfig
from pipeline.model_fit import FAMILY_NAMES, TOKEN_WIDTHS, ModelFit, model_fit

logger = logging.getLogger(__name__)

MEGABYTE = 2**20
MAX_STEM = 48  # characters of a file's name that are kept
STARTING = 60.0  # seconds that a process may take to begin, beside what it has for the file
# What a process needs to start; secrets in the environment are none of its business.
ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")

NO_MODELS: Mapping[str, ModelConfig] = MappingProxyType({})


async def read_artifact(
    content: bytes, file_name: str, models: Mapping[str, ModelConfig] = NO_MODELS
) -> ArtifactCard:
    """What is in a file that somebody sent.

    It must fit a model of a known family, or one of `models`, those in config. Raises
    `AdapterUnreadable` with a sentence.
    """
    if len(content) > MAX_FILE_BYTES:
        raise AdapterUnreadable(
            f"The file has {len(content) // MEGABYTE:,} MB, and at most "
            f"{MAX_FILE_BYTES // MEGABYTE} are taken."
        )
    with TemporaryDirectory(prefix="artifact-") as folder:
        path = Path(folder, safe_name(file_name))
        await asyncio.to_thread(path.write_bytes, content)
        return await read_artifact_file(path, models)


async def read_artifact_file(
    path: Path, models: Mapping[str, ModelConfig] = NO_MODELS
) -> ArtifactCard:
    """The same of a file here, or of the folder of a checkpoint."""
    if await asyncio.to_thread(path.is_dir):
        return await asyncio.to_thread(checkpoint_card, path)
    found = json.loads(await _apart("inspect", str(path)))
    fits = await asyncio.to_thread(_fits_of, models)
    return card_of(found, fits)


def checkpoint_card(folder: Path) -> ArtifactCard:
    """What the folder of a checkpoint is. Raises `ModelUnavailable`."""
    fit = model_fit(folder.name, ModelConfig(path=folder))
    return ArtifactCard(
        kind="checkpoint", name=folder.name, family=fit.family, width=fit.token_width, suffix=""
    )


def checkpoint_files(folder: Path) -> Mapping[str, Path]:
    """What training left beside a checkpoint's folder, by the ids of layouts."""
    found = {
        "single": folder.with_name(f"{folder.name}.safetensors"),
        "lora": folder.with_name(f"{folder.name}-lora.safetensors"),
    }
    return {layout: path for layout, path in found.items() if path.is_file()}


async def export_artifact(
    path: Path, kind: ArtifactKind, name: str, layout: str, sample: bytes | None = None
) -> tuple[str, bytes]:
    """A file's name and bytes in another layout, of those in `export_layouts`; no checkpoint's.

    `sample` is the picture on a card; without one it is a plain one. Raises `InvalidRequest` for
    a layout that is none or cannot hold it, `AdapterUnreadable` for a file that is of no use.
    """
    chosen = find_layout(kind, layout)
    spoken = printable(name)
    content = await _apart("export", str(path), kind, spoken, layout, given=sample or b"")
    return safe_name(f"{spoken}{chosen.suffix}"), content


def card_of(found: Mapping[str, Any], models: Mapping[str, ModelFit]) -> ArtifactCard:
    """The card of what was found, with the models that it fits.

    Raises `AdapterUnreadable` where its numbers are too many or too few for any of them.
    """
    kind, widths, family = found["kind"], found["widths"], found["family"]
    width = next(iter(widths), None) if family else None
    if family is None and widths:
        by_width = {
            fit.image_width if kind == "aesthetic" else fit.token_width: fit.family
            for fit in models.values()
        } | TOKEN_WIDTHS
        width = next((each for each in widths if each in by_width), None)
        if width is None:
            raise AdapterUnreadable(misfit(found, models))
        family = by_width[width]
    return ArtifactCard(
        kind=kind,
        name=found["name"],
        family=family,
        width=width,
        suffix=found["suffix"],
        facts=found["facts"],
    )


def misfit(found: Mapping[str, Any], models: Mapping[str, ModelFit]) -> str:
    """The sentence for something whose width no model has."""
    usual = ", ".join(f"{width:,} in {FAMILY_NAMES[it]}" for width, it in TOKEN_WIDTHS.items())
    own = sorted({fit.token_width for fit in models.values()} - TOKEN_WIDTHS.keys())
    here = f", {', '.join(f'{width:,}' for width in own)} in the models here" if own else ""
    has = " or ".join(f"{width:,}" for width in found["widths"])
    return (
        f"`{found['name']}` fits no model: it is made for {has} numbers a token, and there are "
        f"{usual}{here}."
    )


def _fits_of(models: Mapping[str, ModelConfig]) -> dict[str, ModelFit]:
    return {name: model_fit(name, config) for name, config in models.items()}


def printable(name: str) -> str:
    """A name as one line of text without what would end a sentence's quotation."""
    return "".join(sign for sign in name if sign.isprintable() and sign != "`").strip()


def safe_name(file_name: str) -> str:
    """A file's name that is one on every disk, with its ending."""
    plain = "".join("_" if sign in '/\\:*?"<>|' else sign for sign in printable(file_name))
    stem, dot, suffix = plain.rpartition(".")
    if not suffix.isalnum():
        stem, dot, suffix = plain, "", ""
    return f"{stem.strip('._ ')[:MAX_STEM] or 'file'}{dot}{suffix.lower()[:12]}"


async def _apart(*arguments: str, given: bytes = b"") -> bytes:
    """What the process answers. Raises `AdapterUnreadable` with its sentence, or one of ours."""
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "pipeline.adapters", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment | {"OMP_NUM_THREADS": "1"},
    )
    try:
        async with asyncio.timeout(STARTING + MAX_SECONDS):
            answer, said = await process.communicate(given)
    except TimeoutError as error:
        raise PipelineError("Reading that file took too long.") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == REFUSED:
        raise AdapterUnreadable(answer.decode("utf-8"))
    if process.returncode:
        logger.error("reading %s: %s", arguments, said.decode("utf-8", "replace")[-2000:])
        raise AdapterUnreadable(
            "The file cannot be used: reading it takes more memory or time than any such needs."
        )
    return answer
