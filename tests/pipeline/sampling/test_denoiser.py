"""What a model says of noisy latents leads back to the clean ones."""

import pytest
import torch
from torch import Tensor

from pipeline.sampling import Prediction, denoised_from, guide, input_scale

SIGMAS = torch.tensor([14.6, 1.0, 0.03], dtype=torch.float64)


def normals(seed: int, num_rows: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(num_rows, 4, 6, 6, dtype=torch.float64, generator=generator)


def test_a_model_sees_latents_of_unit_variance_whatever_noise_is_in_them() -> None:
    # Clean latents of variance 1 and noise of variance sigma**2 add up.
    for sigma, scale in [(0.0, 1.0), (1.0, 0.5**0.5), (3.0**0.5, 0.5), (7.0**0.5, 0.125**0.5)]:
        [[[[found]]]] = input_scale(torch.tensor([sigma], dtype=torch.float64)).tolist()
        assert found == pytest.approx(scale)


@pytest.mark.parametrize("prediction", Prediction)
def test_a_perfect_model_gives_the_clean_latents_at_every_rows_own_sigma(
    prediction: Prediction,
) -> None:
    clean, noise, sigma = normals(1), normals(2), SIGMAS.view(-1, 1, 1, 1)
    # v is the speed with which (clean, noise) turns into each other (Salimans and Ho 2022).
    v = (noise - sigma * clean) / (sigma**2 + 1).sqrt()
    answer = {Prediction.EPSILON: noise, Prediction.V: v}[prediction]

    denoised = denoised_from(prediction, answer, clean + sigma * noise, SIGMAS)

    torch.testing.assert_close(denoised, clean)


@pytest.mark.parametrize("prediction", Prediction)
def test_a_row_does_not_depend_on_its_neighbours(prediction: Prediction) -> None:
    output, latents = normals(1), normals(2)
    output[2] = torch.nan
    together = denoised_from(prediction, output, latents, SIGMAS)
    for row in range(2):
        own = slice(row, row + 1)
        alone = denoised_from(prediction, output[own], latents[own], SIGMAS[own])
        assert torch.equal(together[own], alone)


def test_guidance_of_one_is_the_conditional_row_and_of_nought_the_other() -> None:
    conditional, unconditional = normals(1, 1), normals(2, 1)
    torch.testing.assert_close(guide(conditional, unconditional, 1.0), conditional)
    assert torch.equal(guide(conditional, unconditional, 0.0), unconditional)


def test_guidance_goes_on_beyond_the_conditional_row() -> None:
    conditional, unconditional = normals(1, 1), normals(2, 1)
    guided = guide(conditional, unconditional, 7.5)
    torch.testing.assert_close(guided, 7.5 * conditional - 6.5 * unconditional)


def test_several_conditions_pull_as_hard_as_they_weigh() -> None:
    conditional, unconditional = normals(1, 2), normals(2, 1)
    apart = [guide(row, unconditional, 4.0) - unconditional for row in conditional.split(1)]
    together = guide(conditional, unconditional, 4.0, weights=(0.5, -1.5))
    torch.testing.assert_close(together, unconditional + 0.5 * apart[0] - 1.5 * apart[1])


def test_every_condition_needs_its_weight() -> None:
    with pytest.raises(ValueError, match="shorter"):
        guide(normals(1, 2), normals(2, 1), 4.0)
