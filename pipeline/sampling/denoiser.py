"""From what a UNet says about a mixed batch to each image's denoised latents.

A row is one image's latents read with one conditioning. Every row has a sigma of its own, every
image a guidance scale of its own; which samplers ask, and what for, is not known here.
"""

from collections.abc import Sequence
from enum import StrEnum

from torch import Tensor


class Prediction(StrEnum):
    """What a model was trained to tell from noisy latents."""

    EPSILON = "epsilon"
    V = "v_prediction"


def input_scale(sigmas: Tensor) -> Tensor:
    """What latents at these noise levels are multiplied by before a model sees them."""
    return _per_row(sigmas).square().add(1).rsqrt()


def denoised_from(
    prediction: Prediction, output: Tensor, latents: Tensor, sigmas: Tensor
) -> Tensor:
    """The clean latents that a model's output for unscaled `latents` speaks of."""
    sigma = _per_row(sigmas)
    if prediction is Prediction.EPSILON:
        return latents - sigma * output
    variance = sigma.square() + 1
    return latents / variance - output * (sigma / variance.sqrt())


def _per_row(sigmas: Tensor) -> Tensor:
    return sigmas.view(-1, 1, 1, 1)


def guide(
    conditional: Tensor,
    unconditional: Tensor,
    guidance_scale: float,
    weights: Sequence[float] = (1.0,),
) -> Tensor:
    """Classifier-free guidance for one image: from its rows to one estimate, [1, C, H, W].

    It has one unconditional row and a conditional one for each weight (several with AND). With
    one of weight 1 and a scale of 1 the unconditional row cancels out: do not compute it then.
    """
    guided = unconditional
    for condition, weight in zip(conditional.split(1), weights, strict=True):
        guided = guided + (condition - unconditional) * (weight * guidance_scale)
    return guided
