"""Mixing what a tuned tower says into what the model's own said."""

import pytest
import torch

from pipeline.prompts.aesthetic import slerp


@pytest.mark.parametrize("moved", [0.0, 1e-9, 1e-6, 1e-4])
def test_what_hardly_differs_is_mixed_to_numbers(moved: float) -> None:
    source = torch.Generator().manual_seed(0)
    low = torch.randn(1, 77, 768, generator=source)
    high = low + moved * torch.randn(1, 77, 768, generator=source)
    mixed = slerp(low, high, 0.9)
    torch.testing.assert_close(mixed, torch.lerp(low, high, 0.9), rtol=0, atol=1e-3)


def test_opposite_directions_are_mixed_to_numbers() -> None:
    low = torch.ones(1, 4)
    assert torch.isfinite(slerp(low, -low, 0.5)).all()
