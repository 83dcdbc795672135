"""How settings that were found in a picture are shown. Pure: an infotext in, text out."""

import discord

from bot.locales import Texts
from bot.replies.wording import one_line
from pipeline import parse_infotext

MAX_PROMPT, MAX_NEGATIVE_PROMPT, MAX_SETTINGS = 400, 200, 500  # characters shown of each
MAX_NOTES = 600  # twice as many of all of these when everything is escaped, but for the notes


def shown_settings(texts: Texts, name: str, infotext: str, notes: tuple[str, ...]) -> str:
    """What an infotext tells, and what is to be said about it."""
    told = parse_infotext(infotext)
    lines = [texts("info.head", name=_escaped(name, 80))]
    if told["Prompt"]:
        lines.append(texts("job.prompt", prompt=_escaped(str(told["Prompt"]), MAX_PROMPT)))
    if told["Negative prompt"]:
        negative = _escaped(str(told["Negative prompt"]), MAX_NEGATIVE_PROMPT)
        lines.append(texts("job.negative_prompt", negative_prompt=negative))
    last_line = infotext.strip().rsplit("\n", 1)[-1]
    if "Steps" in told:
        lines.append(texts("info.settings", settings=_escaped(last_line, MAX_SETTINGS)))
    said = one_line(" ".join(notes), MAX_NOTES)
    return "\n".join([*lines, said] if said else lines)


def _escaped(text: str, length: int) -> str:
    # Lone surrogates are valid JSON, which settings may be quoted as, and no text that can be sent.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return discord.utils.escape_markdown(one_line(text, length))
