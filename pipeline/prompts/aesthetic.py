"""Texts led towards an aesthetic embedding (spec: webui §7).

A spare text tower is tuned for a few steps so that what it makes of the texts comes nearer to the
embedding; what it says then is mixed into what the model's own tower said. Each turn of the tuning
is the reading of one text, so that whoever computes has their turn in between.
"""

from collections.abc import Generator, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

from pipeline.adapters.aesthetic import AestheticEmbedding
from pipeline.adapters.request_shelf import RequestShelf
from pipeline.aesthetic_settings import AestheticSettings
from pipeline.errors import InvalidRequest
from pipeline.models.clip import SpareTower
from pipeline.models.model import Model

Result = TypeVar("Result")
Turns: TypeAlias = Generator[None, None, Result]


@dataclass(frozen=True, slots=True, eq=False)
class Lead:
    """One request's embedding and settings, with the tower that is tuned."""

    embedding: AestheticEmbedding
    settings: AestheticSettings
    tower: SpareTower

    @property
    def key(self) -> Hashable:
        """What texts must have in common, besides themselves, to be led to the same."""
        values = AestheticSettings.model_fields.keys() - {"aesthetic_embedding"}
        return self.embedding.hash, *(getattr(self.settings, name) for name in sorted(values))

    def towards(
        self, hidden: Tensor, token_ids: Tensor, counts: Sequence[int], clip_skip: int
    ) -> Turns[Tensor]:
        """One chunk of one prompt's texts, led; hidden states (texts, tokens, width) in float32.

        `token_ids` are (texts, tokens); in the loss a text counts as often as it occurs in the
        prompt's schedule. Neither embeddings of tokens nor weights of words reach the spare tower.
        """
        while self.tower.in_use:
            yield
        with self.tower.borrowed():
            target = target_of(self.embedding, self.tower, self.settings)
            yield from tune(self.tower, token_ids, counts, target, self.settings)
            tuned = torch.cat([self.tower.hidden(ids, clip_skip) for ids in token_ids.split(1)])
        weight = self.settings.aesthetic_weight
        if self.settings.aesthetic_slerp:
            return slerp(hidden, tuned, weight)
        return hidden * (1 - weight) + tuned * weight


class Leader:
    """Leads the texts of one model; its spare tower is loaded when the first request needs it."""

    def __init__(self, model: Model, clip_folder: Path | None) -> None:
        self._model = model
        self._clip_folder = clip_folder
        self._tower: SpareTower | None = None

    def lead(self, request: AestheticSettings, shelf: RequestShelf) -> Lead | None:
        """How a request's texts are led; None if they are not.

        Raises `UnknownAdapter`, `AdapterUnreadable`, `ModelUnavailable`, and `InvalidRequest`
        where model, CLIP and embedding do not fit together.
        """
        if not request.is_tuned:
            return None
        embedding, tower = shelf.aesthetic(request.aesthetic_embedding), self._spare_tower()
        if embedding.width != tower.projected_width:
            raise InvalidRequest(
                f"The aesthetic embedding `{embedding.name}` was made with another CLIP: it has "
                f"{embedding.width:,} numbers, and this model's has {tower.projected_width:,}."
            )
        return Lead(embedding, request, tower)

    def _spare_tower(self) -> SpareTower:
        name = self._model.name
        if len(self._model.towers) > 1:
            raise InvalidRequest(
                f"The model `{name}` cannot use aesthetic embeddings: it reads texts with two "
                "encoders, and they are made for models with one (Stable Diffusion 1 and 2)."
            )
        if self._clip_folder is None:
            raise InvalidRequest(
                f"The model `{name}` cannot use aesthetic embeddings: name a CLIP as its "
                "`aesthetic_clip` in config.toml."
            )
        if self._tower is None:
            [own] = self._model.towers
            tower = SpareTower(self._clip_folder, own, self._model.tokenizer, self._model.device)
            if tower.width != own.width:
                raise InvalidRequest(
                    f"The model `{name}` cannot use aesthetic embeddings with the CLIP that is its "
                    f"`aesthetic_clip`: {tower.width:,} numbers for a token, not {own.width:,}."
                )
            self._tower = tower
        return self._tower


def target_of(
    embedding: AestheticEmbedding, tower: SpareTower, settings: AestheticSettings
) -> Tensor:
    """What texts are led to: (1, projected width)."""
    vector = F.normalize(embedding.vector.to(tower.parameters()[0].device))
    if not settings.aesthetic_text:
        return vector
    other = tower.features_of(settings.aesthetic_text)
    if settings.aesthetic_text_negative:
        other = F.normalize(vector - other)
    return slerp(vector, other, settings.aesthetic_slerp_angle)


def tune(
    tower: SpareTower,
    token_ids: Tensor,
    counts: Sequence[int],
    target: Tensor,
    settings: AestheticSettings,
) -> Generator[None, None, None]:
    """Bring the texts' features nearer to the target; yields after each text of each step."""
    optimizer = torch.optim.Adam(tower.parameters(), lr=settings.aesthetic_learning_rate)
    for _ in range(settings.aesthetic_steps):
        optimizer.zero_grad(set_to_none=True)
        for ids, count in zip(token_ids.split(1), counts, strict=True):
            with torch.enable_grad():  # the engine's steps keep no gradients
                nearness = (F.normalize(tower.features(ids)) @ target.T).sum()
                (-nearness * count / sum(counts)).backward()
            yield
        optimizer.step()


def slerp(low: Tensor, high: Tensor, share: float) -> Tensor:
    """Between two tensors along the sphere, their directions taken over dimension 1."""
    directions = (F.normalize(low, dim=1) * F.normalize(high, dim=1)).sum(dim=1, keepdim=True)
    angle = torch.acos(directions.clamp(-1, 1))
    sine = torch.sin(angle)
    along = torch.sin((1 - share) * angle) / sine * low + torch.sin(share * angle) / sine * high
    # What hardly differs may have no angle at all in so few digits.
    return torch.where(sine > 0, along, torch.lerp(low, high, share))
