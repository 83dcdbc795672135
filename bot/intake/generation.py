"""What was typed → `GenerationRequest`. Discord's own checks are not relied upon.

It knows no interaction, so that what people type can be tried without one.
"""

import random
import secrets
from dataclasses import dataclass

from bot.errors import Refusal
from bot.intake.sizes import SQUARE, read_size
from pipeline import MAX_SEED, SAMPLERS, GenerationRequest, PipelineConfig, UnknownModel

MAX_COUNT = 4  # pictures of one request: what Discord shows as one block
JOB_ID_BYTES = 12  # 24 characters; the id is also a nonce, which has at most 25


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedOptions:
    """The options of `/imagine` as they came."""

    prompt: str
    negative_prompt: str = ""
    size: str = SQUARE
    steps: int = 20
    guidance_scale: float = 7.0
    sampler: str = SAMPLERS[0].label
    seed: int | None = None
    count: int = 1
    model: str | None = None


class GenerationIntake:
    """Makes requests for the models that are configured."""

    def __init__(self, config: PipelineConfig) -> None:
        self.models = config.models
        self._default_model = config.default_model

    def native_size(self, model: str | None) -> int:
        """The side in pixels that a model was trained on. Raises `UnknownModel`."""
        name = model or self._default_model
        if name not in self.models:
            raise UnknownModel(name, list(self.models))
        return self.models[name].native_size

    def request(self, typed: TypedOptions, user_id: int) -> GenerationRequest:
        """Read the options.

        Raises `InvalidRequest` or `Refusal` with a sentence for whoever typed them.
        """
        width, height = read_size(typed.size, self.native_size(typed.model))
        return GenerationRequest(
            id=secrets.token_hex(JOB_ID_BYTES),
            user=str(user_id),
            prompt=typed.prompt,
            negative_prompt=typed.negative_prompt,
            # By name even when it is the default: the default may be another after a restart.
            model=typed.model or self._default_model,
            width=width,
            height=height,
            num_steps=typed.steps,
            guidance_scale=typed.guidance_scale,
            sampler=typed.sampler,
            seeds=_seeds(typed.seed, typed.count),
            wants_previews=True,
        )

    def again(self, request: GenerationRequest, user_id: int) -> GenerationRequest:
        """The same once more with a new seed, for whoever asks now."""
        self.native_size(request.model)
        new = {
            "id": secrets.token_hex(JOB_ID_BYTES),
            "user": str(user_id),
            "seeds": _seeds(None, len(request.seeds)),
        }
        return GenerationRequest(**request.model_dump() | new)


def _seeds(first: int | None, count: int) -> tuple[int, ...]:
    if not 1 <= count <= MAX_COUNT:
        raise Refusal("imagine.no_such_count", count=count, max_count=MAX_COUNT)
    if first is None:
        # A seed that people may want to type again needs luck, not secrecy; the highest few
        # have no room for the pictures after the first.
        first = random.randrange(MAX_SEED - MAX_COUNT)
    return tuple(range(first, first + count))
