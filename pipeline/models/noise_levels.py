"""The noise levels that a checkpoint was trained at."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

# Where a model was trained down to nothing but noise, its last level is this close to it: at
# none of the signal at all, sigma would be infinite. The reference web UI's number.
LEAST_SIGNAL = 4.8973451890853435e-08


def alphas_cumprod(scheduler: Mapping[str, Any]) -> Tensor:
    """The training noise levels that a scheduler's config describes; (training steps,) float32.

    Raises `ValueError` for another schedule than Stable Diffusion's.
    """
    if scheduler.get("beta_schedule") != "scaled_linear":
        raise ValueError(f"beta schedule {scheduler.get('beta_schedule')!r} is not known")
    roots = torch.linspace(
        scheduler["beta_start"] ** 0.5,
        scheduler["beta_end"] ** 0.5,
        scheduler["num_train_timesteps"],
        dtype=torch.float64,
    )
    alphas = torch.cumprod(1.0 - roots**2, dim=0).float()
    return with_zero_terminal_snr(alphas) if scheduler.get("rescale_betas_zero_snr") else alphas


def with_zero_terminal_snr(alphas: Tensor) -> Tensor:
    """The same levels stretched until the last holds no signal (Lin et al. 2023, Algorithm 1)."""
    roots = alphas.sqrt()
    first, last = roots[0].clone(), roots[-1].clone()
    stretched = ((roots - last) * first / (first - last)) ** 2
    stretched[-1] = LEAST_SIGNAL
    return stretched
