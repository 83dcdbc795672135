"""A group norm in channels-last is PyTorch's own in another layout."""

import pytest
import torch
from torch import nn

from pipeline.models.norms import ChannelsLastNorm, use_channels_last_norms


def norms() -> tuple[nn.GroupNorm, nn.GroupNorm]:
    """PyTorch's own and ours with the same weights."""
    torch.manual_seed(0)
    plain = nn.GroupNorm(4, 32, eps=1e-6)
    nn.init.normal_(plain.weight)
    nn.init.normal_(plain.bias)
    ours = nn.GroupNorm(4, 32, eps=1e-6)
    ours.load_state_dict(plain.state_dict())
    use_channels_last_norms(nn.Sequential(ours))
    assert type(ours) is ChannelsLastNorm
    return plain, ours


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("spread", "centre"), [(1.0, 0.0), (0.1, 3.0), (20.0, -10.0)])
@torch.no_grad()
def test_it_norms_as_the_plain_one_to_half_precision(
    layout: torch.memory_format, spread: float, centre: float
) -> None:
    plain, ours = norms()
    states = (torch.randn(3, 32, 8, 6) * spread + centre).to(memory_format=layout)
    normed = ours(states)
    assert normed.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(normed, plain(states), rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_half_precision_loses_nothing_to_the_plain_one() -> None:
    plain, ours = norms()
    states = torch.randn(2, 32, 16, 16) * 3 + 1
    exact = plain.double()(states.half().double())
    normed = ours.half()(states.half())
    assert normed.dtype == torch.float16
    assert (normed - exact).abs().max() < 2e-3 * exact.abs().max()


@torch.no_grad()
def test_a_flat_picture_is_its_shift() -> None:
    _, ours = norms()
    flat = torch.full((1, 32, 4, 4), 7.0)
    expected = ours.bias.view(1, 32, 1, 1).expand_as(flat)
    torch.testing.assert_close(ours(flat), expected, rtol=0, atol=5e-2)


def test_it_learns_as_the_plain_one() -> None:
    plain, ours = norms()
    states = torch.randn(2, 32, 4, 4, requires_grad=True)
    grads = [torch.autograd.grad(norm(states).square().sum(), states)[0] for norm in (plain, ours)]
    assert torch.equal(*grads)
