"""`python -m pipeline convert mine.pt mine.png`: an embedding in another layout."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.console import sentences_for_errors
from pipeline.errors import InvalidRequest
from pipeline.pictures import open_picture


def convert(
    source: Annotated[Path, typer.Argument(help="an embedding in any layout, cards included")],
    target: Annotated[Path, typer.Argument(help=".pt (webui), .bin, .safetensors, or .png (card)")],
    picture: Annotated[Path | None, typer.Option(help="what a card shows")] = None,
) -> None:
    """Write an embedding in another layout; a card carries it in a picture."""
    # Not at the top: they bring in torch, which no other command needs here.
    from pipeline.adapters.embedding import read_embedding
    from pipeline.adapters.embedding_writing import write_embedding

    with sentences_for_errors():
        try:
            shown = open_picture(picture.read_bytes()) if picture else None
            write_embedding(target, read_embedding(source), shown)
        except ValueError as error:
            raise InvalidRequest(str(error)) from error
