"""Prompt editing and alternation: which text holds until which step (spec: webui §1.3, §1.4).

The language, in which brackets that fit nothing stand for themselves:

    prompt:     (construct | TEXT | stray)*          stray: one of [ ] ( ) :
    construct:  "(" inner [":" inner] ")"  |  "[" inner "]"               kept as they are
             |  "[" [inner ":"] inner ":" BLANK? NUMBER BLANK? "]"        editing
             |  "[" inner ("|" inner)+ "]"                                alternation
    inner:      (construct | TEXT)*
    TEXT:       anything but \\ [ ] ( ) : |, or a backslash and any sign but a line's end

A prompt outside this language (a stray `|`, a backslash at the end) is taken as it is written.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, Union

from pipeline.errors import InvalidRequest

TOKEN = re.compile(r"(?:[^\\\[\]():|]|\\.)+|[\[\]():|\\]")
NUMBER = re.compile(r"\s*([+-]?(?:[0-9]+\.[0-9]*|\.?[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*")
CLOSING = {"(": ")", "[": "]"}


class ScheduledText(NamedTuple):
    """A text, and the last step it holds at."""

    end_step: int
    text: str


@dataclass(slots=True, eq=False)
class Edit:
    """`before` up to a step, `after` from then on."""

    before: "Nodes"
    after: "Nodes"
    when: str  # as written: a fraction of all steps if it holds a dot, else a step


@dataclass(slots=True, eq=False)
class Alternation:
    """One option after the other, a step each."""

    options: list["Nodes"]


Node: TypeAlias = Union[str, "Nodes", Edit, Alternation]
Nodes: TypeAlias = list[Node]


def schedule_texts(
    prompt: str, num_steps: int, hires_steps: int | None = None, old: bool = False
) -> list[ScheduledText]:
    """The texts of a prompt in the order they hold, the last one to the last step.

    With `hires_steps` they are those of a second pass, in which whole steps are counted from the
    first pass's beginning and fractions from 1. `old` is the reference's timeline before its 1.6:
    numbers below 1 are fractions, both passes run through the same ones. Raises `InvalidRequest`
    where a step is no finite number.
    """
    clock = Clock(num_steps, hires_steps, old)
    nodes = parse(prompt)
    if nodes is None:
        return [ScheduledText(clock.num_steps, prompt)]
    return [ScheduledText(step, text_at(nodes, step, clock)) for step in boundaries(nodes, clock)]


def entry_at(end_steps: Sequence[int], num_calls: int) -> int:
    """Which entry of a schedule the denoiser call after `num_calls` others uses (§1.5).

    Steps count from 1 and calls from 0, so the first entry holds for one call more than it says.
    A sampler that calls more often than the schedule is long is back at the first entry. Both are
    the reference's, and pictures depend on it.
    """
    entry = bisect_left(end_steps, num_calls)
    return entry if entry < len(end_steps) else 0


@dataclass(frozen=True, slots=True)
class Clock:
    """What the number in an edit stands for."""

    first_pass_steps: int
    hires_steps: int | None = None
    old: bool = False

    @property
    def num_steps(self) -> int:
        """How many steps the schedule is long."""
        if self.hires_steps is None or self.old:
            return self.first_pass_steps
        return self.hires_steps

    def last_step_before(self, when: str) -> int:
        """The last step before the change that is written as `when`, at most `num_steps`."""
        value, is_second_pass = float(when), self.hires_steps is not None
        if self.old:
            value = value * self.num_steps if value < 1 else value
        elif "." in when:
            value = (value - is_second_pass) * self.num_steps
        elif is_second_pass:
            value -= self.first_pass_steps
        if not math.isfinite(value):
            raise InvalidRequest(
                f"A prompt cannot change at step `{when}`: write a smaller number."
            )
        return min(self.num_steps, int(value))


def boundaries(nodes: Nodes, clock: Clock) -> list[int]:
    """Every step after which another text may hold, the last step included."""
    steps = {clock.num_steps}
    for node in walk(nodes):
        if isinstance(node, Edit):
            steps.add(clock.last_step_before(node.when))
        elif isinstance(node, Alternation):
            steps.update(range(1, clock.num_steps + 1))
    return sorted(step for step in steps if step >= 1)


def text_at(nodes: Nodes, step: int, clock: Clock) -> str:
    """The text that holds at a step, counted from 1."""
    text: list[str] = []
    waiting: list[Node] = [nodes]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            text.append(node)
        elif isinstance(node, list):
            waiting += reversed(node)
        elif isinstance(node, Edit):
            is_early = step <= clock.last_step_before(node.when)
            waiting.append(node.before if is_early else node.after)
        else:
            waiting.append(node.options[(step - 1) % len(node.options)])
    return "".join(text)


def walk(nodes: Nodes) -> Iterator[Node]:
    """All nodes of a tree; without recursion, since a prompt may nest as deep as it is long."""
    waiting: list[Node] = [nodes]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, Edit):
            waiting += (node.before, node.after)
        elif isinstance(node, Alternation):
            waiting += node.options


@dataclass(slots=True, eq=False)
class OpenBracket:
    """A bracket that waits for its partner, and what was read since."""

    bracket: str
    parts: list[Nodes] = field(default_factory=lambda: [[]])
    separators: list[str] = field(default_factory=list)

    def closed(self) -> Node | None:
        """The construct these brackets are; None if they are none."""
        colons, bars = self.separators.count(":"), self.separators.count("|")
        if not self.separators or (self.bracket, colons, bars) == ("(", 1, 0):
            return [self.bracket, *self.between_separators(), CLOSING[self.bracket]]
        if self.bracket == "(" or (colons and bars):
            return None
        if bars:
            return Alternation(self.parts)
        if colons > 2 or (when := number_in(self.parts[-1])) is None:
            return None
        return Edit(self.parts[0] if colons == 2 else [], self.parts[-2], when)

    def between_separators(self) -> Nodes:
        """The parts as they were written."""
        nodes: Nodes = [self.parts[0]]
        for separator, part in zip(self.separators, self.parts[1:], strict=True):
            nodes += (separator, part)
        return nodes


def number_in(nodes: Nodes) -> str | None:
    """The number that is all there is but for blanks."""
    if len(nodes) != 1 or not isinstance(nodes[0], str):
        return None
    match = NUMBER.fullmatch(nodes[0])
    return match[1] if match else None


def parse(prompt: str) -> Nodes | None:
    """The tree of a prompt; None where it is outside the language."""
    root = OpenBracket("")
    stack = [root]
    for match in TOKEN.finditer(prompt):
        token = match[0]
        if token == "\\":
            return None
        if token in CLOSING:
            stack.append(OpenBracket(token))
        elif token in CLOSING.values():
            close(stack, token)
        elif token in (":", "|"):
            stack[-1].separators.append(token)
            stack[-1].parts.append([])
        else:
            stack[-1].parts[-1].append(token)
    give_up(stack)
    return None if "|" in root.separators else root.between_separators()


def close(stack: list[OpenBracket], token: str) -> None:
    """End the innermost bracket. If that makes no construct, those around it are none either."""
    construct = None
    if CLOSING.get(stack[-1].bracket) == token:
        construct = stack[-1].closed()
    if construct is None:
        give_up(stack)
        stack[0].parts[-1].append(token)
    else:
        stack.pop()
        stack[-1].parts[-1].append(construct)


def give_up(stack: list[OpenBracket]) -> None:
    """Let all brackets that are open stand for themselves."""
    root = stack[0]
    for bracket in stack[1:]:
        root.parts[-1] += (bracket.bracket, *bracket.parts[0])
        root.separators += bracket.separators
        root.parts += bracket.parts[1:]
    del stack[1:]
