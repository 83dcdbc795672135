"""From what a UNet says about a mixed batch to each image's answer.

A row is one image's latents read with one conditioning. Every row has a noise level and a scaling
of its own, every image a guidance scale; which samplers ask is not known here.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from torch import Tensor

from pipeline.sampling.evaluation import Evaluation, Scaling


class Prediction(StrEnum):
    """What a model was trained to tell from noisy latents."""

    EPSILON = "epsilon"
    V = "v_prediction"


class Reading(NamedTuple):
    """How a model is shown one row's latents, and how its output answers the row.

    The answer is `of_latents * latents + of_output * output`, whatever was asked of whichever
    model; so a mixed batch is answered by two multiplications with a number for each row.
    """

    input_scale: float
    of_latents: float
    of_output: float


def reading(prediction: Prediction, evaluation: Evaluation) -> Reading:
    """How a model that predicts this answers an evaluation."""
    sigma = evaluation.sigma
    spread = math.sqrt(sigma**2 + 1)  # of the latents, if the clean ones have a spread of 1
    if evaluation.scaling is Scaling.VE:
        if prediction is Prediction.EPSILON:
            return Reading(1 / spread, 1.0, -sigma)
        return Reading(1 / spread, 1 / spread**2, -sigma / spread)
    if prediction is Prediction.EPSILON:
        return Reading(1.0, 0.0, 1.0)
    return Reading(1.0, sigma / spread, 1 / spread)


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
