"""Embeds: the rules beyond their form, and the shape in which they are stored."""

from collections.abc import Iterator, Sequence

from bot.local_discord.errors import Path, Problem
from bot.local_discord.forms.base import refuse
from bot.local_discord.forms.messages import Embed
from bot.local_discord.layout import Files, broken_url, stored_media
from bot.local_discord.wire import Json

MAX_CHARACTERS = 6000  # over all embeds of a message


def lay_out_embeds(embeds: Sequence[Embed], *, files: Files, at: Path) -> list[Json]:
    """Embeds as a bot sent them, checked and in the shape a message carries."""
    at = (*at, "embeds")
    refuse(*too_long(embeds, at), *broken(embeds, files, at))
    return [stored_embed(embed, files) for embed in embeds]


def too_long(embeds: Sequence[Embed], at: Path) -> Iterator[Problem]:
    if sum(embed.num_characters() for embed in embeds) > MAX_CHARACTERS:
        sentence = f"Embed size exceeds maximum size of {MAX_CHARACTERS}"
        yield at, "MAX_EMBED_SIZE_EXCEEDED", sentence


def broken(embeds: Sequence[Embed], files: Files, at: Path) -> Iterator[Problem]:
    for index, embed in enumerate(embeds):
        for key, media in (("image", embed.image), ("thumbnail", embed.thumbnail)):
            if media and media.url:
                where = (*at, index, key, "url")
                yield from broken_url(where, media.url, files, only_files=False)


def stored_embed(embed: Embed, files: Files) -> Json:
    block: Json = {"type": "rich"} | embed.model_dump(exclude_none=True)
    for field in block.get("fields", ()):
        field.setdefault("inline", False)
    for key, media in (("image", embed.image), ("thumbnail", embed.thumbnail)):
        if not media or not media.url:
            block.pop(key, None)
            continue
        # Discord leaves out what it does not know about a picture, rather than sending null.
        known = stored_media(media.url, files)
        block[key] |= {name: value for name, value in known.items() if value is not None}
        block[key].pop("id", None)
    return block
