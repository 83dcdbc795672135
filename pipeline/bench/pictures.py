"""Pictures from our own engine, for benches that judge pictures."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.requests import GenerationRequest
from pipeline.results import Failed, GeneratedImage

Picture = npt.NDArray[np.floating[Any]]  # (height, width, 3), 0..1


def engine_generate(
    config: PipelineConfig, sampler: str, num_steps: int, guidance_scale: float, **settings: Any
) -> Callable[[Sequence[str], Sequence[int]], Iterable[Picture]]:
    """A function from prompts and seeds to pictures, in their order; all have these `settings`."""

    def generate(prompts: Sequence[str], seeds: Sequence[int]) -> Iterator[Picture]:
        size = config.model().native_size
        engine = Engine(config, "cpu")
        for prompt, seed in zip(prompts, seeds, strict=True):
            request = GenerationRequest(
                id=str(seed),
                prompt=prompt,
                seeds=(seed,),
                sampler=sampler,
                num_steps=num_steps,
                guidance_scale=guidance_scale,
                width=size,
                height=size,
                **settings,
            )
            engine.submit(request)
        made: dict[str, Picture] = {}
        while not engine.idle:
            for event in engine.step():
                if isinstance(event, Failed):
                    raise event.error
                if isinstance(event, GeneratedImage):
                    made[event.request_id] = read(event.png)
        yield from (made[str(seed)] for seed in seeds)

    return generate


def read(png: bytes) -> Picture:
    """A PNG's colours."""
    with Image.open(BytesIO(png)) as picture:
        return np.asarray(picture, dtype=np.float32) / 255
