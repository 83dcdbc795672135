"""The text tower's call, with vectors of embeddings in place of some tokens'.

The table of tokens is never touched: it is shared by everybody whose texts are read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor, nn
from transformers import CLIPTextModel

from pipeline.errors import InvalidRequest


def read_tokens(
    tower: CLIPTextModel,
    token_ids: Tensor,
    clip_skip: int = 1,
    vectors: Sequence[tuple[int, Tensor]] = (),
) -> Tensor:
    """Token ids (1, tokens) to normalised hidden states (1, tokens, width).

    `vectors` are (n, width) each, with the position of their first; what reaches past the last
    position is cut off. The states are those of the last layer but `clip_skip` - 1. Raises
    `InvalidRequest` where the tower has fewer layers.
    """
    if clip_skip > tower.config.num_hidden_layers:
        raise InvalidRequest(
            f"Clip skip {clip_skip} is not possible with this model: its text encoder has "
            f"{tower.config.num_hidden_layers} layers."
        )
    with replaced_inputs(tower.embeddings.token_embedding, vectors):
        output = tower(token_ids, output_hidden_states=clip_skip > 1)
    # Not from the encoder alone: only the whole tower gives it its causal mask.
    hidden: Tensor = (
        output.last_hidden_state
        if clip_skip == 1
        else tower.final_layer_norm(output.hidden_states[-clip_skip])
    )
    return hidden


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
