"""The levels that samplers with a schedule of their own visit, from the highest to their end."""

from typing import NamedTuple

import torch

from pipeline.sampling.sigmas import Level, NoiseLevels

LCM_TIMESTEPS = 50  # that a latent consistency model was distilled at
NO_NOISE = Level(0.0, 0.0)


def ddim_levels(levels: NoiseLevels, num_steps: int) -> list[Level]:
    """Timesteps a whole number apart, from 1 on; more than asked for where that does not divide."""
    last = levels.num_timesteps - 1
    timesteps = torch.arange(0, last + 1, (last + 1) // num_steps) + 1
    return levels.levels_at(timesteps.clamp(max=last).flip(0))


def unipc_levels(levels: NoiseLevels, num_steps: int) -> list[Level]:
    """Evenly from the last timestep to the first, one step for each of DDIM's timesteps."""
    num_steps = len(ddim_levels(levels, num_steps))
    return levels.levels_at(torch.linspace(levels.num_timesteps - 1, 0, num_steps + 1))


def lcm_levels(levels: NoiseLevels, num_steps: int) -> list[Level]:
    """Evenly along the timesteps a latent consistency model knows, each taken for its nearest."""
    stride = levels.num_timesteps // LCM_TIMESTEPS
    known = levels.levels_at(torch.arange(stride - 1, levels.num_timesteps, stride))
    sigmas = torch.tensor([level.sigma for level in known])
    logs = sigmas.log()
    places = torch.linspace(len(known) - 1, 0, num_steps)
    low, high, share = places.floor().long(), places.ceil().long(), places.frac()
    wanted = (1 - share) * logs[low] + share * logs[high]
    nearest = (wanted - logs[:, None]).abs().argmin(dim=0)
    visited = [
        Level(sigma, known[place].timestep)
        for sigma, place in zip(wanted.exp().tolist(), nearest.tolist(), strict=True)
    ]
    return [*visited, NO_NOISE]


class Rest(NamedTuple):
    """The part of a sampler's levels that runs on an input picture."""

    noised_at: Level  # which the picture is put under noise for
    visited: list[Level]


def ddim_rest(levels: NoiseLevels, num_steps: int, num_visited: int) -> Rest:
    """The last of DDIM's timesteps, on latents noised for the one before them.

    The update from there to the first is never made, as in the reference.
    """
    whole = ddim_levels(levels, num_steps)
    return Rest(whole[max(len(whole) - 1 - num_visited, 0)], whole[-num_visited:])


def unipc_rest(levels: NoiseLevels, num_steps: int, num_visited: int) -> Rest:
    """As many steps as DDIM would visit timesteps, evenly from the first of those."""
    noised_at, visited = ddim_rest(levels, num_steps, num_visited)
    timesteps = torch.linspace(visited[0].timestep, 0, num_visited + 1)
    return Rest(noised_at, levels.levels_at(timesteps))
