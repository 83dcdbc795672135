"""Attention inside a UNet, with the text's keys and values computed once per text, not per step.

What a text contributes to cross-attention is the same at every step, so it is projected when the
text is encoded and only looked up afterwards. It belongs to (text, set of adapters).
Hypernetworks bend what keys and values are made of: a text's once, here, and what self-attention
reads at every call. Queries and the model's own weights stay as they are. LoRA changes what the
matrices themselves say (`pipeline.models.lora_branches`), here as everywhere in the UNet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import torch
from diffusers.models.attention_processor import Attention
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor
from torch.nn import functional as F

from pipeline.adapters.hypernetwork import HypernetworkSet, apply_hypernetworks
from pipeline.models.lora_branches import PlacedSet

KeysValues = tuple[Tensor, Tensor]  # each (rows, heads, tokens, head width)
Adapters: TypeAlias = tuple[tuple[str, float], ...]  # hash and strength of each


@dataclass(frozen=True, slots=True, eq=False)
class TextContext:
    """What the UNet attends to: one text, or the texts of all rows of one call stacked."""

    hidden: Tensor  # (rows, tokens, width)
    keys_values: tuple[KeysValues, ...]  # one for each cross-attention layer
    hypernetworks: HypernetworkSet = ()
    pooled: Tensor | None = None  # (rows, width), what Stable Diffusion XL reads beside `hidden`
    loras: PlacedSet | None = None  # of the UNet; those of the text encoders are in `hidden`

    @property
    def num_tokens(self) -> int:
        return self.hidden.shape[1]

    @property
    def adapters(self) -> Adapters:
        """What texts must have in common to share a call: the hash and strength of each adapter."""
        hypernetworks = tuple((each.hash, strength) for each, strength in self.hypernetworks)
        return hypernetworks + (self.loras.key if self.loras else ())

    @property
    def adapter_bytes(self) -> dict[int, int]:
        """What its adapters take of a device's memory, each by its id."""
        used = {id(each): each.num_bytes for each, _ in self.hypernetworks}
        return used | ({id(self.loras): self.loras.num_bytes} if self.loras else {})

    @property
    def tensors(self) -> list[Tensor]:
        """All that it holds, each with a row for every text."""
        rest = [] if self.pooled is None else [self.pooled]
        return [self.hidden, *(tensor for layer in self.keys_values for tensor in layer), *rest]

    def with_tensors(self, tensors: Sequence[Tensor]) -> "TextContext":
        """Its like with other tensors, in the order of `tensors`."""
        hidden, *rest = tensors
        pooled = None if self.pooled is None else rest.pop()
        keys_values = tuple(zip(rest[::2], rest[1::2], strict=True))
        return replace(self, hidden=hidden, keys_values=keys_values, pooled=pooled)

    @property
    def num_bytes(self) -> int:
        """What keeping it takes of a device's memory."""
        return sum(tensor.nbytes for tensor in self.tensors)


def stack_contexts(contexts: Sequence[TextContext]) -> TextContext:
    """Put the texts of several rows into one context.

    All must have the same number of tokens and the same adapters.
    """
    if len(contexts) == 1:
        return contexts[0]
    pooled = [context.pooled for context in contexts if context.pooled is not None]
    return TextContext(
        torch.cat([context.hidden for context in contexts]),
        tuple(
            (torch.cat([keys for keys, _ in layer]), torch.cat([values for _, values in layer]))
            for layer in zip(*(context.keys_values for context in contexts), strict=True)
        ),
        contexts[0].hypernetworks,
        torch.cat(pooled) if pooled else None,
        contexts[0].loras,
    )


class CachedAttention:
    """A diffusers attention processor: plain self-attention, cross-attention from the cache."""

    def __init__(self, layer: int | None) -> None:
        self.layer = layer  # index among the cross-attention layers; None for self-attention

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        context: TextContext | None = None,
    ) -> Tensor:
        query = split_heads(attn.to_q(hidden_states), attn.heads)
        if self.layer is None or context is None:
            source = hidden_states if encoder_hidden_states is None else encoder_hidden_states
            key, value = project(attn, source, context.hypernetworks if context else ())
        else:
            key, value = context.keys_values[self.layer]
        attended = F.scaled_dot_product_attention(query, key, value)
        output: Tensor = attn.to_out[0](attended.transpose(1, 2).flatten(2))
        return output


def split_heads(states: Tensor, num_heads: int) -> Tensor:
    """(rows, tokens, heads x width) to (rows, heads, tokens, width)."""
    return states.unflatten(-1, (num_heads, -1)).transpose(1, 2)


def project(attn: Attention, states: Tensor, hypernetworks: HypernetworkSet) -> KeysValues:
    """Keys and values of what is attended to."""
    for_keys, for_values = apply_hypernetworks(states, hypernetworks)
    return (
        split_heads(attn.to_k(for_keys), attn.heads),
        split_heads(attn.to_v(for_values), attn.heads),
    )


class CrossAttentionLayers:
    """A UNet's cross-attention layers, made to take keys and values from a `TextContext`."""

    def __init__(self, unet: UNet2DConditionModel) -> None:
        self.layers: list[Attention] = []
        for name, module in unet.named_modules():
            if not isinstance(module, Attention):
                continue
            if not name.endswith("attn2"):
                module.set_processor(CachedAttention(None))
                continue
            module.set_processor(CachedAttention(len(self.layers)))
            self.layers.append(module)

    @property
    def widths(self) -> tuple[int, set[int]]:
        """What cross-attention reads of a text, and what the layers have themselves."""
        return self.layers[0].to_k.in_features, {layer.to_q.in_features for layer in self.layers}

    def context(
        self,
        hidden: Tensor,
        hypernetworks: HypernetworkSet,
        pooled: Tensor | None = None,
        loras: PlacedSet | None = None,
    ) -> TextContext:
        """Project one text's hidden states (1, tokens, width) for every layer."""
        keys_values = (project(layer, hidden, hypernetworks) for layer in self.layers)
        return TextContext(hidden, tuple(keys_values), hypernetworks, pooled, loras)
