"""What a model says of noisy latents answers what a sampler asked."""

import math

import pytest
import torch
from torch import Tensor

from pipeline.sampling import Evaluation, Prediction, Scaling, guide, reading

SIGMAS = (14.6, 1.0, 0.03)


def normals(seed: int, num_rows: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(num_rows, 4, 6, 6, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("sigma", SIGMAS)
@pytest.mark.parametrize("scaling", Scaling)
@pytest.mark.parametrize("prediction", Prediction)
def test_a_perfect_model_answers_perfectly_whatever_it_predicts_and_is_asked(
    prediction: Prediction, scaling: Scaling, sigma: float
) -> None:
    clean, noise = normals(1), normals(2)
    spread = math.sqrt(1 + sigma**2)
    scale = 1.0 if scaling is Scaling.VE else 1 / spread
    evaluation = Evaluation((clean + sigma * noise) * scale, sigma, scaling=scaling)
    # v is the speed with which (clean, noise) turns into each other (Salimans and Ho 2022).
    v = (noise - sigma * clean) / spread
    output = {Prediction.EPSILON: noise, Prediction.V: v}[prediction]

    read = reading(prediction, evaluation)
    answer = read.of_latents * evaluation.latents + read.of_output * output

    torch.testing.assert_close(answer, clean if scaling is Scaling.VE else noise)
    torch.testing.assert_close(evaluation.denoised(answer), clean)
    # A model is shown latents with a spread of 1, whatever noise is in them.
    shown = evaluation.latents * read.input_scale
    torch.testing.assert_close(shown, (clean + sigma * noise) / spread)


def test_guidance_of_one_is_the_conditional_row_and_of_nought_the_other() -> None:
    conditional, unconditional = normals(1), normals(2)
    torch.testing.assert_close(guide(conditional, unconditional, 1.0), conditional)
    assert torch.equal(guide(conditional, unconditional, 0.0), unconditional)


def test_guidance_goes_on_beyond_the_conditional_row() -> None:
    conditional, unconditional = normals(1), normals(2)
    guided = guide(conditional, unconditional, 7.5)
    torch.testing.assert_close(guided, 7.5 * conditional - 6.5 * unconditional)


def test_several_conditions_pull_as_hard_as_they_weigh() -> None:
    conditional, unconditional = normals(1, 2), normals(2)
    apart = [guide(row, unconditional, 4.0) - unconditional for row in conditional.split(1)]
    together = guide(conditional, unconditional, 4.0, weights=(0.5, -1.5))
    torch.testing.assert_close(together, unconditional + 0.5 * apart[0] - 1.5 * apart[1])


def test_every_condition_needs_its_weight() -> None:
    with pytest.raises(ValueError, match="shorter"):
        guide(normals(1, 2), normals(2), 4.0)
