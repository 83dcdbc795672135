"""The samplers and noise schedules there are, and the names people know them by.

A catalogue for whoever must name a sampler without running it: requests, autocomplete and
infotext. It knows no equations and no torch; those are in `pipeline.sampling`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.errors import UnknownNoiseSchedule, UnknownSampler

AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerInfo:
    """One sampler as users choose it."""

    id: str
    label: str
    aliases: tuple[str, ...] = ()
    default_noise_schedule: str = "uniform"
    """The noise schedule that `automatic` stands for."""
    second_order: bool = False
    """Every step but the last takes two denoiser calls."""
    stochastic: bool = False
    """Adds noise while it samples, as much as `eta` says."""
    brownian: bool = False
    """Draws that noise from a Brownian tree, which the eta noise seed delta does not move."""
    default_eta: float = 1.0
    """How much noise it adds unless asked otherwise; 0 for the samplers that infotext tells
    `Eta DDIM` of."""

    @property
    def uses_eta_noise_seed_delta(self) -> bool:
        return self.stochastic and not self.brownian

    def noise_schedule(self, chosen: str) -> str:
        """The noise schedule that runs when `chosen` was asked for."""
        return self.default_noise_schedule if chosen == AUTOMATIC else chosen

    def num_evaluations(self, num_steps: int) -> int:
        """How many denoiser calls `num_steps` steps take."""
        return 2 * num_steps - 1 if self.second_order else num_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseScheduleInfo:
    """One noise schedule as users choose it."""

    id: str
    label: str
    aliases: tuple[str, ...] = ()


SAMPLERS: tuple[SamplerInfo, ...] = (
    SamplerInfo(
        id="euler_a",
        label="Euler a",
        aliases=("k_euler_a", "k_euler_ancestral", "euler_ancestral"),
        stochastic=True,
    ),
    SamplerInfo(id="euler", label="Euler", aliases=("k_euler",)),
    SamplerInfo(id="heun", label="Heun", aliases=("k_heun",), second_order=True),
    SamplerInfo(
        id="dpmpp_2m",
        label="DPM++ 2M",
        aliases=("k_dpmpp_2m",),
        default_noise_schedule="karras",
    ),
    SamplerInfo(
        id="dpmpp_sde",
        label="DPM++ SDE",
        aliases=("k_dpmpp_sde",),
        default_noise_schedule="karras",
        second_order=True,
        stochastic=True,
        brownian=True,
    ),
)

NOISE_SCHEDULES: tuple[NoiseScheduleInfo, ...] = (
    NoiseScheduleInfo(id=AUTOMATIC, label="Automatic"),
    NoiseScheduleInfo(id="uniform", label="Uniform"),
    NoiseScheduleInfo(id="karras", label="Karras"),
)


def find_sampler(text: str) -> tuple[SamplerInfo, str | None]:
    """The sampler that `text` names, and the id of the noise schedule if it names one as well."""
    wanted = _spelling(text)
    samplers = {name: sampler for sampler in SAMPLERS for name in _spellings(sampler)}
    if sampler := samplers.get(wanted):
        return sampler, None
    for schedule in NOISE_SCHEDULES:
        for name in _spellings(schedule):
            if sampler := samplers.get(wanted.removesuffix(name)):
                return sampler, schedule.id
    raise UnknownSampler(text, [sampler.label for sampler in SAMPLERS])


def find_noise_schedule(text: str) -> str:
    """The id of the noise schedule that `text` names."""
    wanted = _spelling(text)
    for schedule in NOISE_SCHEDULES:
        if wanted in _spellings(schedule):
            return schedule.id
    raise UnknownNoiseSchedule(text, [schedule.label for schedule in NOISE_SCHEDULES])


def _spellings(entry: SamplerInfo | NoiseScheduleInfo) -> Iterator[str]:
    for name in (entry.id, entry.label, *entry.aliases):
        yield _spelling(name)


def _spelling(name: str) -> str:
    """What is left of a name once case, spaces, dashes and underscores no longer matter."""
    return "".join(filter(str.isalnum, name.casefold().replace("+", "p")))
