"""`python -m pipeline train METHOD FOLDER --name NAME`: training from the command line."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Annotated, Any

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
from pipeline.requests import GenerationRequest
from pipeline.results import (
    Artifact,
    FurnaceReport,
    SamplePictures,
    TrainingNote,
    TrainingProgress,
)
from pipeline.training_folder import read_training_folder
from pipeline.training_methods import find_method
from pipeline.training_request import TrainingRequest

RUNS = Path("training")
OTHER_FIELDS = (
    *("clipping", "clip_limit", "shuffles_tags", "tag_dropout", "flip", "latent_sampling"),
    *("stretches", "precision", "gradient_checkpointing", "log_every", "optimizer"),
)


def method_settings(method: str, typed: Sequence[str]) -> dict[str, Any]:
    """A method with what `--set name=value` says of it.

    Raises `InvalidRequest` that lists what can be set.
    """
    try:
        settings = find_method(method)
    except ValueError as error:
        raise InvalidRequest(str(error)) from error
    known = [name for name in settings.model_fields if name != "kind"]
    return {"kind": settings.model_fields["kind"].default} | assignments(typed, known, "--set")


def other_fields(typed: Sequence[str]) -> dict[str, str]:
    """Fields of a request that have no option of their own."""
    return assignments(typed, OTHER_FIELDS, "--option")


def assignments(typed: Sequence[str], known: Sequence[str], option: str) -> dict[str, str]:
    """`name=value` each. Raises `InvalidRequest` that lists the names there are."""
    values = {}
    for each in typed:
        name, _, value = each.partition("=")
        name = name.strip().replace("-", "_")
        if name not in known:
            raise InvalidRequest(f"`{option} {each}` is not possible: set {', '.join(known)}.")
        values[name] = value.strip()
    return values


def request_of(
    config: PipelineConfig,
    folder: Path,
    samples: Sequence[str],
    size: int | None,
    class_folder: Path | None = None,
    **fields: Any,
) -> TrainingRequest:
    """A request for a folder of pictures; what is None is left to the method."""
    model = config.model(fields.get("model"))
    side = size or model.native_size
    # The same for all prompts, and more than one where the watch asks whether they still differ.
    seeds = (0, 1) if fields.get("watch_every") else (0,)
    wanted = tuple(
        GenerationRequest(
            prompt=prompt,
            seeds=seeds,
            model=fields.get("model"),
            width=model.native_size,
            height=model.native_size,
            guidance_scale=model.guidance_scale,
        )
        for prompt in samples
    )
    given = {name: value for name, value in fields.items() if value is not None}
    pictures = read_training_folder(folder)
    of_class = read_training_folder(class_folder) if class_folder else ()
    return TrainingRequest(
        **given,
        pictures=pictures,
        class_pictures=of_class,
        width=side,
        height=side,
        samples=wanted,
    )


@contextmanager
def stopping() -> Iterator[Event]:
    """Turn Ctrl-C into an event: a step that is cut in two is worth nothing."""
    event = Event()
    before = signal.signal(signal.SIGINT, lambda *_: event.set())
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)


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


def follow(config: PipelineConfig, request: TrainingRequest, folder: Path) -> None:
    """Run a request with a progress bar; what it leaves behind is said at the end."""
    # Not at the top: torch takes seconds, and what is wrong with a request is known before.
    from pipeline.engine.engine import Engine
    from pipeline.training.loss_plot import plot_loss
    from pipeline.workers.installation import install
    from pipeline.workers.training import TrainingRun, news_of

    device = find_devices()[0] if config.devices == "auto" else config.devices[0]
    console = Console()
    columns = (
        *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
        *(TimeRemainingColumn(), TextColumn("loss {task.fields[loss]}")),
    )
    with stopping() as stopped, Progress(*columns, console=console) as bar:
        task = bar.add_task(request.name, total=request.num_steps, loss="")
        news = news_of(TrainingRun(config, request, Engine(config, device), folder))
        for event in news:
            match event:
                case TrainingProgress():
                    loss = f"{event.loss:.4f}"
                    bar.update(task, completed=event.num_done, total=event.num_total, loss=loss)
                case TrainingNote():
                    console.print(event.text, soft_wrap=True)
                case FurnaceReport():
                    console.print(told(event), soft_wrap=True)
                case SamplePictures():
                    for path in keep_samples(event, folder / "samples"):
                        console.print(f"{path}", soft_wrap=True)
                case Artifact(is_final=True) if config.adapters_folder:
                    found = install(event, request.name, config.adapters_folder)
                    how = (
                        "it is one of the models"
                        if found.is_dir()
                        else "prompts find it by its name"
                    )
                    console.print(f"{found}: {how} now.", soft_wrap=True)
                case Artifact():
                    console.print(f"{event.path}", soft_wrap=True)
            if stopped.is_set():
                news.close()
                console.print(f"Stopped; the same command goes on from here. {folder}")
                break
    plot = folder / "loss.png"
    if plot_loss(folder / f"{request.method.kind}_loss.csv", plot):
        console.print(f"{plot}", soft_wrap=True)


def train(
    method: Annotated[str, typer.Argument(help="ti, lora, hypernetwork, dreambooth, aesthetic")],
    pictures: Annotated[Path, typer.Argument(help="a folder; captions in .txt files beside them")],
    name: Annotated[str, typer.Option(help="what prompts will call the result by")],
    steps: Annotated[int | None, typer.Option(help="else the method's usual number")] = None,
    learning_rate: Annotated[
        str | None, typer.Option(help='a rate, or a schedule: "0.005:100, 1e-3:1000"')
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="pictures at once; else 1")] = None,
    accumulation: Annotated[int, typer.Option(help="batches that make one step")] = 1,
    size: Annotated[int | None, typer.Option(help="pixels a side; else the model's own")] = None,
    template: Annotated[
        str | None,
        typer.Option(help='a name such as subject_filewords, or "a [name], [filewords]"'),
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
    model: ModelName = None,
    run: Annotated[Path | None, typer.Option(help="else training/NAME: all that it writes")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Learn something from pictures: an embedding, a LoRA, …; the same command goes on later."""
    with sentences_for_errors():
        settings = load_config(config)
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
        follow(settings, request, run or RUNS / request.name)
