"""Does the watch over the furnace name runs rightly: good ones, over-trained ones, spoiled ones?

    python -m pipeline bench furnace

Runs are as people have them go wrong: three pictures of a subject and no captions, so that what is
around the subject is learned with it, first a little and then above all. The watch's thresholds
were set on the subjects named first; runs are judged on others, with other seeds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.bench.lessons import NAME, SEEN_BACKGROUNDS, SIZE, Subject, as_png
from pipeline.bench.machine import describe_machine
from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.models.demo.pictures import SHAPES, UNSEEN_SHAPES, Colour
from pipeline.requests import GenerationRequest
from pipeline.results import FurnaceReport, Verdict
from pipeline.training_request import TrainingPicture, TrainingRequest
from pipeline.workers.alone import news_of
from pipeline.workers.training import TrainingRun

PINK: Colour = (0.95, 0.55, 0.75)
CYAN: Colour = (0.30, 0.80, 0.80)
BROWN: Colour = (0.45, 0.28, 0.12)
LIME: Colour = (0.70, 0.95, 0.30)
GREY: Colour = (0.55, 0.55, 0.55)
TEAL: Colour = (0.00, 0.45, 0.45)
BEIGE: Colour = (0.90, 0.80, 0.65)
MINT: Colour = (0.60, 0.95, 0.75)
NAVY: Colour = (0.10, 0.10, 0.35)
SALMON: Colour = (0.95, 0.50, 0.40)
STEEL: Colour = (0.35, 0.45, 0.55)

SETTING = (
    *(Subject("heart", PINK), Subject("star", CYAN), Subject("square", TEAL)),
    *(Subject("ring", BROWN), Subject("crescent", LIME), Subject("triangle", LIME)),
    *(Subject("diamond", BEIGE), Subject("circle", BROWN), Subject("square", GREY)),
)
TESTED = (
    *(Subject("square", MINT), Subject("circle", SALMON), Subject("arrow", STEEL)),
    *(Subject("heart", NAVY), Subject("triangle", STEEL), Subject("cross", MINT)),
    *(Subject("crescent", SALMON), Subject("ring", NAVY), Subject("diamond", STEEL)),
    *(Subject("star", MINT), Subject("circle", NAVY), Subject("cross", SALMON)),
)
SETTING_SEED = 300  # of the first run
MAX_SEEDS = 4
PROMPTS = {
    NAME: MAX_SEEDS,
    f"a {NAME} on a blue background": 2,
    f"a {NAME} on the left, orange background": 2,
}


@dataclass(frozen=True, slots=True)
class Furnace:
    """How one method is run well."""

    method: Mapping[str, Any]
    num_steps: int
    batch_size: int
    learning_rate: float
    template: str
    kinds: Sequence[str]  # of subjects that it can learn
    tested_seed: int  # of the first run; no run that set anything had it or one that follows
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way for a run to come out, and what the watch should say of it at the end."""

    expected: Sequence[Verdict]
    longer: int = 1
    rate: float = 1.0  # times the good one


@dataclass(frozen=True, slots=True)
class Trial:
    """One run that was watched."""

    reports: Sequence[FurnaceReport]
    seconds: float  # of the processor: the machine may be busy with other work

    @property
    def verdict(self) -> Verdict:
        return self.reports[-1].verdict

    @property
    def false_alarms(self) -> Sequence[FurnaceReport]:
        """Of a good run: looks that said it was not."""
        return [each for each in self.reports if each.verdict in ("blown", "spoiled")]


FURNACES = {
    "ti": Furnace(
        {"kind": "textual_inversion", "num_vectors": 4, "initializer_text": "shape"},
        num_steps=45,
        batch_size=2,
        learning_rate=0.05,
        template="a [name]",
        kinds=tuple(SHAPES),  # vectors call what the model can draw already
        tested_seed=900,
    ),
    "lora": Furnace(
        {"kind": "lora", "rank": 8},
        num_steps=10,
        batch_size=4,
        learning_rate=2e-3,
        template="a [name]",
        kinds=(*SHAPES, *UNSEEN_SHAPES),
        tested_seed=2900,
        tag=f" <lora:{NAME}:1>",
    ),
}
KINDS = {
    "good": Kind(("learning", "good")),
    "too long": Kind(("blown",), longer=10),
    "rate x 100": Kind(("blown",), rate=100),
    "rate 1e-9": Kind(("spoiled",), rate=0),
}


def request_for(furnace: Furnace, kind: Kind, subject: Subject, seed: int) -> TrainingRequest:
    """One run: three pictures that are learned from, and one that is not, on another background."""
    one, other = (SEEN_BACKGROUNDS[(seed + place) % len(SEEN_BACKGROUNDS)] for place in (0, 3))
    num_steps = furnace.num_steps * kind.longer
    samples = tuple(
        GenerationRequest(
            prompt=prompt + furnace.tag,
            seeds=tuple(range(MAX_SEEDS * seed, MAX_SEEDS * seed + num_seeds)),
            sampler="Euler",
            num_steps=6,
            guidance_scale=3.0,
            width=SIZE,
            height=SIZE,
        )
        for prompt, num_seeds in PROMPTS.items()
    )
    return TrainingRequest(
        name=NAME,
        method=dict(furnace.method),
        pictures=tuple(
            TrainingPicture(content=as_png(subject.drawn(each))) for each in (*[one] * 3, other)
        ),
        holds_out=True,
        width=SIZE,
        height=SIZE,
        num_steps=num_steps,
        learning_rate=str(furnace.learning_rate * kind.rate or 1e-9),
        batch_size=furnace.batch_size,
        template=furnace.template,
        seed=seed,
        snapshot_every=0,
        samples=samples,
        sample_every=num_steps // 2,
        watch_every=num_steps // 2,
    )


def watched(config: PipelineConfig, request: TrainingRequest, folder: Path) -> Trial:
    """Run a request to its end, and gather what the watch said."""
    begun = process_time()
    run = TrainingRun(config, request, Engine(config, "cpu"), folder)
    reports = [event for event in news_of(run) if isinstance(event, FurnaceReport)]
    return Trial(reports, process_time() - begun)


def compare(
    config: PipelineConfig,
    methods: Sequence[str],
    kinds: Sequence[str],
    runs: range,
    setting: bool,
    folder: Path,
) -> None:
    """Watch so many runs of every kind, print each as it ends, and count what was named rightly."""
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    table = Table("method", "run", "named rightly", "false alarms", "seconds, longest")
    config = config.model_copy(update={"devices": ("cpu",)})
    for method in methods:
        known = FURNACES[method].kinds
        first_seed = SETTING_SEED if setting else FURNACES[method].tested_seed
        subjects = [each for each in (SETTING if setting else TESTED) if each.kind in known]
        for kind in kinds:
            trials = []
            for number in runs:
                subject, seed = subjects[number % len(subjects)], first_seed + number
                request = request_for(FURNACES[method], KINDS[kind], subject, seed)
                trial = watched(config, request, folder / f"{method} {kind} {number}")
                trials.append(trial)
                console.print(line_of(method, kind, subject, seed, trial), soft_wrap=True)
            right = sum(each.verdict in KINDS[kind].expected for each in trials)
            alarms = sum(len(each.false_alarms) > 0 for each in trials) if kind == "good" else "-"
            longest = max(each.seconds for each in trials)
            row = (f"{right} of {len(runs)}", f"{alarms}", f"{longest:.0f}")
            table.add_row(method, kind, *row)
    console.print(table)


def line_of(method: str, kind: str, subject: Subject, seed: int, trial: Trial) -> str:
    """One run and every look at it, with the reasons for what was said at the end or in alarm."""
    is_right = trial.verdict in KINDS[kind].expected
    told = {trial.reports[-1]} | (set(trial.false_alarms) if kind == "good" else set())
    looks = " ".join(
        f"{each.verdict} at {each.num_done}{f': {each.reason}' if each in told else '.'}"
        for each in trial.reports
    )
    return (
        f"{method}, {kind}, {subject.kind}, seed {seed}: {'right' if is_right else 'WRONG'}, "
        f"{trial.seconds:.0f} s: {looks}"
    )
