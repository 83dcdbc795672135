"""Everything random in training, from the run's seed and the number of what it is for.

Nothing is carried from one step to the next, so a run that was stopped and one that was not see
the same noise, and so do runs whose memory holds batches of different sizes.
"""

import hashlib
import random

import torch


def number_for(seed: int, purpose: str, number: int) -> int:
    """63 bits that depend on all three and look like nothing."""
    digest = hashlib.sha256(f"{seed} {purpose} {number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def tensor_source(seed: int, purpose: str, number: int) -> torch.Generator:
    """A source of tensors; on the CPU, so that every device sees the same."""
    return torch.Generator().manual_seed(number_for(seed, purpose, number))


def choice_source(seed: int, purpose: str, number: int) -> random.Random:
    """A source of choices."""
    return random.Random(number_for(seed, purpose, number))


def picture_of(sample: int, num_pictures: int, seed: int) -> int:
    """Which picture a sample shows: every epoch all of them, in an order of its own."""
    epoch, place = divmod(sample, num_pictures)
    order = list(range(num_pictures))
    choice_source(seed, "order", epoch).shuffle(order)
    return order[place]
