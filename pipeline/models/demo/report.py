"""Measures the demo model: does the judge see right, do CLIP and UNet obey, and how often.

It draws and asks; what makes the pictures is handed in.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline

from pipeline.models.demo.captions import describe
from pipeline.models.demo.clip import NAMES
from pipeline.models.demo.judge import judge
from pipeline.models.demo.pictures import Array, draw
from pipeline.models.demo.scenes import (
    FACTS,
    NATIVE,
    Attributes,
    Random,
    combinations,
    random_source,
    scene_for,
)

Shares = dict[str, float]
Generate = Callable[[Sequence[str], Sequence[int]], Iterable[Array]]  # prompts, seeds -> pictures
STEPS, GUIDANCE = 20, 3.0
EVERYTHING = frozenset(FACTS)


def chosen(count: int, held_out: bool, rng: Random) -> list[Attributes]:
    """So many different combinations, held out or seen."""
    pool = [one for one in combinations() if one.held_out() == held_out]
    return [pool[number] for number in rng.choice(len(pool), count, replace=False)]


def prompt_for(attributes: Attributes, rng: Random) -> str:
    """A full description in the model's language."""
    return describe(attributes, EVERYTHING, rng)


def judge_proof(count: int = 300) -> Shares:
    """The share of fresh drawings accepted, and of those where exactly one fact is wrong."""
    rng = random_source("judge proof", 0)
    right = wrong = 0
    for attributes in chosen(count, held_out=False, rng=rng):
        sighting = judge(draw(scene_for(attributes, NATIVE, rng).picture))
        right += sighting.accepts(attributes)
        wrong += sighting.accepts(with_one_wrong(attributes, rng))
    return {"right pictures accepted": right / count, "wrong pictures accepted": wrong / count}


def with_one_wrong(attributes: Attributes, rng: Random) -> Attributes:
    """The same combination but for one fact."""
    fact = FACTS[rng.integers(len(FACTS))]
    others = [name for name in NAMES[fact] if name != getattr(attributes, fact)]
    return replace(attributes, **{fact: others[rng.integers(len(others))]})


def obedience(generate: Generate, count: int = 200, seed: int = 0) -> Shares:
    """For each fact, the share of pictures from held-out prompts that show it."""
    rng = random_source("obedience", seed)
    wanted = chosen(count, held_out=True, rng=rng)
    prompts = [prompt_for(attributes, rng) for attributes in wanted]
    seen = [judge(picture) for picture in generate(prompts, range(seed, seed + count))]
    pairs = list(zip(seen, wanted, strict=True))
    shares = {
        fact: float(np.mean([sighting.agrees(one, fact) for sighting, one in pairs]))
        for fact in FACTS
    }
    return shares | {"all": float(np.mean([sighting.accepts(one) for sighting, one in pairs]))}


def diffusers_generate(folder: Path, together: int = 10) -> Generate:
    """Pictures by diffusers' own pipeline, a few prompts at a time."""
    pipeline = StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)

    def generate(prompts: Sequence[str], seeds: Sequence[int]) -> Iterable[Array]:
        for start in range(0, len(prompts), together):
            generators = [
                torch.Generator().manual_seed(seed) for seed in seeds[start : start + together]
            ]
            yield from pipeline(
                list(prompts[start : start + together]),
                generator=generators,
                num_inference_steps=STEPS,
                guidance_scale=GUIDANCE,
                output_type="np",
            ).images

    return generate
