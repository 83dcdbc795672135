"""Starting weights that let colour through.

torch's default shrinks a signal at every convolution and adds biases to it; a dozen layers on, a
flat picture's colour is a hundredth of what the norms see. Here every layer keeps its input's
size, and every residual branch starts silent.
"""

from diffusers.models.resnet import ResnetBlock2D
from torch import nn


def start_evenly(model: nn.Module) -> None:
    """Weights of gain one, biases of zero, and nothing from the residual branches yet."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in model.modules():
        if isinstance(module, ResnetBlock2D):
            nn.init.zeros_(module.conv2.weight)
