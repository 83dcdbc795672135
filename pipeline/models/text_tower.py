"""Text towers: what a chunk of tokens means to each of a model's text encoders.

The table of tokens is never touched: it is shared by everybody whose texts are read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTextModelWithProjection

from pipeline.errors import InvalidRequest


@dataclass(frozen=True, eq=False)
class TextTower:
    """One text encoder, and how its family of models reads it.

    What it gives is taken from one of its layers. "clip_skip": from the one that a request asks
    for, normalised (Stable Diffusion 1). "last": from its last one, normalised (2, whose towers
    come without the layer that is never read). "penultimate": from the last but one, as it is
    (XL).
    """

    encoder: CLIPTextModel | CLIPTextModelWithProjection
    layer: Literal["clip_skip", "last", "penultimate"]
    end: int  # the token that ends a text
    padding: int  # the token that fills a chunk up behind it

    @property
    def width(self) -> int:
        return int(self.encoder.config.hidden_size)

    def read(
        self, token_ids: Tensor, clip_skip: int, vectors: Sequence[tuple[int, Tensor]] = ()
    ) -> tuple[Tensor, Tensor | None]:
        """Token ids (1, tokens) to hidden states (1, tokens, width), and what pools them (1, n).

        Only a tower that projects pools. `vectors` are (n, width) each, with the position of
        their first; what reaches past the last position is cut off. Raises `InvalidRequest`
        where the tower has fewer layers than `clip_skip`.
        """
        num_layers = self.encoder.config.num_hidden_layers
        if self.layer == "clip_skip" and clip_skip > num_layers:
            raise InvalidRequest(
                f"Clip skip {clip_skip} is not possible with this model: its text encoder has "
                f"{num_layers} layers."
            )
        depth = {"clip_skip": clip_skip, "last": 1, "penultimate": 2}[self.layer]
        # Newer libraries have the layers in the model itself where it does not project.
        tower = getattr(self.encoder, "text_model", self.encoder)
        with replaced_inputs(tower.embeddings.token_embedding, vectors):
            # Not from the layers alone: only the whole tower gives them its causal mask.
            output = self.encoder(self._padded(token_ids), output_hidden_states=depth > 1)
        if depth == 1:
            hidden = output.last_hidden_state
        elif self.layer == "penultimate":
            hidden = output.hidden_states[-2]
        else:
            hidden = tower.final_layer_norm(output.hidden_states[-depth])
        return hidden, getattr(output, "text_embeds", None)

    def _padded(self, token_ids: Tensor) -> Tensor:
        """The tokens with this tower's padding behind the first end."""
        if self.padding == self.end:
            return token_ids
        ends = (token_ids == self.end).int()
        behind = ends.cumsum(dim=1) - ends > 0
        return torch.where(behind, self.padding, token_ids)


@contextmanager
def replaced_inputs(table: nn.Module, vectors: Sequence[tuple[int, Tensor]]) -> Iterator[None]:
    """Put vectors over rows of what the table of tokens gives, for as long as this lasts."""

    def replace(_: nn.Module, __: object, rows: Tensor) -> Tensor:
        replaced = rows.clone()
        for position, learned in vectors:
            room = rows.shape[1] - position
            replaced[0, position : position + len(learned)] = learned[:room].to(rows)
        return replaced

    if not vectors:
        yield
        return
    handle = table.register_forward_hook(replace)
    try:
        yield
    finally:
        handle.remove()
