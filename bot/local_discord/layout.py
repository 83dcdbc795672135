"""What a message's components may be together, and the shape in which they are stored.

The forms check each component by itself; here are the rules that need to see them all: V2 or not,
how many, no custom_id or id twice, every `attachment://` file present.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import count
from typing import Any

from bot.local_discord.errors import Path, Problem
from bot.local_discord.forms.base import parse, refuse
from bot.local_discord.forms.components import (
    ActionRow,
    Button,
    Component,
    Container,
    EntitySelect,
    File,
    GalleryItem,
    Layout,
    LegacyRows,
    MediaGallery,
    Section,
    Select,
    Separator,
    StringSelect,
    TextDisplay,
    Thumbnail,
)
from bot.local_discord.message import Attachment
from bot.local_discord.unicode_emojis import is_emoji
from bot.local_discord.wire import Json

MAX_COMPONENTS = 40  # counted through all levels
MAX_TEXT = 4000  # characters in all text displays of a message
LINK, PREMIUM = 5, 6  # button styles without a custom_id

Files = Mapping[str, Attachment]  # by filename


def lay_out(
    raw: list[Any] | None, *, is_v2: bool, files: Files, emojis: Collection[str], at: Path
) -> list[Json]:
    """Components as a bot sent them, checked and in the shape a message carries."""
    at = (*at, "components")
    if not is_v2:
        refuse(*not_a_row(raw or [], at))
    blocks: list[Any] = parse(Layout if is_v2 else LegacyRows, raw or [], at=at)
    placed = list(walk(blocks, at))
    refuse(*too_many(placed, at), *duplicates(placed), *lonely_selects(placed), *buttons(placed))
    refuse(*bad_emojis(placed, emojis), *selects(placed), *missing_files(placed, files))
    taken = {component.id for _, component in placed if component.id}
    numbers = (number for number in count(1) if number not in taken)
    return [stored(block, numbers, files) for block in blocks]


def walk(components: list[Any], at: Path) -> Iterator[tuple[Path, Any]]:
    """Every component and where it stands, parents first."""
    for index, component in enumerate(components):
        place = (*at, index)
        yield place, component
        if isinstance(component, ActionRow | Section | Container):
            yield from walk(list(component.components), (*place, "components"))
        if isinstance(component, Section):
            yield (*place, "accessory"), component.accessory


def not_a_row(raw: list[Any], at: Path) -> Iterator[Problem]:
    for index, component in enumerate(raw):
        if not isinstance(component, dict) or component.get("type") != 1:
            sentence = 'Value of field "type" must be one of (1,).'
            yield (*at, index), "UNION_TYPE_CHOICES", sentence


def too_many(placed: list[tuple[Path, Any]], at: Path) -> Iterator[Problem]:
    if len(placed) > MAX_COMPONENTS:
        sentence = f"The total number of components must be {MAX_COMPONENTS} or fewer."
        yield at, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", sentence
    texts = [component.content for _, component in placed if isinstance(component, TextDisplay)]
    if sum(map(len, texts)) > MAX_TEXT:
        sentence = f"Displayable text size exceeds maximum size of {MAX_TEXT}"
        yield at, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", sentence


def duplicates(placed: list[tuple[Path, Any]]) -> Iterator[Problem]:
    seen: set[str] = set()
    ids: set[int] = set()
    for place, component in placed:
        custom_id = getattr(component, "custom_id", None)
        if custom_id in seen:
            sentence = "Component custom id cannot be duplicated"
            yield (*place, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", sentence
        seen |= {custom_id} if custom_id else set()
        if component.id in ids:
            yield (*place, "id"), "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated"
        ids |= {component.id} if component.id else set()


def lonely_selects(placed: list[tuple[Path, Any]]) -> Iterator[Problem]:
    """A select fills its row: nothing may stand beside it."""
    for place, row in placed:
        if isinstance(row, ActionRow) and any(isinstance(one, Select) for one in row.components):
            for index in range(1, len(row.components)):
                sentence = "The specified component exceeds the maximum width"
                yield (*place, "components", index), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", sentence


def buttons(placed: list[tuple[Path, Any]]) -> Iterator[Problem]:
    for place, button in placed:
        if not isinstance(button, Button):
            continue
        if button.style == LINK:
            if not button.url:
                yield (*place, "url"), "BUTTON_COMPONENT_URL_REQUIRED", "A url is required"
            elif not button.url.startswith(("http://", "https://", "discord://")):
                sentence = "Scheme must be one of ('discord', 'http', 'https')."
                yield (*place, "url"), "URL_TYPE_INVALID_SCHEME", sentence
        elif button.style != PREMIUM and not button.custom_id:
            sentence = "A custom id is required"
            yield (*place, "custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", sentence
        if button.style != LINK and button.url:
            sentence = "A custom id and url cannot both be specified"
            yield place, "BUTTON_COMPONENT_INVALID_COMBINATION", sentence
        if button.style == PREMIUM and not button.sku_id:
            yield (*place, "sku_id"), "BUTTON_COMPONENT_SKU_ID_REQUIRED", "A sku id is required"
        if button.style != PREMIUM and not button.label and not button.emoji:
            sentence = "A label or emoji is required"
            yield (*place, "label"), "BUTTON_COMPONENT_LABEL_REQUIRED", sentence


def bad_emojis(placed: list[tuple[Path, Any]], known: Collection[str]) -> Iterator[Problem]:
    """On a button or an option stands an emoji of Unicode's, or one that is there by its id."""
    for place, component in placed:
        named: list[tuple[Path, Any]] = []
        if isinstance(component, Button):
            named = [((*place, "emoji"), component.emoji)]
        elif isinstance(component, StringSelect):
            options = enumerate(component.options)
            named = [((*place, "options", at, "emoji"), one.emoji) for at, one in options]
        for where, emoji in named:
            if emoji and not (emoji.id in known if emoji.id else is_emoji(emoji.name or "")):
                field = "id" if emoji.id else "name"
                yield (*where, field), "COMPONENT_INVALID_EMOJI", "Invalid emoji"


def selects(placed: list[tuple[Path, Any]]) -> Iterator[Problem]:
    for place, select in placed:
        if not isinstance(select, Select):
            continue
        minimum = 1 if select.min_values is None else select.min_values
        maximum = 1 if select.max_values is None else select.max_values
        if minimum > maximum:
            sentence = "min_values must be less than or equal to max_values."
            yield (*place, "min_values"), "SELECT_COMPONENT_INVALID_RANGE", sentence
        if isinstance(select, StringSelect):
            yield from select_options(place, select, minimum, maximum)


def select_options(
    place: Path, select: StringSelect, minimum: int, maximum: int
) -> Iterator[Problem]:
    values = [option.value for option in select.options]
    for index, value in enumerate(values):
        if value in values[:index]:
            sentence = "The specified option value is already used"
            where = (*place, "options", index)
            yield where, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", sentence
    if max(minimum, maximum) > len(values):
        sentence = f"Must be {len(values)} or fewer: there are only {len(values)} options."
        yield (*place, "max_values"), "SELECT_COMPONENT_MAX_VALUES_TOO_LARGE", sentence
    if sum(bool(option.default) for option in select.options) > maximum:
        sentence = "The number of default options exceeds max_values."
        yield (*place, "options"), "SELECT_COMPONENT_TOO_MANY_DEFAULTS", sentence


def missing_files(placed: list[tuple[Path, Any]], files: Files) -> Iterator[Problem]:
    for place, component in placed:
        media: list[tuple[Path, str]] = []
        if isinstance(component, Thumbnail):
            media = [((*place, "media", "url"), component.media.url)]
        elif isinstance(component, File):
            media = [((*place, "file", "url"), component.file.url)]
        elif isinstance(component, MediaGallery):
            media = [
                ((*place, "items", index, "media", "url"), item.media.url)
                for index, item in enumerate(component.items)
            ]
        for where, url in media:
            only_files = isinstance(component, File)
            yield from broken_url(where, url, files, only_files=only_files)


def broken_url(where: Path, url: str, files: Files, *, only_files: bool) -> Iterator[Problem]:
    if url.startswith("attachment://"):
        if url.removeprefix("attachment://") not in files:
            sentence = f"The referenced attachment {url} is not part of the message."
            yield where, "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", sentence
    elif only_files or not url.startswith(("http://", "https://")):
        schemes = "('attachment',)" if only_files else "('http', 'https', 'attachment')"
        yield where, "URL_TYPE_INVALID_SCHEME", f"Scheme must be one of {schemes}."


def stored(component: Component, numbers: Iterator[int], files: Files) -> Json:
    """A component as a message carries it: numbered, with defaults filled in."""
    block: Json = component.model_dump(exclude_none=True)
    block["id"] = component.id or next(numbers)
    match component:
        case ActionRow() | Section() | Container():
            block["components"] = [stored(child, numbers, files) for child in component.components]
            if isinstance(component, Section):
                block["accessory"] = stored(component.accessory, numbers, files)
            if isinstance(component, Container):
                block |= {"accent_color": component.accent_color}
                block |= {"spoiler": bool(component.spoiler)}
        case StringSelect() | EntitySelect():
            block.setdefault("min_values", 1)
            block.setdefault("max_values", 1)
            block.pop("required", None)
        case Separator():
            block = {"divider": True, "spacing": 1} | block
        case MediaGallery():
            block["items"] = [gallery_item(item, files) for item in component.items]
        case Thumbnail():
            block |= gallery_item(component, files)
        case File():
            media = stored_media(component.file.url, files)
            shown = files[component.file.url.removeprefix("attachment://")]
            block |= {"file": media, "name": shown.filename, "size": len(shown.data)}
            block["spoiler"] = bool(component.spoiler)
    return block


def gallery_item(item: GalleryItem | Thumbnail, files: Files) -> Json:
    return {
        "media": stored_media(item.media.url, files),
        "description": item.description,
        "spoiler": bool(item.spoiler),
    }


def stored_media(url: str, files: Files) -> Json:
    """An own file by its id (its URL is signed at each reading), another's by its address."""
    if url.startswith("attachment://"):
        return {"attachment_id": files[url.removeprefix("attachment://")].id}
    return {"id": "0", "url": url, "proxy_url": url, "width": None, "height": None}
