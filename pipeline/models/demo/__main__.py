"""`python -m pipeline.models.demo`: train the demo model, or go on where it stopped."""

import csv
import os
from pathlib import Path
from typing import Annotated

import typer

from pipeline.models.demo.clip import train_clip, train_image_tower
from pipeline.models.demo.export import export
from pipeline.models.demo.pool import encode_pool
from pipeline.models.demo.report import diffusers_generate, obedience
from pipeline.models.demo.starting import start_from
from pipeline.models.demo.training import together
from pipeline.models.demo.unet import BATCH, last_step, train_unet
from pipeline.models.demo.vae import train_decoder, train_vae

WEIGHTS = Path(__file__).parent / "weights"
PROCESSES = os.cpu_count() or 1

Work = Annotated[Path, typer.Option(help="where snapshots are kept")]
Start = Annotated[Path | None, typer.Option(help="finished weights whose UNet is trained further")]
app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def vae(work: Work) -> None:
    """Train the autoencoder."""
    work.mkdir(parents=True, exist_ok=True)
    for stage in (train_vae, train_decoder):
        together(stage, work, PROCESSES)


@app.command()
def clip(work: Work) -> None:
    """Train the text and image towers."""
    work.mkdir(parents=True, exist_ok=True)
    for stage in (train_clip, train_image_tower):
        together(stage, work, PROCESSES)


@app.command()
def pool(work: Work) -> None:
    """Draw and encode the UNet's pictures."""
    together(encode_pool, work, PROCESSES)


@app.command()
def unet(work: Work) -> None:
    """Train the UNet."""
    together(train_unet, work, PROCESSES)


@app.command()
def judge(work: Work, count: int = 100) -> None:
    """Measure the last snapshots and add a line to the learning curve."""
    folder = work / "judged"
    export(work, folder)
    shares = obedience(diffusers_generate(folder), count)
    step = last_step(work)
    row = {"step": step, "pictures": step * BATCH * PROCESSES} | shares
    curve = work / "curve.csv"
    known = curve.exists()
    with curve.open("a", newline="") as file:
        writer = csv.DictWriter(file, row.keys())
        if not known:
            writer.writeheader()
        writer.writerow(row)
    typer.echo(row)


@app.command(name="export")
def write(work: Work, folder: Path = WEIGHTS) -> None:
    """Write the last snapshots as a Stable Diffusion folder."""
    export(work, folder)


@app.command()
def train(work: Work, folder: Path = WEIGHTS, start: Start = None) -> None:
    """Everything, in order; what is finished is passed over."""
    if start:
        start_from(start, work)
    for part in (pool, unet) if start else (vae, clip, pool, unet):
        part(work)
    export(work, folder)


if __name__ == "__main__":
    app()
