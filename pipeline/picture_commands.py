"""Commands about pictures: what one begins from, one made larger, a gallery of all controls."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from pipeline.config import PipelineConfig
from pipeline.console import DEFAULT_CONFIG, ConfigPath, load_config, sentences_for_errors
from pipeline.errors import InvalidRequest
from pipeline.images.masks import mask_of_region, mask_of_transparency
from pipeline.images.outpainting import DIRECTIONS, outpainting
from pipeline.images.regions import parse_region
from pipeline.images.upscale import upscale_lanczos
from pipeline.pictures import open_picture

TRANSPARENT = "transparent"  # the region of an image that lets through what is behind it


def picture_fields(
    init_image: Path | None,
    mask: Path | None,
    region: str | None,
    outpaint: str | None,
    pixels: int,
) -> dict[str, Any]:
    """The fields of a request for what a command line says of its input picture.

    Raises `InvalidRequest` where several things say what is repainted, or nothing is there to be.
    """
    if sum(each is not None for each in (mask, region, outpaint)) > 1:
        raise InvalidRequest("Say once what is repainted: --mask, --region or --outpaint.")
    if init_image is None:
        if mask is None and region is None and outpaint is None:
            return {}
        raise InvalidRequest("Name the picture of which a part is repainted: --init-image.")
    content = init_image.read_bytes()
    if outpaint is not None:
        return _grown(content, outpaint, pixels)
    fields: dict[str, Any] = {"init_image": content}
    if mask is not None:
        fields["mask"] = mask.read_bytes()
    elif region is not None and region.strip().casefold() == TRANSPARENT:
        fields["mask"] = mask_of_transparency(content)
    elif region is not None:
        fields["mask"] = mask_of_region(parse_region(region), _size(content))
    return fields


def _grown(content: bytes, outpaint: str, pixels: int) -> dict[str, Any]:
    sides = {side.strip() for side in outpaint.split(",")}
    if unknown := sides - set(DIRECTIONS):
        raise InvalidRequest(
            f"`{', '.join(sorted(unknown))}` is no side to grow to: take some of "
            f"{', '.join(DIRECTIONS)}."
        )
    grown, mask = outpainting(content, [side for side in DIRECTIONS if side in sides], pixels)
    width, height = _size(grown)
    return {"init_image": grown, "mask": mask, "width": width, "height": height}


def _size(content: bytes) -> tuple[int, int]:
    try:
        return open_picture(content).size
    except ValueError as error:
        raise InvalidRequest(str(error)) from error


def upscale(
    picture: Annotated[Path, typer.Argument(help="a PNG, JPEG, WebP or GIF")],
    factor: Annotated[int, typer.Option(help="times as wide and high", min=2, max=8)] = 2,
    upscaler: Annotated[
        str, typer.Option(help="Lanczos, or a model in the folder `upscalers` of the settings")
    ] = "Lanczos",
    out: Annotated[Path | None, typer.Option(help="a PNG; else beside the picture")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Make a picture larger as it is; to draw its details anew, generate with --init-image."""
    with sentences_for_errors():
        settings = load_config(config)
        settings.check_upscaler(upscaler)
        content = picture.read_bytes()
        target = out or picture.with_name(f"{picture.stem}-x{factor}.png")
        if upscaler.casefold() == "lanczos":
            target.write_bytes(upscale_lanczos(content, factor))
        else:
            _enlarge(settings, upscaler, content, factor, target)
        typer.echo(target)


def _enlarge(
    config: PipelineConfig, upscaler: str, content: bytes, factor: int, target: Path
) -> None:
    # Not at the top: no other command of this kind needs torch in this process.
    import torch

    from pipeline.devices import find_devices
    from pipeline.models.super_resolution import SuperResolution

    width, height = _size(content)
    device = find_devices()[0] if config.devices == "auto" else config.devices[0]
    models = SuperResolution(config.upscaler_files, torch.device(device))
    size = width * factor, height * factor
    with torch.no_grad():
        large = models.enlarge(upscaler, open_picture(content), size)
    large.resize(size).save(target, "PNG")


def gallery(
    out: Annotated[Path, typer.Argument(help="the folder to write the page and its pictures to")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Make a page with a picture for every control there is."""
    # It brings in torch, to write adapters of its own.
    from pipeline.gallery.exhibits import EXHIBITS
    from pipeline.gallery.making import make_gallery

    with sentences_for_errors():
        settings = load_config(config)
        out.mkdir(parents=True, exist_ok=True)
        with Progress() as bar:
            total = sum(len(exhibit.variants) for exhibit in EXHIBITS)
            task = bar.add_task("pictures", total=total)
            page = asyncio.run(make_gallery(settings, out, lambda: bar.advance(task)))
        typer.echo(page)
