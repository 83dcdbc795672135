"""What repainting begins from: a mask softened, and its inside filled from around it (webui §4.3).

A blur counts in 256ths as the reference's library does: with floats it would be two levels off.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter, ImageOps
from scipy.ndimage import correlate1d

# Radii of the blurs that lie over each other in a fill, and how often each does.
FILL_RADII = ((256, 1), (64, 1), (16, 2), (4, 4), (2, 2), (0, 1))
KERNEL_REACH = 2.5  # standard deviations to each side
UNIT = 256  # that a blur counts in


def blurred(mask: Image.Image, sigma: int) -> Image.Image:
    """A mask under a Gaussian of that many pixels, across and then down."""
    if sigma == 0:
        return mask
    weights = gaussian(sigma)
    levels = np.asarray(mask, dtype=np.int32)
    for axis in (1, 0):
        levels = (correlate1d(levels, weights, axis=axis, mode="mirror") + UNIT // 2) // UNIT
    return Image.fromarray(levels.astype(np.uint8))


def gaussian(sigma: int) -> npt.NDArray[np.int32]:
    """The weights of a blur in 256ths, 256 in all; what rounding leaves goes to the next weight."""
    reach = int(KERNEL_REACH * sigma + 0.5)
    exact = np.exp(-np.square(np.arange(-reach, reach + 1) / sigma) / 2)
    exact *= UNIT / exact.sum()
    half, rest = [], 0.0
    for weight in exact[:reach]:
        half.append(round(weight + rest))
        rest += weight - half[-1]
    return np.array([*half, UNIT - 2 * sum(half), *reversed(half)], dtype=np.int32)


def doubled(mask: Image.Image) -> Image.Image:
    """The mask twice as strong: what of a whole picture is laid over the old one."""
    return mask.point(lambda level: min(2 * level, 255))


def latent_mask(mask: Image.Image, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """1 for every latent that is repainted, 0 for those that stay; (height, width)."""
    # Converted first: Pillow resizes one channel and three in the same way, and so did whoever
    # made the numbers that this is compared with.
    small = mask.convert("RGB").resize(size)
    return np.rint(np.asarray(small, dtype=np.float32)[..., 0] / 255)


def filled(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """The picture with colours from around it where the mask is white."""
    kept = Image.new("RGBa", picture.size)
    kept.paste(picture.convert("RGBA").convert("RGBa"), mask=ImageOps.invert(mask))
    result = Image.new("RGBA", picture.size)
    for radius, repeats in FILL_RADII:
        layer = kept.filter(ImageFilter.GaussianBlur(radius)).convert("RGBA")
        for _ in range(repeats):
            result.alpha_composite(layer)
    return result.convert("RGB")
