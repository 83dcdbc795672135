"""Which recorded calls are kept: a graph keeps the adapters that it reads in memory."""

import torch

from pipeline.models.attention import TextContext
from pipeline.models.graphs import MAX_BYTES, NUM_GRAPHS, Key, surplus
from pipeline.models.lora_branches import PlacedSet

SHAPE = torch.Size([2, 4, 64, 64])


def placed(name: str, num_bytes: int) -> PlacedSet:
    """A set of LoRAs that takes so much."""
    return PlacedSet(((name, 1.0),), {}, num_bytes)


def texts(loras: PlacedSet | None = None) -> TextContext:
    return TextContext(torch.zeros(1, 77, 8), (), loras=loras)


def key(number: int) -> Key:
    return SHAPE, number, ()


def kept(*loras: PlacedSet | None) -> dict[Key, TextContext]:
    """Graphs that read these, the latest last, by their places."""
    return {key(place): texts(each) for place, each in enumerate(loras)}


def test_the_latest_graphs_are_kept_in_their_number() -> None:
    assert surplus(kept(*[None] * NUM_GRAPHS)) == []
    assert surplus(kept(*[None] * (NUM_GRAPHS + 1))) == [key(0)]


def test_graphs_keep_only_so_much_of_loras_that_nobody_asks_for_any_more() -> None:
    sets = [placed(str(each), MAX_BYTES // 2) for each in range(4)]
    assert surplus(kept(*sets)) == [key(1), key(0)]
    assert surplus(kept(sets[0], None, *sets[1:])) == [key(2), key(0)], "without any, it stays"


def test_a_set_that_several_graphs_read_counts_once() -> None:
    one, other = placed("one", MAX_BYTES // 2), placed("other", MAX_BYTES // 2)
    assert surplus(kept(one, other, one, other, one)) == []


def test_the_latest_graph_is_kept_however_large_its_adapters_are() -> None:
    large = placed("large", 2 * MAX_BYTES)
    assert surplus(kept(placed("small", 1), large, large)) == [key(0)]
