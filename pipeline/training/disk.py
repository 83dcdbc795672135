"""What is said where a run cannot write down what it has."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from safetensors import SafetensorError

from pipeline.errors import GenerationFailed

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def told_if_full() -> Iterator[None]:
    """Raise `GenerationFailed` where the disk has no more room for what is written meanwhile."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise GenerationFailed(
            "The disk is full. What was written before is kept: make room, and go on from there."
        ) from error


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Raise `GenerationFailed` where the disk does not take what is written meanwhile.

    Torch and safetensors have errors of their own for a full one.
    """
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except (OSError, RuntimeError, SafetensorError) as error:
        raise GenerationFailed(
            f"{what} could not be written: the disk may be full. What was written before is kept: "
            "make room, and go on from there."
        ) from error
