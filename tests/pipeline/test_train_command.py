"""The command that trains: what it leaves behind, and what it says to nonsense."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.adapters.embedding import read_embedding
from pipeline.cli import app
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
    ],
)
def test_nonsense_is_answered_with_one_sentence(
    workplace: Path, arguments: list[str], sentence: str
) -> None:
    status, said = train(*arguments, "--name", "grau")
    assert status == 1
    assert sentence in said.replace("\n", " ")


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
