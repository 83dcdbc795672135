"""How much noise a sampler adds on its way, and where."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerSettings:
    """What may be set of a sampler; each takes from it what it knows."""

    eta: float = 1.0  # share of the noise that the reverse diffusion would add; 0 adds none
    s_churn: float = 0.0  # noise put back before each step (Karras et al. 2022, Algorithm 2)
    s_tmin: float = 0.0  # sigmas between which that happens
    s_tmax: float = math.inf
    s_noise: float = 1.0  # multiplies all noise added on the way
