"""Hypernetworks with random weights, for the models they are tried on."""

import torch

from pipeline.adapters.hypernetwork import Hypernetwork, Net, Structure
from pipeline.models.model import Model


def widths_of(model: Model) -> tuple[int, ...]:
    """The width of a model's texts, then those of its self-attention."""
    layers = model.cross_attention.layers
    text = layers[0].to_k.in_features
    return text, *sorted({layer.to_q.in_features for layer in layers} - {text})


def random_hypernetwork(name: str, widths: tuple[int, ...]) -> Hypernetwork:
    """One that serves these widths; its name decides its weights and stands for its hash."""
    torch.manual_seed(sum(name.encode()))
    nets = {
        width: (Net(width, Structure()).eval(), Net(width, Structure()).eval()) for width in widths
    }
    return Hypernetwork(name, nets, hash=name, structure=Structure())
