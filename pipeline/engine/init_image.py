"""The picture that a request begins from, as latents."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pipeline.errors import InvalidRequest
from pipeline.models.model import Model
from pipeline.pictures import open_picture
from pipeline.requests import GenerationRequest


def encode_init_image(request: GenerationRequest, model: Model) -> Tensor:
    """The latents (1, C, h, w) of a request's input picture, stretched to the request's size.

    Raises `InvalidRequest` where the picture turns out to be damaged.
    """
    assert request.init_image is not None
    try:
        picture = open_picture(request.init_image)
    except ValueError as error:
        raise InvalidRequest(str(error)) from error
    size = request.width, request.height
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    levels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)
    return model.encode_picture(levels.unsqueeze(0).float() / 127.5 - 1)
