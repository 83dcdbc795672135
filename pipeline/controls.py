"""All that can be set about a picture: its name, where it is set, and what holds when it is not.

One catalogue from which infotext is read and written, `advanced` is understood and completed, and
the table in README.md and `/help` is made. Knows no torch, no Discord.
"""

from typing import NamedTuple

from pipeline.aesthetic_controls import AESTHETIC_CONTROLS
from pipeline.control import (
    ADVANCED,
    NUMBER,
    SEED,
    SIZE,
    TEXT,
    WHOLE,
    YES_OR_NO,
    Control,
)
from pipeline.errors import UnknownSetting
from pipeline.picture_controls import PICTURE_CONTROLS
from pipeline.samplers import NOISE_SCHEDULES, SAMPLERS

ETA, ETA_DDIM = "Eta", "Eta DDIM"

CONTROLS: tuple[Control, ...] = (
    Control(
        "Negative prompt",
        ("negative_prompt",),
        TEXT,
        default="nothing",
        source="webui",
        option="negative_prompt",
    ),
    Control(
        "Model",
        ("model",),
        TEXT,
        default="the first in `config.toml`",
        source="webui",
        option="model",
    ),
    Control(
        "Size",
        ("width", "height"),
        SIZE,
        default="the model's own, square",
        source="webui",
        option="size",
        suggestions=("512x512", "512x768", "768x512"),
    ),
    Control("Steps", ("num_steps",), WHOLE, default="20", source="webui", option="steps"),
    Control(
        "CFG scale",
        ("guidance_scale",),
        NUMBER,
        default="7, or as `config.toml` has it for the model",
        source="webui",
        option="guidance_scale",
    ),
    Control(
        "Sampler",
        ("sampler",),
        TEXT,
        default="Euler a",
        source="k-diffusion, webui",
        option="sampler",
        suggestions=tuple(info.label for info in SAMPLERS),
    ),
    Control(
        "Schedule type",
        ("noise_schedule",),
        TEXT,
        default="the sampler's own",
        source="k-diffusion, webui",
        suggestions=tuple(info.label for info in NOISE_SCHEDULES),
    ),
    Control("Seed", ("seeds",), SEED, default="a new one", source="webui", option="seed"),
    Control("Variation seed", ("variation_seed",), WHOLE, default="0", source="webui"),
    Control(
        "Variation seed strength",
        ("variation_strength",),
        NUMBER,
        default="0, none",
        source="webui",
        suggestions=("0.05", "0.1", "0.2", "0.5"),
    ),
    Control(
        "Seed resize from",
        ("resized_from",),
        SIZE,
        default="none",
        source="webui",
        suggestions=("512x512",),
    ),
    Control(
        "RNG",
        ("noise_source",),
        TEXT,
        default="CPU; in settings read from a picture NV",
        source="webui",
        choices=(("CPU", "cpu"), ("NV", "nv"), ("GPU", "nv")),
    ),
    Control(
        "ENSD",
        ("eta_noise_seed_delta",),
        WHOLE,
        default="0",
        source="webui, NovelAI",
        suggestions=("31337",),
    ),
    Control(
        ETA,
        ("eta",),
        NUMBER,
        default="1",
        source="k-diffusion",
        suggestions=("0", "0.5", "1"),
    ),
    Control(
        ETA_DDIM,
        ("eta",),
        NUMBER,
        default="0",
        source="DDIM paper",
        suggestions=("0", "0.5", "1"),
    ),
    Control("Sigma churn", ("s_churn",), NUMBER, default="0", source="Karras et al. 2022"),
    Control("Sigma tmin", ("s_tmin",), NUMBER, default="0", source="Karras et al. 2022"),
    Control("Sigma tmax", ("s_tmax",), NUMBER, default="0, no end", source="Karras et al. 2022"),
    Control("Sigma noise", ("s_noise",), NUMBER, default="1", source="Karras et al. 2022"),
    Control(
        "Discard penultimate sigma",
        ("discard_penultimate_sigma",),
        TEXT,
        default="False; some samplers always do",
        source="webui",
        choices=YES_OR_NO,
    ),
    Control(
        "Clip skip",
        ("clip_skip",),
        WHOLE,
        default="1",
        source="NovelAI, webui",
        suggestions=("1", "2"),
    ),
    Control(
        "Emphasis",
        ("emphasis",),
        TEXT,
        default="Original",
        source="webui",
        choices=(
            ("Original", "original"),
            ("No norm", "no_norm"),
            ("Ignore", "ignore"),
            ("None", "none"),
        ),
    ),
    Control(
        "Prompt syntax",
        ("prompt_syntax",),
        TEXT,
        default="webui",
        source="NovelAI",
        choices=(("webui", "webui"), ("NAI", "nai")),
    ),
    Control(
        "Old prompt editing timelines",
        ("old_prompt_editing",),
        TEXT,
        default="False",
        source="webui before 1.6",
        choices=YES_OR_NO,
    ),
    Control(
        "Comma backtrack",
        ("comma_backtrack",),
        WHOLE,
        default="20 tokens",
        source="webui (an option there)",
        suggestions=("0", "20"),
    ),
    *AESTHETIC_CONTROLS,
    *PICTURE_CONTROLS,
)


class Row(NamedTuple):
    """One line of the table that README.md and `/help` show."""

    control: str
    where: str
    default: str
    source: str


# What is said inside a prompt, or stands for several controls at once.
OTHER_ROWS: tuple[Row, ...] = (
    Row("`(words)`, `[words]`, `(words:1.3)`", "`prompt`", "weight 1", "webui"),
    Row("`[from:to:0.5]`, `[one|other]`", "`prompt`", "none", "webui"),
    Row("`one AND other:0.7`", "`prompt`", "none", "composable diffusion, webui"),
    Row("`BREAK`", "`prompt`", "75 tokens a chunk", "webui"),
    Row("`<lora:name:0.8>`, `<lora:name:0.8:1>`", "`prompt`", "strength 1", "webui, kohya"),
    Row("`<hypernet:name:0.8>`", "`prompt`", "strength 1", "NovelAI, webui"),
    Row("an embedding's name", "`prompt`", "none", "textual inversion, webui"),
    Row("`{words}`, `[words]` at 1.05", "`advanced`: `Prompt syntax: NAI`", "none", "NovelAI"),
)
SHORTCUTS: tuple[Row, ...] = (
    Row("Number of pictures", "`count`", "1; their seeds count up", "webui"),
    Row(
        "NovelAI's settings",
        "`preset`: `NAI`",
        "Euler, RNG NV, 28 steps, guidance 11, CLIP skip 2, ENSD 31337, and its tags",
        "NovelAI",
    ),
)


def find_control(key: str) -> Control:
    """The control of that name, however it is spelt.

    Raises `UnknownSetting` with the nearest names.
    """
    wanted = " ".join(key.casefold().split())
    for control in CONTROLS:
        if control.key.casefold() == wanted:
            return control
    raise UnknownSetting(key, [control.key for control in CONTROLS])


def control_rows() -> tuple[Row, ...]:
    """Every control there is, where it is set, its default and where its meaning is from."""
    prompt = Row("Prompt", "`prompt`", "none; it is needed", "webui")
    settings = tuple(
        Row(control.key, _where(control), control.default, control.source) for control in CONTROLS
    )
    return prompt, *OTHER_ROWS, *settings, *SHORTCUTS


def controls_table() -> str:
    """The controls as a table in Markdown."""
    lines = ["| control | where | default | source |", "|---|---|---|---|"]
    lines += [
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in control_rows()
    ]
    return "\n".join(lines)


def _where(control: Control) -> str:
    return (
        f"`{control.option}`" if control.option != ADVANCED else f"`{ADVANCED}`: `{control.key}: …`"
    )
