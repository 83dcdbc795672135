"""Requests that come from pictures which are there already: again, varied, larger, edited.

Whoever asks gets a job of their own, whoever asked before them.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.intake.edits import from_texts
from bot.intake.generation import GenerationIntake, new_id, refuse_second_pass
from bot.intake.sizes import larger_size
from bot.records.derivations import Descent
from bot.records.inputs import Inputs
from bot.records.models import Job, StoredImage
from bot.replies.buttons import Action
from pipeline import MAX_SEED, GenerationRequest

# Shares of the variation seed's noise.
STRENGTHS = {Action.VARY_SUBTLE: 0.12, Action.VARY_STRONG: 0.45}

UPSCALE_FACTOR = 2
UPSCALE_STRENGTH = 0.3


def upscale_key(image: StoredImage) -> str:
    """What names the one upscale of a picture."""
    return f"upscale:{image.job_id}:{image.index}"


@dataclass(frozen=True, slots=True)
class Derived:
    """A request, and what it comes from."""

    request: GenerationRequest
    descent: Descent
    inputs: Inputs


class Deriver:
    """Makes requests from the pictures of one job, for one user."""

    def __init__(self, intake: GenerationIntake, job: Job, user_id: int) -> None:
        self._intake = intake
        self._job = job
        self._inputs = Inputs(init_hash=job.init_hash, mask_hash=job.mask_hash)
        self._user_id = user_id

    def again(self) -> Derived:
        """The same once more, with other noise."""
        request = GenerationRequest(**self._job.request)
        return self._derived(self._intake.again(request, self._user_id), Action.AGAIN)

    def vary(self, image: StoredImage, action: Action) -> Derived:
        """A picture near another: the noise of its seed, and some of another seed."""
        request = self._like(
            image,
            variation_seed=random.randrange(MAX_SEED),
            variation_strength=STRENGTHS[action],
        )
        return self._derived(request, action, image)

    def upscale(self, image: StoredImage) -> Derived:
        """The picture twice as wide and high, its details drawn anew; made only once."""
        width, height = larger_size(image.size, UPSCALE_FACTOR)
        request = self._like(
            image,
            width=width,
            height=height,
            hires_scale=None,
            strength=UPSCALE_STRENGTH,
            exact_steps=True,
            resize_mode="stretch",
        )
        descent = Descent(
            parent_id=self._job.id,
            parent_index=image.index,
            action=Action.UPSCALE,
            sole_key=upscale_key(image),
        )
        # It is the whole picture that is made larger, whatever of it was repainted before.
        return Derived(request, descent, Inputs(init_hash=image.file_hash))

    def edit(self, texts: Mapping[str, str]) -> Derived:
        """The request as somebody wrote it anew."""
        request = from_texts(
            self._intake, GenerationRequest(**self._job.request), texts, self._user_id
        )
        if self._inputs.init_hash:
            refuse_second_pass(request)
        return self._derived(request, Action.EDIT)

    def _like(self, image: StoredImage, **changes: Any) -> GenerationRequest:
        self._intake.native_size(image.settings["model"])
        own = {
            "id": new_id(),
            "user": str(self._user_id),
            "wants_previews": True,
        }
        return GenerationRequest(**image.settings | own | changes)

    def _derived(
        self, request: GenerationRequest, action: Action, image: StoredImage | None = None
    ) -> Derived:
        descent = Descent(
            parent_id=self._job.id,
            parent_index=image.index if image else None,
            action=action,
        )
        return Derived(request, descent, self._inputs)
