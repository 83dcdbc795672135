"""`python -m pipeline train METHOD FOLDER --name NAME`: training from the command line."""

import fcntl
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pipeline.config import PipelineConfig
from pipeline.console import (
    DEFAULT_CONFIG,
    ConfigPath,
    ModelName,
    load_config,
    sentences_for_errors,
)
from pipeline.devices import find_devices
from pipeline.errors import InvalidRequest
from pipeline.results import (
    Artifact,
    FurnaceReport,
    SamplePictures,
    TrainingNews,
    TrainingNote,
    TrainingProgress,
)
from pipeline.train_options import (
    method_settings,
    other_fields,
    refuse_half_said,
    refuse_taken_name,
    request_of,
)
from pipeline.training_board import Board
from pipeline.training_methods import DreamBoothSettings
from pipeline.training_presets import TAGS
from pipeline.training_request import TrainingRequest

RUNS = Path("training")
CLASS_PICTURES = "class"  # a folder in a run's
LOCK = "command.lock"


@contextmanager
def stopping() -> Iterator[Event]:
    """Turn Ctrl-C into an event: a step that is cut in two is worth nothing."""
    event = Event()
    before = signal.signal(signal.SIGINT, lambda *_: event.set())
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other commands out of a run's folder: two would mix up each other's snapshots.

    Raises `InvalidRequest` where another one is there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InvalidRequest(
                f"In `{folder}` a run is going on already: wait for its end, or name another "
                "folder with `--run`."
            ) from error
        yield


def keep_samples(event: SamplePictures, folder: Path) -> Iterator[Path]:
    """Write sample pictures down, by their steps and places."""
    folder.mkdir(exist_ok=True)
    for place, png in enumerate(event.pictures):
        path = folder / f"{event.num_done}-{place}.png"
        path.write_bytes(png)
        yield path


def told(report: FurnaceReport) -> str:
    """What the watch over a run saw, in a line."""
    verdict = report.verdict.replace("_", " ")
    best = " The best so far." if report.is_best else ""
    return f"Step {report.num_done:,}: {verdict}. {report.reason}{best}"


def way_to_use(request: TrainingRequest) -> str:
    """How what was learned is called, once it is in its place."""
    match request.method.kind:
        case "dreambooth":
            return "it is one of the models"
        case "aesthetic":
            return f'--advanced "Aesthetic embedding: {request.name}" finds it'
        case "textual_inversion":
            return "prompts find it by its name"
        case kind:
            return f"prompts find it as {TAGS[kind].strip().format(name=request.name)}"


def lines_of(
    event: TrainingNews, config: PipelineConfig, request: TrainingRequest, folder: Path
) -> Iterator[str]:
    """What an event comes to in words, once what it brings has been put in its place."""
    from pipeline.workers.installation import install

    match event:
        case TrainingNote():
            yield event.text
        case FurnaceReport():
            yield told(event)
        case SamplePictures():
            yield from map(str, keep_samples(event, folder / "samples"))
        case Artifact(is_final=True) if config.adapters_folder:
            base = request.model or config.default_model
            found = install(event, request.name, config.adapters_folder, base)
            yield f"{found}: {way_to_use(request)} now."
        case Artifact():
            yield f"{event.path}"


def follow(
    config: PipelineConfig, request: TrainingRequest, folder: Path, board: Board | None = None
) -> None:
    """Run a request with a progress bar; what it leaves behind is said at the end."""
    # Not at the top: torch takes seconds, and what is wrong with a request is known before.
    from pipeline.engine.engine import Engine
    from pipeline.training.loss_plot import plot_loss
    from pipeline.workers.training import TrainingRun

    device = find_devices()[0] if config.devices == "auto" else config.devices[0]
    console = Console(markup=False)  # names and paths may have brackets in them
    columns = (
        *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
        *(TimeRemainingColumn(), TextColumn("loss {task.fields[loss]}")),
    )
    with stopping() as stopped, Progress(*columns, console=console) as bar:
        task = bar.add_task(request.name, total=request.num_steps, loss="")
        if isinstance(request.method, DreamBoothSettings) and request.method.class_prompts:
            console.print(
                "Pictures of the class that are missing are made first: see "
                f"{folder / CLASS_PICTURES}",
                soft_wrap=True,
            )
        run, is_whole = TrainingRun(config, request, Engine(config, device), folder), False
        try:
            # Turn by turn: between two events hundreds of pictures may be made.
            while not (run.has_ended or stopped.is_set()):
                for event in run.step():
                    is_whole = is_whole or (isinstance(event, Artifact) and event.is_final)
                    if board:
                        board.show(event)
                    if isinstance(event, TrainingProgress):
                        loss = f"{event.loss:.4f}"
                        bar.update(task, completed=event.num_done, total=event.num_total, loss=loss)
                    for line in lines_of(event, config, request, folder):
                        console.print(line, soft_wrap=True)
        finally:
            run.close()
            if board:
                board.close()
        if stopped.is_set() and not is_whole:
            console.print(f"Stopped; the same command goes on from here. {folder}", soft_wrap=True)
    plot = folder / "loss.png"
    if plot_loss(folder / f"{request.method.kind}_loss.csv", plot):
        console.print(f"{plot}", soft_wrap=True)


def train(
    method: Annotated[str, typer.Argument(help="ti, lora, hypernetwork, dreambooth, aesthetic")],
    pictures: Annotated[Path, typer.Argument(help="a folder; captions in .txt files beside them")],
    name: Annotated[str, typer.Option(help="what prompts will call the result by")],
    steps: Annotated[
        int | None, typer.Option(help="else what is usual for the model and the method")
    ] = None,
    learning_rate: Annotated[
        str | None,
        typer.Option(help='a rate, or a schedule: "0.005:100, 1e-3:1000"; else the usual one'),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="pictures at once; else as is usual")
    ] = None,
    accumulation: Annotated[int, typer.Option(help="batches that make one step")] = 1,
    size: Annotated[int | None, typer.Option(help="pixels a side; else the model's own")] = None,
    template: Annotated[
        str | None,
        typer.Option(help=r'a name such as subject_filewords, or "a \[name], \[filewords]"'),
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="what only this method has: rank=8")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="any other field of a request: flip=0.5, clipping=norm")
    ] = None,
    seed: Annotated[int, typer.Option(help="of everything random")] = 0,
    snapshot_every: Annotated[int, typer.Option(help="steps; 0: only at the end")] = 500,
    keep_snapshots: Annotated[int, typer.Option(help="of the latest; the best is kept too")] = 10,
    resume_from: Annotated[
        int | None, typer.Option(help="the step of an earlier snapshot; what came after it goes")
    ] = None,
    sample: Annotated[
        list[str] | None, typer.Option(help="a prompt to see how far it is; may be repeated")
    ] = None,
    sample_every: Annotated[int, typer.Option(help="steps; 0: never")] = 0,
    watch_every: Annotated[
        int, typer.Option(help="steps between looks for over-training; 0: never")
    ] = 0,
    hold_out: Annotated[
        bool, typer.Option("--hold-out", help="only look at the last picture, for the watch")
    ] = False,
    stop_when_blown: Annotated[
        bool, typer.Option("--stop-when-blown", help="end over-training with the best snapshot")
    ] = False,
    class_pictures: Annotated[
        Path | None, typer.Option(help="of DreamBooth: a folder; what it lacks is made")
    ] = None,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="write down for TensorBoard how it goes, too")
    ] = False,
    model: ModelName = None,
    run: Annotated[Path | None, typer.Option(help="else training/NAME: all that it writes")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Learn something from pictures: an embedding, a LoRA, …; the same command goes on later."""
    with sentences_for_errors():
        settings = load_config(config)
        refuse_half_said(sample or [], sample_every, watch_every, stop_when_blown)
        request = request_of(
            settings,
            pictures,
            sample or [],
            size,
            class_pictures,
            name=name,
            method=method_settings(method, set_ or []),
            model=model,
            num_steps=steps,
            learning_rate=learning_rate,
            batch_size=batch_size,
            accumulation=accumulation,
            template=template,
            seed=seed,
            snapshot_every=snapshot_every,
            kept_snapshots=keep_snapshots,
            resume_from=resume_from,
            sample_every=sample_every,
            watch_every=watch_every,
            holds_out=hold_out,
            stops_when_blown=stop_when_blown,
            **other_fields(option or []),
        )
        refuse_taken_name(settings, request)
        place = run or RUNS / request.name
        with alone_in(place):
            follow(settings, request, place, Board(place / "tensorboard") if tensorboard else None)
