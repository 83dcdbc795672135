"""What all commands of the command line share: where settings are, and errors as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pipeline.config import PipelineConfig, read_pipeline_config, read_toml
from pipeline.errors import PipelineError

ConfigPath = Annotated[Path, typer.Option(help="where the settings are")]
ModelName = Annotated[str | None, typer.Option(help="a model's name in the settings")]
DEFAULT_CONFIG = Path("config.toml")


def load_config(path: Path) -> PipelineConfig:
    """The `[pipeline]` part of a configuration file."""
    table = read_toml(path).get("pipeline", {})
    return read_pipeline_config(table, path.parent)


@contextmanager
def sentences_for_errors() -> Iterator[None]:
    """End with one sentence where an error of ours, or of the disk, would end with a traceback."""
    try:
        yield
    except PipelineError as error:
        complaint = error.message
    except OSError as error:
        where = f"`{error.filename}`: " if error.filename else ""
        complaint = f"{where}{error.strerror}."
    else:
        return
    typer.echo(complaint, err=True)
    raise typer.Exit(1)
