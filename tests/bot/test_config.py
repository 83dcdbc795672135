"""The whole configuration: what the repository ships works, and mistakes are named."""

import tomllib
from pathlib import Path

import pytest

from bot.config import Config, LimitsConfig, Settings, read_config
from pipeline import ConfigError

ROOT = Path(__file__).parents[2]


def written(folder: Path, model_folder: Path, text: str = "") -> Path:
    path = folder / "config.toml"
    path.write_text(f'{text}\n[pipeline.models.sd]\npath = "{model_folder}"\n')
    return path


def test_left_out_settings_have_the_defaults_that_the_shipped_file_shows(
    tmp_path: Path, model_folder: Path
) -> None:
    shipped = tomllib.loads((ROOT / "config.toml").read_text())
    del shipped["pipeline"]
    assert Settings.model_validate(shipped) == Settings()
    assert set(shipped) == set(Settings.model_fields)
    assert {table: set(values) for table, values in shipped.items()} == {
        table: set(values) for table, values in Settings().model_dump().items()
    }
    assert isinstance(read_config(written(tmp_path, model_folder)), Config)


def test_relative_paths_start_at_the_configuration_file(tmp_path: Path, model_folder: Path) -> None:
    config = read_config(written(tmp_path, model_folder, '[storage]\nfolder = "kept"'))
    assert config.storage.folder == tmp_path / "kept"
    assert config.folder == tmp_path
    assert config.limits == LimitsConfig()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[limits]\nmax_wating = 3", r"unknown setting in \[limits\]: max_wating"),
        ("[limit]\nmax_waiting = 3", "unknown setting at the top: limit"),
        ('[storage]\nartifacts = "data/pictures"', r"\[storage\] artifacts: .*name another"),
        ("[limits]\nmax_waiting = 0", r"\[limits\] max_waiting: "),
        ('[limits]\nmax_waiting = "many"', r"\[limits\] max_waiting: "),
        (
            '[limits.roles."A B"]\nmax_hour = 1',
            r"unknown setting in \[limits.roles.A B\]: max_hour",
        ),
        ("[limits.roles.A]\nmax_work = -1", r"\[limits.roles.A\] max_work: "),
        ('[discord]\napi_url = "localhost"', r"\[discord\] api_url: "),
        ("[pipeline]\nthread = 3", r"unknown setting in \[pipeline\]: thread"),
        ("[limits", "not valid TOML"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_setting(
    text: str, named: str, tmp_path: Path, model_folder: Path
) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        read_config(written(tmp_path, model_folder, text))
    assert "\n" not in caught.value.message


def test_a_missing_file_and_a_missing_model_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        read_config(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigError, match="no-model"):
        read_config(written(tmp_path, tmp_path / "no-model"))
