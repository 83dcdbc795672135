"""Forms about pictures: what one shall become, and where; and what was filled into them."""

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.commands.asking import InteractionAsking
from bot.commands.desk import Desk
from bot.commands.forms import filled_in, uploaded
from bot.commands.from_picture import image_to_image
from bot.commands.inpainting import propose
from bot.errors import Refusal
from bot.intake.masks import Where, mask_settings
from bot.intake.pictures import Offered
from bot.locales import Texts
from bot.replies.paging import option
from pipeline import GenerationRequest

MAX_PROMPT, MAX_REGION = 2000, 100  # characters
PICTURE, PROMPT, REGION, MASK = "picture", "prompt", "region", "mask"
STRENGTH, SETTINGS, ADVANCED = "strength", "settings", "advanced"

Field = discord.ui.Item[Any]


class PictureForms:
    """Builds the forms in one language."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def image_to_image(
        self, custom_id: str, pictures: Sequence[Offered], prompt: str = ""
    ) -> discord.ui.Modal:
        """Words and a strength; with a region, only that is repainted."""
        return self._modal(
            self._texts("img2img.title"),
            custom_id,
            {
                **self._picture(pictures),
                PROMPT: _line(prompt, MAX_PROMPT, required=True, is_long=True),
                STRENGTH: _line("0.75", 10, required=True),
                REGION: _line("", MAX_REGION),
                ADVANCED: _line("", MAX_PROMPT),
            },
        )

    def inpaint(self, custom_id: str, pictures: Sequence[Offered]) -> discord.ui.Modal:
        """Words, and where they go."""
        default = GenerationRequest(prompt="any", seeds=(0,))
        return self._modal(
            self._texts("inpaint.title"),
            custom_id,
            {
                **self._picture(pictures),
                PROMPT: _line("", MAX_PROMPT, required=True, is_long=True),
                REGION: _line("", MAX_REGION),
                MASK: _file(),
                SETTINGS: _line(mask_settings(default), MAX_PROMPT, is_long=True),
            },
        )

    def adjust(self, custom_id: str, request: GenerationRequest, region: str) -> discord.ui.Modal:
        """What was said before, to be said otherwise."""
        return self._modal(
            self._texts("inpaint.title"),
            custom_id,
            {
                PROMPT: _line(request.prompt, MAX_PROMPT, required=True, is_long=True),
                REGION: _line(region, MAX_REGION),
                MASK: _file(),
                SETTINGS: _line(mask_settings(request), MAX_PROMPT, is_long=True),
            },
        )

    def which(self, custom_id: str, pictures: Sequence[Offered]) -> discord.ui.Modal:
        """Which of several pictures."""
        return self._modal(self._texts("upscale.title"), custom_id, self._picture(pictures))

    def _picture(self, pictures: Sequence[Offered]) -> dict[str, Field]:
        if len(pictures) == 1:
            return {}
        options = [
            option(f"{number} · {it.name}", str(number))
            for number, it in enumerate(pictures, start=1)
        ]
        options[0].default = True
        return {PICTURE: discord.ui.Select(custom_id=PICTURE, options=options)}

    def _modal(self, title: str, custom_id: str, fields: Mapping[str, Field]) -> discord.ui.Modal:
        modal = discord.ui.Modal(title=title, custom_id=custom_id, timeout=None)
        labels = self._texts.under("inpaint.labels")
        descriptions = self._texts.under("inpaint.label_descriptions")
        for name, field in fields.items():
            field.custom_id = name  # type: ignore[attr-defined]
            modal.add_item(
                discord.ui.Label(
                    text=labels[name], description=descriptions.get(name), component=field
                )
            )
        # Answered by its id alone: discord.py is not to remember it for ever.
        modal.stop()
        return modal


def chosen_picture(interaction: discord.Interaction[Any], pictures: Sequence[Offered]) -> Offered:
    """The picture that was chosen in a form; the only one where there is no choice."""
    number = filled_in(interaction).get(PICTURE) or "1"
    if not number.isdecimal() or not 1 <= int(number) <= len(pictures):
        raise Refusal("draft.unknown")
    return pictures[int(number) - 1]


def typed_in(interaction: discord.Interaction[Any]) -> dict[str, str]:
    """What was filled in, as options of `/img2img`."""
    found = filled_in(interaction)
    said = [found.get(SETTINGS, ""), found.get(ADVANCED, "")]
    if strength := found.get(STRENGTH):
        said.insert(0, f"Denoising strength: {strength}")
    typed = {"prompt": found.get(PROMPT, "")}
    if advanced := ", ".join(filter(None, said)):
        typed["advanced"] = advanced
    return typed


def where_in(interaction: discord.Interaction[Any]) -> Where:
    """Where it shall be repainted, as far as the form says it."""
    region = filled_in(interaction).get(REGION, "").strip()
    return Where(file=uploaded(interaction, MASK), region=region)


async def follow_form(desk: Desk, interaction: discord.Interaction[Any], picture: Offered) -> None:
    """Make of a picture what was filled in: all of it anew, or what is said to be repainted."""
    asking, typed = InteractionAsking(desk, interaction), typed_in(interaction)
    where = where_in(interaction)
    if SETTINGS in filled_in(interaction) or where.region:
        await propose(desk, asking, typed, picture, where)
    else:
        await image_to_image(desk, asking, typed, picture)


def _line(
    default: str, max_length: int, required: bool = False, is_long: bool = False
) -> discord.ui.TextInput[Any]:
    return discord.ui.TextInput(
        style=discord.TextStyle.long if is_long else discord.TextStyle.short,
        default=default or None,
        required=required,
        max_length=max_length,
    )


def _file() -> discord.ui.FileUpload[Any]:
    return discord.ui.FileUpload(required=False, min_values=0, max_values=1)
