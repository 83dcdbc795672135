"""A picture brought to another size, in webui's ways (spec: webui §4.2)."""

from PIL import Image

from pipeline.images.outpainting import with_edges

Size = tuple[int, int]  # width, height in pixels


def resized(
    picture: Image.Image,
    size: Size,
    mode: str,
    resample: Image.Resampling = Image.Resampling.LANCZOS,
) -> Image.Image:
    """A picture at `size`: stretched, cropped to its shape, or with its edges drawn on to it."""
    if picture.size == size:
        return picture
    if mode not in ("crop", "fill"):
        return picture.resize(size, resample)
    inner, at = placed(picture.size, size, mode)
    picture = picture.resize(inner, resample)
    if mode == "fill":
        return with_edges(picture, size, at)
    return picture.crop((-at[0], -at[1], size[0] - at[0], size[1] - at[1]))


def placed(picture: Size, size: Size, mode: str) -> tuple[Size, Size]:
    """How large a picture becomes that is to `fill` or be `crop`ped to a size, and where it is."""
    width, height = size
    is_wider = width * picture[1] > height * picture[0]  # the size than the picture
    if is_wider == (mode == "crop"):
        inner = width, picture[1] * width // picture[0]
    else:
        inner = picture[0] * height // picture[1], height
    inner = max(inner[0], 1), max(inner[1], 1)
    return inner, (width // 2 - inner[0] // 2, height // 2 - inner[1] // 2)
