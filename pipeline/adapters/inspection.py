"""What a file of something learned is, found out from what is in it: names of files tell little.

Everything in it is read and checked as it would be before it is used.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from pipeline.adapters.aesthetic import TENSOR_NAME, read_aesthetic
from pipeline.adapters.embedding import CARD_SUFFIXES, OLD_CLASSES, read_embedding
from pipeline.adapters.files import MEGABYTE, AdapterFile, open_adapter
from pipeline.adapters.hypernetwork import read_hypernetwork
from pipeline.adapters.lora import BUNDLED, by_module, marked_kind, read_lora, split_key
from pipeline.adapters.lora_families import family_said, part_of, text_width
from pipeline.artifact import ArtifactKind
from pipeline.checkpoint import LEGACY_MAGIC, UNET, ZIP_MAGIC, Family
from pipeline.model_fit import TOKEN_WIDTHS

MAX_BYTES = 2048 * MEGABYTE
SUFFIXES = frozenset({".pt", ".bin", ".safetensors", ".ckpt", ".pth"})
READABLE = "take .pt, .bin, .ckpt, .safetensors, or a picture card as .png, .webp or .avif"
MAX_TEXT = 100  # characters of what a file says
MAX_STEPS = 10**9
NAMELESS = ("learned_embeds", "pytorch_lora_weights", "adapter_model")  # files that all are called

Fact = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a file is."""

    kind: ArtifactKind
    name: str
    suffix: str
    widths: tuple[int, ...]  # one of which a model's tokens or CLIP must have; empty: unknown
    family: Family | None = None  # where more than the widths tells it
    facts: Mapping[str, Fact] = field(default_factory=dict)


def inspect(path: Path) -> Finding:
    """What is in a file, all of it checked. Raises `AdapterUnreadable` with a sentence."""
    kind, suffix = glance(path)
    readers: Mapping[ArtifactKind, Callable[[Path, str], Finding]] = {
        "embedding": inspect_embedding,
        "hypernetwork": inspect_hypernetwork,
        "lora": inspect_lora,
        "aesthetic": inspect_aesthetic,
    }
    return readers[kind](path, suffix)


def glance(path: Path) -> tuple[ArtifactKind, str]:
    """What a file holds, and the ending that its format has."""
    if path.suffix.lower() in CARD_SUFFIXES:
        return "embedding", path.suffix.lower()
    file = open_adapter(path, "file", MAX_BYTES)
    if path.suffix.lower() not in SUFFIXES:
        raise file.unreadable(READABLE)
    pickled = file.content.startswith((ZIP_MAGIC, LEGACY_MAGIC))
    return kind_of(file, file.value(OLD_CLASSES)), ".pt" if pickled else ".safetensors"


def kind_of(file: AdapterFile, values: object) -> ArtifactKind:
    """Which kind of thing a file holds, by the names in it."""
    if isinstance(values, Tensor):
        return "aesthetic"
    if not isinstance(values, Mapping) or not values:
        raise file.unreadable("it maps no names to numbers")
    if any(type(name) is int for name in values):
        return "hypernetwork"
    names = [str(name) for name in values]
    if names == [TENSOR_NAME]:
        return "aesthetic"
    if "state_dict" in names or any(name.startswith(UNET) for name in names):
        raise file.unreadable(
            "it is a whole checkpoint, which whoever runs this bot puts into its configuration"
        )
    if any(name.startswith(BUNDLED) or split_key(name) or marked_kind(name) for name in names):
        return "lora"
    return "embedding"


def inspect_embedding(path: Path, suffix: str) -> Finding:
    """The vectors of an embedding."""
    read = read_embedding(path)
    token = None if suffix in CARD_SUFFIXES else token_of(open_adapter(path, "file", MAX_BYTES))
    is_nameless = token and read.name.lower().startswith(NAMELESS)
    return Finding(
        kind="embedding",
        name=plain(token if token and is_nameless else read.name) or path.stem,
        suffix=suffix,
        widths=(read.width,),
        family="sdxl" if read.clip_l_width is not None else None,
        facts=told(
            vectors=len(read.vectors), steps=read.step, base=read.checkpoint_name, token=token
        ),
    )


def token_of(file: AdapterFile) -> str | None:
    """What a file of diffusers calls its vectors, without the brackets; None in other layouts."""
    names = [str(name) for name in file.tensors(OLD_CLASSES)]
    is_theirs = len(names) == 1 and names[0] not in ("emb_params", "string_to_param")
    return plain(names[0].strip("<> ")) or None if is_theirs else None


def inspect_hypernetwork(path: Path, suffix: str) -> Finding:
    """The nets of a hypernetwork."""
    read = read_hypernetwork(path)
    widths = tuple(sorted(read.nets))
    base = open_adapter(path, "file", MAX_BYTES).tensors().get("sd_checkpoint_name")
    return Finding(
        kind="hypernetwork",
        name=plain(read.name) or path.stem,
        suffix=suffix,
        # Those of self-attention tell no families apart.
        widths=tuple(width for width in widths if width in TOKEN_WIDTHS) or widths,
        facts=told(
            layers=", ".join(f"{factor:g}" for factor in read.structure.layers),
            activation=read.structure.activation or "linear",
            widths=", ".join(map(str, widths)),
            steps=read.step,
            base=base if isinstance(base, str) else None,
        ),
    )


def inspect_lora(path: Path, suffix: str) -> Finding:
    """The matrices of a LoRA."""
    width = text_width({name: it.down for name, it in read_lora(path).branches.items()})
    file = open_adapter(path, "LoRA", MAX_BYTES)
    pieces = by_module(file, file.tensors())
    ranks = {len(found["down"]) for found in pieces.values() if isinstance(found["down"], Tensor)}
    alphas = {float(it) for each in pieces.values() if isinstance(it := each.get("alpha"), Tensor)}
    said = {name: plain(str(text)) for name, text in file.metadata.items()}
    steps = said.get("ss_steps", "")
    return Finding(
        kind="lora",
        name=said.get("ss_output_name") or file.stem,
        suffix=suffix,
        widths=(width,) if width else (),
        family=family_said(said, pieces),
        facts=told(
            rank=span(ranks),
            alpha=span(alphas) if alphas else None,
            parts=", ".join(sorted({part_of(name) for name in pieces})),
            steps=int(steps) if steps.isdecimal() else None,
            base=said.get("ss_sd_model_name"),
        ),
    )


def inspect_aesthetic(path: Path, suffix: str) -> Finding:
    """The vector of an aesthetic embedding."""
    read = read_aesthetic(path)
    return Finding(kind="aesthetic", name=read.name, suffix=suffix, widths=(read.width,))


def told(**facts: Fact | None) -> dict[str, Fact]:
    """What a file does tell, as far as anybody would want to read it."""
    said = {
        name: plain(fact) if isinstance(fact, str) else fact for name, fact in facts.items() if fact
    }
    return {
        name: fact
        for name, fact in said.items()
        if fact and (isinstance(fact, str) or 0 < fact < MAX_STEPS)
    }


def plain(text: str) -> str:
    """One short line of what a stranger wrote."""
    return "".join(sign for sign in text if sign.isprintable()).strip()[:MAX_TEXT]


def span(numbers: Iterable[float]) -> str:
    """Several numbers in few words."""
    least, most = min(numbers, default=0), max(numbers, default=0)
    return f"{least:,g}" if least == most else f"{least:,g} to {most:,g}"
