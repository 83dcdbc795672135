"""Convolutions whose weights are laid out for the processor once, not at every call.

On a CPU, oneDNN rearranges a convolution's weights before it uses them. For the few rows of a
UNet call that takes as long as the arithmetic. The packed result has the same bits.
"""

import torch
from torch import Tensor, nn


class PackedConv2d(nn.Module):
    """A convolution for inference on a CPU in float32; under autograd it is the plain one.

    The best layout depends on the height and width of what comes in, not on the number of rows.
    The last one is kept: pictures of one size mostly follow each other.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.plain = conv
        self._geometry = (list(conv.padding), list(conv.stride), list(conv.dilation), conv.groups)
        self._packed_for: torch.Size | None = None
        self._packed: Tensor

    def forward(self, states: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            return self.plain(states)
        if states.shape[2:] != self._packed_for:
            self._packed_for = states.shape[2:]
            weight = self.plain.weight.detach().to_mkldnn()
            self._packed = torch._C._nn.mkldnn_reorder_conv2d_weight(
                weight,
                *self._geometry,
                states.shape,  # type: ignore[call-arg]
            )
        return torch.ops.mkldnn._convolution_pointwise(
            states, self._packed, self.plain.bias, *self._geometry, "none", [], ""
        )


def unpack_convolutions(module: nn.Module) -> None:
    """Put the plain ones back, for whoever changes or saves the weights."""
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if isinstance(child, PackedConv2d):
                setattr(parent, name, child.plain)


def pack_convolutions(module: nn.Module) -> None:
    """Pack all convolutions of a float32 module that lives on the CPU."""
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.Conv2d:
                setattr(parent, name, pack_convolution(child))


def pack_convolution(conv: nn.Conv2d) -> nn.Conv2d | PackedConv2d:
    """A convolution packed, where it lives on the CPU in float32 and can be; else as it is."""
    fits = conv.weight.device.type == "cpu" and conv.weight.dtype == torch.float32
    if fits and conv.padding_mode == "zeros" and torch.backends.mkldnn.is_available():
        return PackedConv2d(conv)
    return conv
