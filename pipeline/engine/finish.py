"""From latents to what people see: the finished PNG, and a small preview on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import torch
from PIL import Image
from torch import Tensor

from pipeline.engine.running_image import RunningImage
from pipeline.errors import InvalidPicture
from pipeline.images.files import write_png
from pipeline.images.infotext_requests import infotext_of
from pipeline.images.inpainting import Overlay
from pipeline.results import GeneratedImage

PREVIEW_SCALE = 4  # preview pixels a latent: half the picture's side


def decode(image: RunningImage) -> Tensor:
    """Finished latents to pixels (1, 3, H, W) in [-1, 1], on the CPU.

    Raises `InvalidPicture` where the model gave numbers that are none.
    """
    if image.latents is None or not torch.isfinite(image.latents).all():
        raise InvalidPicture
    pixels = image.model.decode(image.latents)
    if not torch.isfinite(pixels).all():
        raise InvalidPicture
    return pixels


@dataclass(frozen=True, slots=True, eq=False)
class Unwritten:
    """A decoded picture with its settings. It does not keep the model, which may have to go."""

    request_id: str
    index: int
    seed: int
    pixels: Tensor  # (1, 3, H, W) in [-1, 1], on the CPU
    overlay: Overlay | None
    infotext: str


def with_settings(image: RunningImage, pixels: Tensor) -> Unwritten:
    """What is to be written of an image."""
    request = image.request
    infotext = infotext_of(
        request,
        image.index,
        request.checkpoint.name if request.checkpoint else image.model.name,
        image.model.hash,
        image.embedding_hashes,
        image.lora_hashes,
        image.model.vae_file,
    )
    return Unwritten(request.id, image.index, image.seed, pixels, image.overlay, infotext)


def write(it: Unwritten) -> GeneratedImage:
    """The picture as a file. Nothing of it needs the device."""
    picture = to_picture(it.pixels[0])
    if it.overlay:
        picture = it.overlay.over(picture)
    return GeneratedImage(
        request_id=it.request_id,
        index=it.index,
        seed=it.seed,
        width=picture.width,
        height=picture.height,
        png=write_png(picture, it.infotext),
        infotext=it.infotext,
    )


def to_picture(pixels: Tensor) -> Image.Image:
    """Colours (3, H, W) in [-1, 1] as a picture."""
    levels = ((pixels + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return Image.fromarray(levels.permute(1, 2, 0).contiguous().numpy())


def preview(images: Sequence[RunningImage]) -> bytes:
    """What a request's images look like now, side by side, as a small WebP."""
    pictures = []
    for image in images:
        small = to_picture(image.model.preview(image.denoised))
        size = small.width * PREVIEW_SCALE, small.height * PREVIEW_SCALE
        pictures.append(small.resize(size, Image.Resampling.BICUBIC))
    # Some may be in their second pass, and larger.
    width, height = max(picture.size for picture in pictures)
    strip = Image.new("RGB", (width * len(pictures), height))
    for place, picture in enumerate(pictures):
        strip.paste(picture.resize((width, height)), (place * width, 0))
    file = BytesIO()
    strip.save(file, "WEBP", quality=80, method=0)
    return file.getvalue()
