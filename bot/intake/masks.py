"""Where a picture is to be repainted, as somebody said it: a file, words, what is transparent."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import Refusal
from bot.intake.drafts import MaskedDraft
from bot.intake.pictures import InputPictures, Offered, Picture
from pipeline import (
    CONTROLS,
    DIRECTIONS,
    Direction,
    GenerationRequest,
    InvalidRequest,
    Region,
    mask_of_region,
    mask_of_transparency,
    masked_share,
    outpainting,
    parse_advanced,
    parse_region,
    preview_mask,
)

# Settings that a form about a mask shows.
MASK_KEYS = (
    "Denoising strength",
    "Mask mode",
    "Mask blur",
    "Masked content",
    "Inpaint area",
    "Masked area padding",
)
SIDES: Mapping[str, tuple[Direction, ...]] = {
    "all": DIRECTIONS,
    "left_right": ("left", "right"),
    "up_down": ("up", "down"),
    **{side: (side,) for side in DIRECTIONS},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """One of several ways to say it; nothing: what of the picture is transparent."""

    file: Offered | None = None
    region: str = ""
    sides: tuple[Direction, ...] = ()  # to which the picture grows
    pixels: int = 0  # by which it grows

    def check(self, pictures: InputPictures) -> None:
        """Raise `InvalidRequest` or `Refusal` with a sentence where it says nothing clear."""
        if not pictures.finds_by_name:
            self.place()
        if sum(map(bool, (self.file, self.region, self.sides))) > 1:
            raise Refusal("inpaint.where_twice")

    def place(self) -> Region | None:
        """The place that it names, if any. Raises `InvalidRequest` where that is none."""
        return parse_region(self.region) if self.region else None

    @property
    def is_a_thing(self) -> bool:
        """Whether it names something in the picture rather than a place."""
        try:
            self.place()
        except InvalidRequest:
            return True
        return False


@dataclass(frozen=True, slots=True)
class Masked:
    """A picture and its mask, both stored."""

    init_hash: str
    mask_hash: str
    size: tuple[int, int]  # pixels of both


async def masked(pictures: InputPictures, picture: Picture, where: Where) -> Masked:
    """The mask of a picture, made as somebody said.

    Raises `InvalidRequest` or `Refusal` with a sentence where that is not possible.
    """
    if where.file:
        mask = await pictures.take(where.file)
        return Masked(picture.file_hash, mask.file_hash, picture.size)
    if where.is_a_thing:
        found = await pictures.find(picture, where.region)
        return Masked(picture.file_hash, found, picture.size)
    if where.region:
        png = await asyncio.to_thread(mask_of_region, parse_region(where.region), picture.size)
        return Masked(picture.file_hash, await pictures.keep(png), picture.size)
    content = await pictures.load(picture.file_hash)
    if where.sides:
        grown, png = await asyncio.to_thread(outpainting, content, where.sides, where.pixels)
        grown_picture = await pictures.stored(grown)
        return Masked(grown_picture.file_hash, await pictures.keep(png), grown_picture.size)
    png = await asyncio.to_thread(mask_of_transparency, content)
    return Masked(picture.file_hash, await pictures.keep(png), picture.size)


def mask_settings(request: GenerationRequest) -> str:
    """What is set about a request's mask, in one line as infotext has it."""
    told = []
    for control in CONTROLS:
        if control.key in MASK_KEYS:
            value: Any = getattr(request, control.fields[0])
            names = [name for name, choice in control.choices if choice == value]
            told.append(f"{control.key}: {names[0] if names else f'{value:g}'}")
    return ", ".join(told)


def read_mask_settings(line: str) -> dict[str, Any]:
    """What such a line sets in a request; what was taken out of it is as it is by default.

    Raises `InvalidRequest` with a sentence for whoever wrote it.
    """
    names = [it.fields[0] for it in CONTROLS if it.key in MASK_KEYS]
    usual = {name: GenerationRequest.model_fields[name].default for name in names}
    return usual | parse_advanced(line)


@dataclass(frozen=True, slots=True)
class Preview:
    """A mask for people to see."""

    webp: bytes
    share: float  # of the picture that would be repainted, 0 to 1


async def preview(pictures: InputPictures, draft: MaskedDraft) -> Preview:
    """What would be repainted, over the picture."""
    picture = await pictures.load(draft.init_hash)
    mask = await pictures.load(draft.mask_hash)
    inverted = draft.request.inverted_mask
    webp = await asyncio.to_thread(preview_mask, picture, mask, inverted)
    return Preview(webp, await asyncio.to_thread(masked_share, mask, inverted))
