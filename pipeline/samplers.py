"""The samplers and noise schedules there are, and the names people know them by.

A catalogue for whoever must name a sampler without running it: requests, autocomplete and
infotext. It knows no equations and no torch; those are in `pipeline.sampling`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipeline.errors import UnknownNoiseSchedule, UnknownSampler
from pipeline.strength import StepPlan

AUTOMATIC = "automatic"
NUM_TIMESTEPS = 1000  # that a model was trained at


def one_a_step(num_steps: int) -> int:
    """Denoiser calls of a sampler that takes one for each step."""
    return num_steps


def two_a_step(num_steps: int) -> int:
    """Denoiser calls of a second-order sampler, whose last step is of first order."""
    return 2 * num_steps - 1


def one_between(num_timesteps: int) -> int:
    """Denoiser calls of a sampler that ends at the last of its timesteps."""
    return num_timesteps - 1


def some_forty(_: int) -> int:
    """What a sampler that chooses its steps by their error mostly takes; nobody knows before."""
    return 40


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerInfo:
    """One sampler as users choose it."""

    id: str
    label: str
    aliases: tuple[str, ...] = ()
    default_noise_schedule: str = "uniform"
    """The noise schedule that `automatic` stands for."""
    discards_penultimate_sigma: bool = False
    """Leaves out the last sigma but the 0, whatever was asked for."""
    second_order: bool = False
    """Prompt editing counts two denoiser calls a step."""
    walks_timesteps: bool = False
    """Visits timesteps a whole number apart, of which there may be more than steps."""
    calls: Callable[[int], int] = one_a_step
    """Denoiser calls for a number of steps, or of timesteps where it walks those."""
    adaptive: bool = False
    """Chooses its own number of denoiser calls as it goes."""
    min_steps: int = 1
    brownian: bool = False
    """Draws its noise from a Brownian tree, which the eta noise seed delta does not move."""
    stochastic: bool = False
    """Adds noise while it samples, as much as `eta` says."""
    default_eta: float = 1.0
    """How much that is unless asked otherwise; 0 for the samplers that infotext tells
    `Eta DDIM` of."""
    max_eta: float | None = None
    always_draws: bool = False
    """Adds noise on its way whatever eta is."""
    churns: bool = False
    """Puts noise back before its steps where `s_churn` says so."""
    uses_eta_noise_seed_delta: bool = False
    """Webui's infotext tells the eta noise seed delta with it; see `draws` for who follows it."""
    uses_unconditional: bool = False
    """Needs the estimate of the negative prompt even where guidance is 1."""

    def draws(self, eta: float | None, s_churn: float) -> bool:
        """Whether the eta noise seed delta has any say in the picture."""
        eta = self.default_eta if eta is None else eta
        has_noise = self.always_draws or (self.stochastic and eta != 0)
        return (has_noise and not self.brownian) or (self.churns and s_churn != 0)

    def noise_schedule(self, chosen: str) -> str:
        """The noise schedule that runs when `chosen` was asked for."""
        return self.default_noise_schedule if chosen == AUTOMATIC else chosen

    def num_evaluations(self, num_steps: int, plan: StepPlan | None = None) -> int:
        """How many denoiser calls so many steps take, or on an input picture those of a plan."""
        if not self.walks_timesteps:
            return self.calls(plan.num_steps if plan else num_steps)
        if plan:
            return self.calls(plan.num_timesteps)
        return self.calls(len(range(0, NUM_TIMESTEPS, NUM_TIMESTEPS // num_steps)))


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
        uses_eta_noise_seed_delta=True,
    ),
    SamplerInfo(id="euler", label="Euler", aliases=("k_euler",), churns=True),
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
        calls=two_a_step,
        stochastic=True,
        brownian=True,
    ),
    SamplerInfo(
        id="dpmpp_2m_sde",
        label="DPM++ 2M SDE",
        aliases=("k_dpmpp_2m_sde",),
        default_noise_schedule="exponential",
        stochastic=True,
        brownian=True,
    ),
    SamplerInfo(
        id="dpmpp_2m_sde_heun",
        label="DPM++ 2M SDE Heun",
        aliases=("k_dpmpp_2m_sde_heun",),
        default_noise_schedule="exponential",
        stochastic=True,
        brownian=True,
    ),
    SamplerInfo(
        id="dpmpp_2s_a",
        label="DPM++ 2S a",
        aliases=("k_dpmpp_2s_a", "k_dpmpp_2s_ancestral", "dpmpp_2s_ancestral"),
        default_noise_schedule="karras",
        second_order=True,
        calls=two_a_step,
        stochastic=True,
        uses_eta_noise_seed_delta=True,
    ),
    SamplerInfo(
        id="dpmpp_3m_sde",
        label="DPM++ 3M SDE",
        aliases=("k_dpmpp_3m_sde",),
        default_noise_schedule="exponential",
        discards_penultimate_sigma=True,
        stochastic=True,
        brownian=True,
    ),
    SamplerInfo(id="lms", label="LMS", aliases=("k_lms",)),
    SamplerInfo(
        id="heun",
        label="Heun",
        aliases=("k_heun",),
        second_order=True,
        calls=two_a_step,
        churns=True,
    ),
    SamplerInfo(
        id="dpm_2",
        label="DPM2",
        aliases=("k_dpm_2",),
        default_noise_schedule="karras",
        discards_penultimate_sigma=True,
        second_order=True,
        calls=two_a_step,
        churns=True,
    ),
    SamplerInfo(
        id="dpm_2_a",
        label="DPM2 a",
        aliases=("k_dpm_2_a", "k_dpm_2_ancestral", "dpm_2_ancestral"),
        default_noise_schedule="karras",
        discards_penultimate_sigma=True,
        second_order=True,
        calls=two_a_step,
        stochastic=True,
        uses_eta_noise_seed_delta=True,
    ),
    SamplerInfo(
        id="dpm_fast",
        label="DPM fast",
        aliases=("k_dpm_fast",),
        stochastic=True,
        uses_eta_noise_seed_delta=True,
    ),
    SamplerInfo(
        id="dpm_adaptive",
        label="DPM adaptive",
        aliases=("k_dpm_ad", "k_dpm_adaptive"),
        calls=some_forty,
        adaptive=True,
        stochastic=True,
        uses_eta_noise_seed_delta=True,
    ),
    SamplerInfo(
        id="restart",
        label="Restart",
        aliases=("k_restart",),
        default_noise_schedule="karras",
        second_order=True,
        calls=two_a_step,
        always_draws=True,
    ),
    SamplerInfo(
        id="ddim",
        label="DDIM",
        aliases=("k_ddim", "ddim_v3"),
        walks_timesteps=True,
        calls=one_between,
        stochastic=True,
        default_eta=0.0,
        max_eta=1.0,
        min_steps=2,
    ),
    SamplerInfo(
        id="ddim_cfgpp",
        label="DDIM CFG++",
        walks_timesteps=True,
        calls=one_between,
        stochastic=True,
        default_eta=0.0,
        max_eta=1.0,
        min_steps=2,
        uses_unconditional=True,
    ),
    SamplerInfo(id="plms", label="PLMS", aliases=("k_plms",), walks_timesteps=True, min_steps=2),
    SamplerInfo(id="unipc", label="UniPC", aliases=("k_unipc", "uni_pc"), walks_timesteps=True),
    SamplerInfo(id="lcm", label="LCM", aliases=("k_lcm",), always_draws=True),
)

NOISE_SCHEDULES: tuple[NoiseScheduleInfo, ...] = (
    NoiseScheduleInfo(id=AUTOMATIC, label="Automatic"),
    NoiseScheduleInfo(id="uniform", label="Uniform"),
    NoiseScheduleInfo(id="karras", label="Karras", aliases=("ka",)),
    NoiseScheduleInfo(id="exponential", label="Exponential", aliases=("exp",)),
    NoiseScheduleInfo(id="polyexponential", label="Polyexponential"),
    NoiseScheduleInfo(id="sgm_uniform", label="SGM Uniform"),
    NoiseScheduleInfo(id="kl_optimal", label="KL Optimal"),
    NoiseScheduleInfo(id="align_your_steps", label="Align Your Steps", aliases=("ays",)),
    NoiseScheduleInfo(id="simple", label="Simple"),
    NoiseScheduleInfo(id="normal", label="Normal"),
    NoiseScheduleInfo(id="ddim", label="DDIM", aliases=("ddim_uniform",)),
    NoiseScheduleInfo(id="beta", label="Beta"),
    NoiseScheduleInfo(
        id="align_your_steps_sdxl", label="Align Your Steps SDXL", aliases=("ays_sdxl",)
    ),
    NoiseScheduleInfo(id="old_karras", label="Old Karras"),
)


@lru_cache(maxsize=256)  # asked at every step, and all spellings are gone through
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
