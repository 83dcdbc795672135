"""Every text that the code asks for is there, and every text that is there is asked for."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import bot
from bot.jobs.training_run import TROUBLES
from bot.jobs.workshop import KINDS
from bot.locales import Counted, Texts
from bot.records.models import TrainingState
from bot.replies import training_previews
from bot.replies.buttons import OF_ONE_PICTURE, Action
from bot.replies.previews import STYLES

SOURCES = [
    path for path in Path(bot.__file__).parent.rglob("*.py") if "local_discord" not in path.parts
]
# Asked for all at once, through `under`.
PREFIXES = (
    *(
        f"artifact.{name}.options"
        for name in ("delete", "export", "import", "info", "list", "rename", "share")
    ),
    *("artifact.unshare.options", "artifact.use.options"),
    "artifact.kinds",
    "artifact.usage",
    "artifact.whom",
    "artifact.buttons",
    "help.titles",
    "help.topics",
    "edit.descriptions",
    "edit.labels",
    "history.options",
    "imagine.options",
    "img2img.options",
    "img2img.resize_modes",
    "inpaint.areas",
    "inpaint.contents",
    "inpaint.labels",
    "inpaint.label_descriptions",
    "inpaint.options",
    "inpaint.sides",
    "training.back",
    "training.back_labels",
    "training.buttons",
    "training.methods",
    "training.pick.options",
    "training.resume.options",
    "training.verdicts",
    "upscale.options",
    "imagine.shapes",
    "info.options",
    "model.families",
    "permissions.names",
    "settings.reset.options",
    "settings.sources",
    "train.label_descriptions",
    "train.labels",
    "train.method_descriptions",
    "train.methods",
    "train.options",
    "train.preset_descriptions",
    "train.presets",
)

NOUNS = ("requests", "pictures", "favourites")


def strings() -> Iterator[str]:
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def asked_for() -> Iterator[tuple[str, set[str]]]:
    """Each key in a call `texts("key", name=…)`, with the names that it is given."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in (
                "texts",
                "_texts",
                "Refusal",
            ):
                key = node.args[0] if node.args else None
                if isinstance(key, ast.Constant):
                    yield str(key.value), {it.arg for it in node.keywords if it.arg}


def test_every_text_that_is_asked_for_is_there_and_gets_its_values(texts: Texts) -> None:
    known = texts.sentences
    calls = list(asked_for())
    assert len(calls) > 15
    for key, given in calls:
        wanted = {name for _, name, _, _ in string.Formatter().parse(known[key]) if name}
        assert wanted == given, key


def test_one_thing_is_said_otherwise_than_several(texts: Texts) -> None:
    said = [
        texts("stats.own", **{noun: Counted(noun, count) for noun in NOUNS})
        for count in (1, 2_000_000)
    ]
    assert said == [
        "**You:** 1 request, 1 picture, 1 favourite",
        "**You:** 2,000,000 requests, 2,000,000 pictures, 2,000,000 favourites",
    ]


def test_every_text_is_asked_for(texts: Texts) -> None:
    used = set(strings()) | {f"buttons.{action}" for action in Action}
    used |= {f"draft.{action}" for action in STYLES}
    used |= {f"train.buttons.{action}" for action in training_previews.STYLES}
    used |= {f"buttons.one_of_many.{action}" for action in OF_ONE_PICTURE}
    used |= {f"training.done.{kind}" for kind in KINDS}
    used |= {f"training.states.{state}" for state in TrainingState}
    used |= {f"training.warnings.{verdict}" for verdict in TROUBLES}
    unused = [
        key
        for key in texts.sentences
        if key not in used
        and key.removeprefix("counted.").rpartition(".")[0] not in used
        and not key.startswith(tuple(f"{prefix}." for prefix in PREFIXES))
    ]
    assert unused == []
    assert set(PREFIXES) <= used
