"""What a stranger may send: near to what the bot's own messages and commands offer, and not it.

`<done>` and `<running>` stand for the ids of somebody else's jobs, `<draft>` for their draft's,
`<artifact>` for that of something which they share.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hypothesis import strategies as st

from bot.intake.edits import FIELDS
from bot.local_discord.wire import Json
from bot.replies.buttons import OF_ALL, OF_ONE_PICTURE
from bot.replies.previews import DraftAction

Fill: TypeAlias = Callable[[str], str]
Attach: TypeAlias = Callable[[int], str]
"""Of one of a stranger's files, its id in what is sent."""

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, NUMBER, ATTACHMENT = 1, 2, 3, 4, 5, 10, 11
LONGEST_ID = 40  # characters, before the ids of jobs stand in it; Discord takes 100


@dataclass(frozen=True)
class Press:
    """A button."""

    custom_id: str


@dataclass(frozen=True)
class Choice:
    """Something chosen in a select."""

    custom_id: str
    value: str


@dataclass(frozen=True)
class Submission:
    """A modal, sent in."""

    custom_id: str
    values: tuple[tuple[str, str], ...]

    def fields(self, fill: Fill) -> list[Json]:
        return [{"custom_id": name, "value": fill(value)} for name, value in self.values]


@dataclass(frozen=True)
class Call:
    """A slash command, sent or still being typed."""

    command_id: str
    path: tuple[str, ...]  # the command and its subcommands
    options: tuple[tuple[str, int, Any], ...]  # name, type, value
    focused: int | None  # which of the options is being typed

    @property
    def name(self) -> str:
        return " ".join(self.path)

    @property
    def is_typing(self) -> bool:
        return self.focused is not None

    def data(self, fill: Fill, attach: Attach) -> Json:
        options: list[Json] = []
        for number, (name, kind, value) in enumerate(self.options):
            filled = fill(value) if isinstance(value, str) else value
            if kind == ATTACHMENT:
                filled = attach(value)
            options.append({"name": name, "type": kind, "value": filled})
            if number == self.focused:
                options[-1] |= {"type": STRING, "value": str(filled), "focused": True}
        for depth, name in reversed(list(enumerate(self.path[1:], start=1))):
            kind = SUBCOMMAND if depth == len(self.path) - 1 else GROUP
            options = [{"name": name, "type": kind, "options": options}]
        return {"id": self.command_id, "name": self.path[0], "type": 1, "options": options}


Mutant: TypeAlias = Press | Choice | Submission | Call

signs = st.characters(codec="utf-8")


def spoilt(whole: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Whatever lies near: one sign of a text taken out, doubled or replaced."""
    return st.builds(
        lambda text, at, sign: text[: at % len(text)] + sign + text[at % len(text) + 1 :],
        whole.filter(bool),
        st.integers(0, 99),
        st.text(signs, max_size=2),
    )


job_ids = st.sampled_from(["<done>", "<running>", "<draft>"]) | st.text(
    "0123456789abcdefG", min_size=22, max_size=26
)
actions = st.sampled_from([*OF_ALL, *OF_ONE_PICTURE, "CANCEL", "", "train"])
indices = st.sampled_from(["", ":0", ":1", ":9", ":10", ":-1", ":0:0", ":٣", ": 0", ":0\n"])
of_jobs = st.builds(
    "{}{}:{}{}".format, st.sampled_from(["job:", "Job:", " job:", ""]), job_ids, actions, indices
)
of_drafts = st.builds("draft:{}:{}".format, job_ids, st.sampled_from([*DraftAction, "", "done"]))
of_artifacts = st.builds(
    "artifact:{}:{}".format,
    st.sampled_from(
        ["delete", *(f"share:{it}" for it in ("server", "code", "everyone", "withdraw", "all", ""))]
    ),
    st.just("<artifact>") | job_ids,
) | st.builds("which:{}".format, job_ids)
of_lists = st.sampled_from(
    [
        "queue:cancel:0",
        "queue:cancel:999999",
        "history:page:1:0:7:red",
        "history:page:999999:1:4294967295:%_'",
        "history:show",
        "help:page:0:start",
        "help:page:9:/imagine",
        "help:topic:start:0",
        "info:again",
        "artifact:page:1:cat",
        "artifact:show",
    ]
)
VALUES_NEAR = (
    "<done> <running> <artifact> cat you/cat page:1 page:-1 page:99999999 /imagine start % 'OR+1=1"
)
values = st.sampled_from(VALUES_NEAR.split())
whole_ids = of_jobs | of_drafts | of_artifacts | of_lists
custom_ids = (whole_ids | spoilt(whole_ids) | st.text(signs, max_size=LONGEST_ID)).filter(
    lambda it: it.strip() and len(it) <= LONGEST_ID
)
TYPED_NEAR = (
    *("a red circle", "(a:1.2.3)", "[a:b:1e999]", "<hypernet:x:9e9>", "a AND b:9", "\\", "]"),
    *("1:1", "2:3", "512x513", "99999x1", "Euler a", "DPM++ 2M Karras", "NAI", "other", "sd"),
    *("Eta: 0.5, ENSD: 31337", "Eta:", ", ,", "Clip skip: 99", "Size: 64x64", "Seed: -1"),
    *("own", "server", "steps", "model"),
)
typed = values | st.sampled_from(TYPED_NEAR) | st.text(signs, max_size=60)
fields = st.lists(
    st.tuples(st.sampled_from([*FIELDS, "else", "prompt"]), typed | spoilt(typed)),
    min_size=1,
    max_size=5,
).map(tuple)

with_ids = (
    st.builds(Press, custom_ids)
    | st.builds(Choice, custom_ids, (values | spoilt(values)).filter(lambda it: len(it) <= 40))
    | st.builds(Submission, custom_ids, fields)
)


def calls(commands: Sequence[tuple[str, Json]]) -> st.SearchStrategy[Call]:
    """Calls of these commands, each given by its id and its body."""
    leaves = [
        (command_id, path, options)
        for command_id, body in commands
        for path, options in _leaves((body["name"],), body.get("options", []))
    ]
    return st.sampled_from(leaves).flatmap(lambda leaf: _calls(*leaf))


def _leaves(path: tuple[str, ...], options: list[Json]) -> list[tuple[tuple[str, ...], list[Json]]]:
    below = [one for one in options if one["type"] in (SUBCOMMAND, GROUP)]
    if not below:
        return [(path, options)]
    return [leaf for one in below for leaf in _leaves((*path, one["name"]), one.get("options", []))]


@st.composite
def _calls(draw: st.DrawFn, command_id: str, path: tuple[str, ...], offered: list[Json]) -> Call:
    given: list[tuple[str, int, Any]] = []
    for option in offered:
        if draw(st.integers(0, 9)) < (9 if option.get("required") else 4):
            # Discord's client checks these; a command that has changed since is sent as it was.
            kind = option["type"] if draw(st.integers(0, 19)) else draw(st.sampled_from([*VALUES]))
            name = option["name"] if draw(st.integers(0, 19)) else draw(st.sampled_from(STRANGE))
            given.append((name, kind, draw(VALUES[kind])))
    # Of an option that suggests nothing, Discord asks no suggestions.
    suggesting = {option["name"] for option in offered if option.get("autocomplete")}
    askable = [number for number, (name, _, _) in enumerate(given) if name in suggesting]
    is_typed: bool = draw(st.booleans())
    focused = draw(st.sampled_from(askable)) if askable and is_typed else None
    return Call(command_id, path, tuple(given), focused)


STRANGE = ("prompt", "promt", "picture", "ünïcödé", "self")
VALUES: dict[int, st.SearchStrategy[Any]] = {
    STRING: typed | spoilt(typed),
    INTEGER: st.integers(-1, 200) | st.integers(-(2**53), 2**53),
    BOOLEAN: st.booleans(),
    ATTACHMENT: st.integers(0, 9),
    NUMBER: st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 40),
}
