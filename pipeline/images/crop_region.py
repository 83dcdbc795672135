"""Which part of a picture is worked on where only what is masked is repainted (webui §4.3)."""

from typing import TypeAlias

from PIL import Image

Box: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom in pixels


def crop_region(mask: Image.Image, padding: int) -> Box | None:
    """The box of all that is not black, with so many pixels around it; None of a blank mask."""
    box = mask.getbbox()
    if box is None:
        return None
    left, top, right, bottom = box
    return (
        max(left - padding, 0),
        max(top - padding, 0),
        min(right + padding, mask.width),
        min(bottom + padding, mask.height),
    )


def expanded(box: Box, shape: tuple[int, int], limits: tuple[int, int]) -> Box:
    """The box made higher or wider, to the proportions of `shape`, inside a picture of `limits`."""
    left, top, right, bottom = box
    ratio = shape[0] / shape[1]
    if (right - left) / (bottom - top) > ratio:
        top, bottom = _grown(top, bottom, (right - left) / ratio, limits[1])
    else:
        left, right = _grown(left, right, (bottom - top) * ratio, limits[0])
    return left, top, right, bottom


def _grown(start: int, end: int, wanted: float, limit: int) -> tuple[int, int]:
    """A stretch that long around the old one, moved inside where it would reach outside."""
    missing = int(wanted - (end - start))
    start, end = start - missing // 2, end + missing - missing // 2
    if end >= limit:
        start, end = start - (end - limit), limit
    if start < 0:
        start, end = 0, min(end - start, limit)
    return start, end
