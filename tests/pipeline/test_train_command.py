"""The command that trains: what it leaves behind, and what it says to nonsense."""

import json
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.adapters.embedding import read_embedding
from pipeline.cli import app
from pipeline.images.files import read_settings
from pipeline.results import TrainingNews
from pipeline.train_command import alone_in
from pipeline.workers.training import TrainingRun
from tests.conftest import WEIGHTS
from tests.pipeline.training.conftest import drawn


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, two pictures, and a folder of adapters."""
    pipeline = '[pipeline]\ndevices = ["cpu"]\nadapters = "adapters"\n'
    config = f'{pipeline}[pipeline.models.demo]\npath = "{WEIGHTS}"\n'
    (tmp_path / "config.toml").write_text(config, "utf-8")
    for folder in ("adapters", "pictures"):
        (tmp_path / folder).mkdir()
    for place, background in enumerate(("red", "green")):
        (tmp_path / "pictures" / f"{place}-{background}.png").write_bytes(drawn(background))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["train", *arguments])
    return result.exit_code, result.output


def test_what_was_learned_is_found_by_its_name_at_once(workplace: Path) -> None:
    command = ["ti", "pictures", "--name", "grau", "--size", "64", "--set", "num_vectors=2"]
    sampling = ["--sample", "a grau circle", "--sample-every", "2", "--option", "log_every=1"]
    status, said = train(*command, "--steps", "3", *sampling)
    assert status == 0, said
    found = read_embedding(workplace / "adapters" / "embeddings" / "grau.pt")
    assert (found.name, len(found.vectors), found.step) == ("grau", 2, 3)
    assert "prompts find it by its name now" in said
    written = {path.name for path in (workplace / "training" / "grau").iterdir()}
    assert written >= {"settings.json", "state.pt", "grau-2.pt", "grau.pt", "loss.png", "samples"}

    status, said = train(*command, "--steps", "4", *sampling)
    assert status == 0, said
    assert "Going on after step 3." in said
    previous = workplace / "adapters" / "embeddings" / "grau.pt.previous"
    assert previous.is_file()


def test_a_model_that_was_taught_is_one_of_the_models_at_once(workplace: Path) -> None:
    settings = ["--set", "class_prompt=a circle", "--set", "num_class_pictures=2"]
    command = ["db", "pictures", "--name", "v1.0 grau", "--size", "64", "--steps", "1", *settings]
    status, said = train(*command, "--sample", "a v1.0 grau", "--sample-every", "1")
    assert status == 0, said
    assert "it is one of the models now" in said
    run = workplace / "training" / "v1.0 grau"
    assert len(list((run / "class").glob("*.png"))) == 2
    assert (run / "v1.0 grau.safetensors").is_file()
    assert (run / "v1.0 grau-lora.safetensors").is_file()
    assert list((run / "samples").glob("*.png"))

    asked = ["generate", "a circle", "--model", "v1.0 grau", "--steps", "1", "--out", "out"]
    result = CliRunner().invoke(app, [*asked, "--width", "64", "--height", "64"])
    assert result.exit_code == 0, result.output
    assert "Model: v1.0 grau" in result.output


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (["aesthetic", "--set", "suffix=.safetensors"], "aesthetic/grau.safetensors"),
        (["hn", "--set", "layers=1, 1.5, 1", "--set", "activation=relu"], "hypernetworks/grau.pt"),
    ],
)
def test_every_method_lays_its_result_where_prompts_look(
    workplace: Path, method: list[str], path: str
) -> None:
    name, *settings = method
    options = ["--name", "grau", "--size", "64", "--steps", "1"]
    status, said = train(name, "pictures", *options, *settings)
    assert status == 0, said
    assert (workplace / "adapters" / path).is_file()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["foo", "pictures"], "There is no method called `foo`. Try: textual_inversion"),
        (["ti", "nowhere"], "There is no folder `nowhere`."),
        (["ti", "adapters"], "There are no pictures in `adapters`"),
        (["ti", "pictures", "--set", "rank=3"], "set num_vectors, initializer_text."),
        (["ti", "pictures", "--option", "x=3"], "`--option x=3` is not possible: set clipping"),
        (["ti", "pictures", "--learning-rate", ","], "The learning rate `,` says nothing"),
        (["ti", "pictures", "--template", "a dog"], "The template `a dog` is none"),
        (["hn", "pictures", "--set", "layers=1,2"], "A layer structure needs 3 to 32 stages"),
        (["hn", "pictures", "--set", "layers=a,b,c"], "layers"),
        (["ti", "pictures", "--option", "clip_limit=,"], "The clip limit `,` says nothing"),
        (["ti", "pictures", "--sample", "a grau"], "`--sample` and `--sample-every` need each"),
        (["ti", "pictures", "--sample-every", "2"], "`--sample` and `--sample-every` need each"),
        (["ti", "pictures", "--stop-when-blown"], "`--stop-when-blown` needs `--watch-every`"),
        (["ti", "pictures", "--template", "[name]s"], "The name `grau` runs into what stands"),
    ],
)
def test_nonsense_is_answered_with_one_sentence(
    workplace: Path, arguments: list[str], sentence: str
) -> None:
    status, said = train(*arguments, "--name", "grau")
    assert status == 1
    assert sentence in said.replace("\n", " ")


def test_a_model_is_not_taught_under_the_name_of_one_that_would_hide_it(workplace: Path) -> None:
    status, said = train("db", "pictures", "--name", "demo", "--size", "64", "--steps", "1")
    assert (status, "have a model called `demo` already" in said) == (1, True)


@pytest.mark.parametrize("prompt", ["a grau", "a grau <lora:grau:1>"])
def test_sample_pictures_show_what_was_learned_whether_their_prompt_calls_it_or_not(
    workplace: Path, prompt: str
) -> None:
    command = ["lora", "pictures", "--name", "grau", "--size", "64", "--steps", "2"]
    sampling = ["--sample", prompt, "--sample-every", "2", "--learning-rate", "0.1"]
    status, said = train(*command, *sampling)
    assert status == 0, said
    samples = workplace / "training" / "grau" / "samples"
    before, after = (samples / f"{step}-0.png" for step in (0, 2))
    assert "<lora:grau:1>" in str(read_settings(after.read_bytes()))
    assert before.read_bytes() != after.read_bytes()


def test_ctrl_c_stops_a_run_that_still_makes_pictures_of_the_class(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = []
    real = TrainingRun.step

    def step(run: TrainingRun) -> Sequence[TrainingNews]:
        turns.append(run)
        if len(turns) == 3:
            signal.raise_signal(signal.SIGINT)
        return real(run)

    monkeypatch.setattr(TrainingRun, "step", step)
    settings = ["--set", "class_prompt=a circle", "--set", "num_class_pictures=16"]
    command = ["db", "pictures", "--name", "grau", "--size", "64", "--steps", "1", *settings]
    status, said = train(*command)
    assert (status, len(turns)) == (0, 3), said
    assert "Pictures of the class that are missing are made first" in said
    assert "Stopped; the same command goes on from here." in said


def test_a_refused_command_leaves_what_the_run_was_asked_for_written_down(workplace: Path) -> None:
    command = ["ti", "pictures", "--name", "grau", "--size", "64", "--steps", "1"]
    assert train(*command)[0] == 0
    settings = workplace / "training" / "grau" / "settings.json"
    before = settings.read_text("utf-8")
    status, said = train(*command, "--seed", "5")
    assert (status, "a run with other pictures or settings" in said) == (1, True)
    assert settings.read_text("utf-8") == before


def test_a_template_is_shown_with_its_brackets_in_the_help() -> None:
    _, said = train("--help")
    assert '"a [name], [filewords]"' in " ".join(said.replace("│", " ").split())


def test_a_model_with_habits_of_its_own_learns_by_them_unless_others_are_typed(
    workplace: Path,
) -> None:
    with (workplace / "config.toml").open("a", encoding="utf-8") as file:
        file.write("training.lora = { num_steps = 2, learning_rate = 2e-3, batch_size = 3 }\n")
    command = ["lora", "pictures", "--name", "grau", "--size", "64"]
    for run, typed, expected in (
        ("its own", [], (2, "0.002", 3)),
        ("typed", ["--steps", "1", "--learning-rate", "1e-4"], (1, "1e-4", 3)),
    ):
        status, said = train(*command, *typed, "--run", run)
        assert status == 0, said
        settings = json.loads((workplace / run / "settings.json").read_text("utf-8"))
        numbers = tuple(settings[each] for each in ("num_steps", "learning_rate", "batch_size"))
        assert numbers == expected


def test_a_run_that_goes_on_already_is_not_joined_by_another(workplace: Path) -> None:
    command = ["ti", "pictures", "--name", "grau", "--size", "64", "--steps", "1"]
    with alone_in(workplace / "training" / "grau"):
        status, said = train(*command)
    assert (status, "a run is going on already" in said) == (1, True)
    assert train(*command)[0] == 0


def test_it_is_said_how_pictures_are_made_with_what_was_learned(workplace: Path) -> None:
    for method, said_of_it in (
        ("lora", "prompts find it as <lora:grau:1> now."),
        ("aesthetic", '--advanced "Aesthetic embedding: grau" finds it now.'),
    ):
        options = ["--name", "grau", "--size", "64", "--steps", "1", "--run", method]
        status, said = train(method, "pictures", *options)
        assert (status, said_of_it in said) == (0, True), said


def test_paths_with_brackets_are_told_as_they_are(workplace: Path) -> None:
    command = ["ti", "pictures", "--name", "grau", "--size", "64", "--steps", "20"]
    _, said = train(*command, "--run", "runs [old]/grau")
    assert "runs [old]/grau/loss.png" in said


def test_an_embedding_is_converted_into_a_card_and_back(workplace: Path) -> None:
    golden = Path(__file__).parents[1] / "golden" / "data" / "ti_webui.pt"
    pictured = ["--picture", str(workplace / "pictures" / "0-red.png")]
    for command in (
        ["convert", str(golden), "card.png", *pictured],
        ["convert", "card.png", "b.bin"],
    ):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
    assert read_embedding(Path("card.png")).vectors.equal(read_embedding(golden).vectors)
    assert read_embedding(Path("b.bin")).vectors.equal(read_embedding(golden).vectors)
    for target, sentence in (("c.png", "needs a picture"), ("c.gif", "There is no layout")):
        result = CliRunner().invoke(app, ["convert", str(golden), target])
        assert (result.exit_code, sentence in result.output) == (1, True)


def test_the_watch_tells_what_it_saw_and_a_run_goes_on_from_the_step_that_was_better(
    workplace: Path,
) -> None:
    command = ["ti", "pictures", "--name", "grau", "--size", "64", "--snapshot-every", "1"]
    status, said = train(
        *command, "--steps", "3", "--watch-every", "1", "--hold-out", "--learning-rate", "1e-9"
    )
    assert status == 0, said
    assert "Step 1: too early." in said
    assert "Step 3: spoiled. The loss on the same probes is 100 %" in said

    more = ["--steps", "3", "--hold-out", "--learning-rate", "0.01", "--resume-from"]
    status, said = train(*command, *more, "1")
    assert status == 0, said
    assert "Going on after step 1." in said
    status, said = train(*command, *more, "7")
    assert status == 1
    assert "The snapshot of step 7 is not kept: kept are those of step 1, 2, 3." in said
