"""The demo model's UNet, and how it learns to obey the text.

Samplers start from pure noise, yet Stable Diffusion's schedule leaves 7 % of the picture at the
last timestep: enough to read the layout from, so a UNet trained only on such inputs never learns
to take it from the text. Hence half of all inputs are very noisy, and a fifth hold no picture at
all, whose best answer is the mean picture that the caption describes.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextModel

from pipeline.models.demo.beginnings import start_evenly
from pipeline.models.demo.captions import EMPTY_SHARE, caption_for
from pipeline.models.demo.clip import WIDTH, load_clip
from pipeline.models.demo.pool import Shard, load_pool
from pipeline.models.demo.scenes import NATIVE, Random, Scene, random_source
from pipeline.models.demo.starting import started, starting_unet
from pipeline.models.demo.tokenizer import LENGTH, new_tokenizer
from pipeline.models.demo.training import Plan, Training

PLAN = Plan(
    name="unet", steps=8000, learning_rate=1.0e-3, warmup=200, decay_from=0.35, average=0.998
)
BATCH = 16  # of each process
NATIVE_SHARE = 0.88
BLANK_SHARE, NOISY_SHARE = 0.3, 0.35
BLANK_FROM, NOISY_FROM = 940, 600
LAST = 1000  # timesteps
WORDINGS = 4
# How often a scene is shown for once of the others: outlines with notches and holes take longest.
TIMES_SHOWN = {"star": 3, "ring": 2, "cross": 2}
OCCUPIED_WEIGHT = 3.0  # how much more the things count than their background
LEAST_WEIGHT = 0.3


def new_unet() -> UNet2DConditionModel:
    """Attention where the latents are small; no width equals the context's."""
    torch.manual_seed(3)
    unet = UNet2DConditionModel(
        sample_size=NATIVE[0] // 8,
        block_out_channels=(32, 80, 128),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        norm_num_groups=8,
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
    )
    start_evenly(unet)
    nn.init.zeros_(unet.conv_out.weight)
    return unet


def new_scheduler() -> DDIMScheduler:
    """Stable Diffusion's noise schedule, with Stable Diffusion 2's prediction of v."""
    return DDIMScheduler(
        num_train_timesteps=LAST,
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        prediction_type="v_prediction",
    )


@dataclass(frozen=True, slots=True)
class Batch:
    """Clean latents with their captions."""

    latents: Tensor
    occupied: Tensor
    texts: list[str]


class Lessons:
    """Draws batches from the pool and says how wrong the UNet is on them."""

    def __init__(self, shards: list[Shard], text_encoder: CLIPTextModel) -> None:
        self.native = [shard for shard in shards if shard.latents.shape[2:] == (16, 16)]
        self.other = [shard for shard in shards if shard.latents.shape[2:] != (16, 16)]
        self.shown = {shard.number: times_shown(shard.scenes) for shard in shards}
        self.text_encoder = text_encoder
        self.encoded: dict[str, Tensor] = {}
        self.kept = new_scheduler().alphas_cumprod

    def batch(self, rng: Random) -> Batch:
        """Pictures of one size, each with a new caption or none."""
        shards = self.native if not self.other or rng.random() < NATIVE_SHARE else self.other
        same = shards[rng.integers(len(shards))]
        alike = [shard for shard in shards if shard.latents.shape == same.latents.shape]
        chosen = [self.one_of(alike[rng.integers(len(alike))], rng) for _ in range(BATCH)]
        return Batch(
            latents=torch.stack([shard.latents[number] for shard, number in chosen]).float(),
            occupied=torch.stack([shard.occupied[number] for shard, number in chosen]),
            texts=[wording(shard, number, rng) for shard, number in chosen],
        )

    def one_of(self, shard: Shard, rng: Random) -> tuple[Shard, int]:
        """A scene of a shard, by its number there."""
        shown = self.shown[shard.number]
        return shard, shown[rng.integers(len(shown))]

    def context(self, texts: list[str]) -> Tensor:
        """Encoded texts; each is encoded once, since wordings come again."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self.encoded]
        if fresh:
            self.encoded.update(zip(fresh, self.encode(fresh).half(), strict=True))
        return torch.stack([self.encoded[text] for text in texts]).float()

    @torch.no_grad()
    def encode(self, texts: list[str]) -> Tensor:
        tokens = new_tokenizer()(
            texts, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt"
        )
        return self.text_encoder(input_ids=tokens.input_ids).last_hidden_state

    def loss(self, unet: nn.Module, rng: Random, generator: torch.Generator) -> Tensor:
        """The error of v, counting the things' own pixels more than their background."""
        batch = self.batch(rng)
        timesteps, signal = timesteps_and_signal(rng)
        noise = torch.randn(batch.latents.shape, generator=generator)
        alpha = self.kept[timesteps].sqrt()[:, None, None, None]
        sigma = (1 - self.kept[timesteps]).sqrt()[:, None, None, None]
        noisy = signal[:, None, None, None] * alpha * batch.latents + sigma * noise
        velocity = alpha * noise - sigma * batch.latents
        predicted = unet(noisy, timesteps, self.context(batch.texts), return_dict=False)[0]
        weight = 1 + (OCCUPIED_WEIGHT - 1) * batch.occupied.float()
        # An error of v moves the clean picture sigma times as far: hardly at all near the end.
        error = (predicted - velocity).square() * (sigma**2).clamp(min=LEAST_WEIGHT)
        return (error * weight).mean() / weight.mean()


def times_shown(scenes: list[Scene]) -> list[int]:
    """The scenes' numbers, each as often as it is shown."""
    return [
        number
        for number, scene in enumerate(scenes)
        for _ in range(TIMES_SHOWN.get(scene.attributes[0].kind, 1))
    ]


def wording(shard: Shard, number: int, rng: Random) -> str:
    """One of a few captions for each picture, or none."""
    if rng.random() < EMPTY_SHARE:
        return ""
    place = (shard.number * len(shard.scenes) + number) * WORDINGS + int(rng.integers(WORDINGS))
    return caption_for(shard.scenes[number], random_source("wording", place)).text


def timesteps_and_signal(rng: Random) -> tuple[Tensor, Tensor]:
    """How noisy each input is, and how much of its picture it keeps (blanks: none or little)."""
    blanks, noisy = round(BLANK_SHARE * BATCH), round(NOISY_SHARE * BATCH)
    timesteps = rng.integers(0, LAST, BATCH)
    timesteps[:blanks] = rng.integers(BLANK_FROM, LAST, blanks)
    timesteps[blanks : blanks + noisy] = rng.integers(NOISY_FROM, LAST, noisy)
    signal = torch.ones(BATCH)
    signal[:blanks] = torch.from_numpy(rng.uniform(0, 1, blanks) * (rng.random(blanks) < 0.3))
    return torch.from_numpy(timesteps), signal


def beginning(work: Path) -> UNet2DConditionModel:
    """Where training starts: from finished weights if there are any, else from nothing."""
    return starting_unet(work) if started(work) else new_unet()


def train_unet(work: Path) -> None:
    """Train (or go on training) the UNet on the pool, with the text tower as it is."""
    lessons = Lessons(list(load_pool(work)), load_clip(work).text_model)
    training = Training(beginning(work), PLAN, work)
    training.run(lambda rng, noise: lessons.loss(training.model, rng, noise))


def load_unet(work: Path) -> UNet2DConditionModel:
    """The averaged weights of the last snapshot, or those that training starts from."""
    unet = beginning(work)
    snapshot = work / f"{PLAN.name}.pt"
    if snapshot.exists():
        unet.load_state_dict(torch.load(snapshot, weights_only=True)["averaged"])
    return unet.eval().requires_grad_(False)


def last_step(work: Path) -> int:
    """How far the last snapshot is."""
    return int(torch.load(work / f"{PLAN.name}.pt", weights_only=True)["step"])
