"""The sentences that training puts around a name and a picture's caption.

In a line, `[name]` stands for what is being learned and `[filewords]` for the caption. Words of
our own, after the kinds that webui has.
"""

SUBJECT = (
    "a photo of [name]",
    "a picture of [name]",
    "a close-up of [name]",
    "[name], seen clearly",
    "one [name] in full view",
)
STYLE = (
    "a painting in the style of [name]",
    "a drawing by [name]",
    "a picture in [name] style",
    "an artwork after [name]",
)
TEMPLATES: dict[str, tuple[str, ...]] = {
    "subject": SUBJECT,
    "style": STYLE,
    "subject_filewords": tuple(f"{line}, [filewords]" for line in SUBJECT),
    "style_filewords": tuple(f"[filewords], {line}" for line in STYLE),
    "filewords": ("[filewords]",),
    "name": ("[name]",),
    "name_filewords": ("[name], [filewords]",),
}


def template_lines(template: str) -> tuple[str, ...]:
    """The lines of a named template, or of one's own text.

    Raises `ValueError` where that says nothing.
    """
    if template in TEMPLATES:
        return TEMPLATES[template]
    lines = tuple(line.strip() for line in template.splitlines() if line.strip())
    if not lines or not any("[" in line for line in lines):
        raise ValueError(
            f"The template `{template[:50]}` is none: take one of {', '.join(TEMPLATES)}, or lines "
            "of your own with [name] or [filewords] in them."
        )
    return lines
