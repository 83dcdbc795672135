"""The `[pipeline]` table: every mistake in it is named."""

import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import read_pipeline_config, read_toml
from pipeline.errors import ConfigError, UnknownModel
from pipeline.results import Artifact
from pipeline.workers.installation import install
from tests.conftest import ROOT, WEIGHTS

MODELS = {"demo": {"path": str(WEIGHTS), "guidance_scale": 3.0}}


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"models": MODELS, "devises": "cpu"}, r"unknown setting in \[pipeline\]: devises"),
        ({"models": {"demo": MODELS["demo"] | {"dtyp": 1}}}, r"models\.demo\.dtyp"),
        ({"models": {}}, "models"),
        ({}, "models: field required"),
        ({"models": MODELS, "step_deadline": 0}, "step deadline: input should be greater than 0"),
        ({"models": MODELS, "adapters": "nowhere"}, "there is no folder `.*nowhere`; make it"),
        ({"models": {"demo": {"path": "nowhere"}}}, "nowhere` is not a Stable Diffusion folder"),
    ],
)
def test_a_mistake_is_named(table: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        read_pipeline_config(table, ROOT)


def test_the_settings_in_the_repository_are_the_defaults_and_know_the_demo_model() -> None:
    shipped = read_toml(ROOT / "config.toml")["pipeline"]
    config = read_pipeline_config(shipped, ROOT)
    own = MODELS["demo"] | {"training": shipped["models"]["demo"]["training"]}
    assert config == read_pipeline_config({"models": {"demo": own}}, ROOT)
    assert config.model().native_size == 128
    with pytest.raises(UnknownModel, match="demo"):
        config.model("nowhere")


def test_the_adapters_folder_starts_at_the_file_and_is_none_where_it_is_empty() -> None:
    found = read_pipeline_config({"models": MODELS, "adapters": "tests"}, ROOT)
    assert found.adapters_folder == ROOT / "tests"
    assert read_pipeline_config({"models": MODELS}, ROOT).adapters_folder is None


def test_what_was_taught_is_a_model_but_neither_what_it_replaced_nor_half_a_copy(
    tmp_path: Path,
) -> None:
    for name in ("v1.0 zuk", "v1.0 zuk.previous", ".v1.0 zuk.part"):
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        (folder / "model_index.json").write_text("{}", "utf-8")
    config = read_pipeline_config({"models": MODELS, "adapters": str(tmp_path)}, ROOT)
    assert list(config.models) == ["demo", "v1.0 zuk"]


def test_what_was_taught_has_the_settings_of_the_model_that_it_was_taught_from(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    taught = tmp_path / "run" / "zuk"
    taught.mkdir(parents=True)
    (taught / "model_index.json").write_text("{}", "utf-8")
    artifact = Artifact("one", "models", taught, 10, is_final=True)
    for name, base in (
        *(("zuk", "plain"), ("a-later", "zuk")),
        *(("zuk", "zuk"), ("lost", "gone"), ("a-found", "lost")),
    ):
        install(artifact, name, tmp_path, base)
    (tmp_path / "models" / "by hand").mkdir()
    (tmp_path / "models" / "by hand" / "model_index.json").write_text("{}", "utf-8")
    models = {**MODELS, "plain": {"path": str(WEIGHTS), "guidance_scale": 5.0}}
    found = read_pipeline_config({"models": models, "adapters": str(tmp_path)}, ROOT).models
    assert {name: it.guidance_scale for name, it in found.items()} == {
        name: 5.0 if name in ("plain", "zuk", "a-later") else 3.0 for name in found
    }
    assert found["zuk"].path == tmp_path / "models" / "zuk"
    assert [re.findall("`(.*?)`", it) for it in caplog.messages] == [
        ["a-found", "gone", "demo"],
        ["lost", "gone", "demo"],
    ]


def test_a_file_that_is_missing_or_no_toml_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_toml(tmp_path / "config.toml")
    (tmp_path / "config.toml").write_text("[pipeline")
    with pytest.raises(ConfigError, match="is not valid TOML"):
        read_toml(tmp_path / "config.toml")
