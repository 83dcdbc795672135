"""Between two passes: finished latents made larger, to be gone over once more (webui's hires fix).

Latents are stretched as they are; or decoded, made larger as a picture, and encoded again.
"""

import torch
from PIL import Image
from torch.nn import functional as F

from pipeline.engine.finish import to_picture
from pipeline.engine.init_image import (
    InitImage,
    empty_condition,
    inpainting_condition,
    pixels_of,
    sees_masks,
)
from pipeline.engine.running_image import RunningImage
from pipeline.errors import InvalidPicture
from pipeline.images.inpainting import Preparation
from pipeline.models.super_resolution import SuperResolution
from pipeline.requests import Pass
from pipeline.upscalers import Upscaler, find_upscaler


def enlarged(image: RunningImage, super_resolution: SuperResolution) -> InitImage:
    """What the second pass of an image begins from.

    Raises `InvalidPicture` where the first pass gave numbers that are none, `UnknownUpscaler` or
    `UpscalerUnavailable` where the upscaler cannot be had.
    """
    if image.latents is None or not torch.isfinite(image.latents).all():
        raise InvalidPicture
    stage = image.request.passes[image.number + 1]
    upscaler = find_upscaler(image.request.hires_upscaler)
    if upscaler and upscaler.is_latent:
        return _stretched(image, stage, upscaler)
    picture = to_picture(image.model.decode(image.latents)[0])
    size = stage.width, stage.height
    if upscaler is None:
        picture = super_resolution.enlarge(image.request.hires_upscaler, picture, size)
    resample = Image.Resampling.LANCZOS
    if upscaler and upscaler.interpolation == "nearest":
        resample = Image.Resampling.NEAREST
    picture = picture.resize(size, resample)
    latents = image.model.encode_picture(pixels_of(picture))
    condition = None
    if sees_masks(image.model):
        # Nothing was masked in the first pass, so all of its picture is to be gone over.
        condition = inpainting_condition(image.request, image.model, Preparation(picture), latents)
    return InitImage(latents, condition=condition)


def _stretched(image: RunningImage, stage: Pass, upscaler: Upscaler) -> InitImage:
    """Latents interpolated; a picture is only made of them where an inpainting model wants one."""
    assert image.latents is not None
    _, height, width = image.model.latent_shape(stage.width, stage.height)
    options = {} if "nearest" in upscaler.interpolation else {"antialias": upscaler.antialias}
    latents = F.interpolate(
        image.latents, size=(height, width), mode=upscaler.interpolation, **options
    )
    condition = None
    if sees_masks(image.model) and image.request.mask_weight == 1:
        condition = empty_condition(image.model, stage.width, stage.height)
    elif sees_masks(image.model):
        picture = to_picture(image.model.decode(latents)[0])
        condition = inpainting_condition(image.request, image.model, Preparation(picture), latents)
    return InitImage(latents, condition=condition)
