"""Weights of words, applied to what the text tower makes of them (spec: webui §1.9)."""

from collections.abc import Sequence

from torch import Tensor

from pipeline.requests import EmphasisName


def emphasise(
    mode: EmphasisName, hidden: Tensor, multipliers: Tensor, counts: Sequence[int]
) -> Tensor:
    """Weigh one chunk of the texts of one prompt; (texts, tokens, width) in float32.

    `multipliers` are (texts, tokens). Mode "original" restores the mean of all that is weighed
    together, in which a text counts as often as it occurs in the prompt's schedule.
    """
    if mode in ("none", "ignore"):
        return hidden
    weighed = hidden * multipliers.unsqueeze(-1)
    if mode == "no_norm":
        return weighed
    shares = hidden.new_tensor(counts) / sum(counts)
    before, after = ((states.mean(dim=(1, 2)) * shares).sum() for states in (hidden, weighed))
    return weighed * (before / after)
