"""Calls are as large as memory was seen to allow."""

import pytest
import torch

from pipeline.engine.memory import FIRST_ROWS, MemoryBudget, open_gauge

SHAPE = (1, 4, 64, 64)
ROW = 100  # bytes


class Shelf:
    """A device with so many bytes, of which a row takes `ROW` while a call runs."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.highest = 0

    def free(self) -> int:
        return self.size

    def used(self) -> int:
        return 0

    def reset_peak(self) -> None:
        self.highest = 0

    def peak(self) -> int:
        return self.highest


def call(budget: MemoryBudget, shelf: Shelf, num_rows: int) -> None:
    with budget.measure("model", SHAPE, num_rows):
        shelf.highest = num_rows * ROW
        if shelf.highest > shelf.size:
            raise torch.OutOfMemoryError


def test_the_first_call_of_a_shape_is_small_and_the_next_fills_memory() -> None:
    shelf = Shelf(1000)
    budget = MemoryBudget(16, shelf)
    assert budget.max_rows("model", SHAPE) == FIRST_ROWS
    call(budget, shelf, FIRST_ROWS)
    assert budget.max_rows("model", SHAPE) == 8
    assert budget.max_rows("model", (1, 4, 8, 8)) == FIRST_ROWS


def test_no_call_is_larger_than_the_most() -> None:
    shelf = Shelf(10**9)
    budget = MemoryBudget(16, shelf)
    call(budget, shelf, 2)
    assert budget.max_rows("model", SHAPE) == 16


def test_a_call_that_did_not_fit_is_not_tried_again() -> None:
    shelf = Shelf(1000)
    budget = MemoryBudget(64, shelf)
    with pytest.raises(torch.OutOfMemoryError):
        call(budget, shelf, 12)
    call(budget, shelf, 2)
    shelf.size = 10**6
    assert budget.max_rows("model", SHAPE) == 11


def test_this_process_sees_what_a_tensor_takes() -> None:
    gauge = open_gauge(torch.device("cpu"))
    before = gauge.used()
    gauge.reset_peak()
    # More than what an earlier test may have given back to this process, and not to the machine.
    torch.ones(500_000_000 // 4)
    assert gauge.peak() - before > 400_000_000
    assert gauge.free() > 0
