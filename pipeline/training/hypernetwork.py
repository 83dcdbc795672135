"""Hypernetwork training: the nets learn, the model around them stays (spec: webui §6)."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

from pipeline.adapters.hypernetwork import USABLE_ACTIVATIONS, Hypernetwork, Net, Structure
from pipeline.adapters.hypernetwork_writing import write_hypernetwork
from pipeline.errors import InvalidRequest
from pipeline.models.model import Model
from pipeline.training.batches import Batch
from pipeline.training.diffusion_loss import diffusion_loss
from pipeline.training.method import Learned
from pipeline.training.randomness import number_for, tensor_source
from pipeline.training.texts import TrainingTexts
from pipeline.training_methods import HypernetworkSettings
from pipeline.training_request import TrainingRequest

WEIGHT_DECAY = 0.01  # torch's own, which webui leaves alone
NORMAL_DEVIATION = 0.01
NUM_ROWS = 64  # of noise that a net's size is measured by

Start: TypeAlias = Callable[[Tensor], object]


class HypernetworkTraining:
    """The nets of one request, at full strength while they learn."""

    usual_norm = 5.0  # times what the nets are given

    def __init__(self, request: TrainingRequest, model: Model) -> None:
        """Raises `InvalidRequest` for a structure, activation or width that no net can have."""
        settings = request.method
        assert isinstance(settings, HypernetworkSettings)
        self.model = model
        self.settings = settings
        self.seed = request.seed
        self.texts = TrainingTexts(model, frozen=True)
        structure = structure_of(settings)
        with torch.random.fork_rng():
            torch.manual_seed(number_for(request.seed, "nets", 0))
            nets = {
                width: (new_net(width, structure, settings), new_net(width, structure, settings))
                for width in chosen_widths(settings, model)
            }
        self.hypernetwork = Hypernetwork(
            request.name, nets, hash="", structure=structure, checkpoint=model.hash
        ).to(model.device, torch.float32)
        self.nets = nn.ModuleDict(
            {
                f"{width}.{part}".replace(".", "_"): net.train().requires_grad_(True)
                for width, pair in self.hypernetwork.nets.items()
                for part, net in zip(("keys", "values"), pair, strict=True)
            }
        )

    def learned(self) -> Sequence[Learned]:
        return [Learned(list(self.nets.parameters()), weight_decay=WEIGHT_DECAY)]

    def loss(self, batch: Batch) -> Tensor:
        hidden, pooled = self.texts.states(batch.texts)
        # Not by `model.context`, which works with a copy of what it is given.
        context = self.model.cross_attention.context(
            hidden.to(self.model.dtype), ((self.hypernetwork, 1.0),), pooled
        )
        return diffusion_loss(self.model, batch, context)

    def after_step(self) -> None:
        """Nothing more moves."""

    def as_saved(self) -> AbstractContextManager[object]:
        return nullcontext()

    @torch.no_grad()
    def norm(self) -> float:
        """What the nets add to noise of variance 1, as a multiple of it; the largest of them."""
        sizes = []
        for number, (width, pair) in enumerate(self.hypernetwork.nets.items()):
            source = tensor_source(self.seed, "norm", number)
            given = torch.randn(NUM_ROWS, width, generator=source).to(self.model.device)
            sizes += [(net(given).norm() / given.norm()).item() for net in pair]
        return max(sizes)

    def state(self) -> Mapping[str, Tensor]:
        return {name: weight.detach() for name, weight in self.nets.state_dict().items()}

    def resume(self, state: Mapping[str, Tensor]) -> None:
        self.nets.load_state_dict(state)

    def save(self, folder: Path, stem: str, num_steps: int) -> Path:
        path = folder / f"{stem}.pt"
        trained = Hypernetwork(
            self.hypernetwork.name,
            self.hypernetwork.nets,
            hash="",
            structure=self.hypernetwork.structure,
            step=num_steps,
            checkpoint=self.model.hash,
        )
        write_hypernetwork(path, trained, self.model.name, self.settings.initialization)
        return path


def structure_of(settings: HypernetworkSettings) -> Structure:
    """How the nets are built. Raises `InvalidRequest` for an activation that they cannot have."""
    if settings.activation not in USABLE_ACTIVATIONS:
        raise InvalidRequest(
            f"The activation `{settings.activation[:50]}` is not one that a net can use: take one "
            f"of {', '.join(sorted(USABLE_ACTIVATIONS))}."
        )
    return Structure(
        layers=settings.layers,
        activation=settings.activation,
        layer_norm=settings.layer_norm,
        activates_output=settings.activates_output,
        dropout=settings.dropout or (0.0,) * len(settings.layers),
    )


def chosen_widths(settings: HypernetworkSettings, model: Model) -> Sequence[int]:
    """The widths that get nets, by default all that the model's attention reads.

    Raises `InvalidRequest` for one that nothing in the model has.
    """
    there = sorted({layer.in_features for layer in attention_inputs(model)})
    for width in settings.widths:
        if width not in there:
            raise InvalidRequest(
                f"The model `{model.name}` has no attention of width {width:,}: its widths are "
                f"{', '.join(map(str, there))}."
            )
    chosen = settings.widths or there
    if min(chosen) * min(settings.layers) < 1:
        raise InvalidRequest("This layer structure leaves a net without a single number.")
    return chosen


def attention_inputs(model: Model) -> list[nn.Linear]:
    """The projections to keys, of cross- and self-attention."""
    return [
        module
        for name, module in model.unet.named_modules()
        if name.endswith(".to_k") and isinstance(module, nn.Linear)
    ]


def new_net(width: int, structure: Structure, settings: HypernetworkSettings) -> Net:
    """A net at its start; norms start as the weights do, near zero, as webui has it."""
    net = Net(width, structure)
    start = starts(settings)[settings.initialization]
    for layer in net.linear:
        if isinstance(layer, nn.LayerNorm):
            nn.init.normal_(layer.weight, std=NORMAL_DEVIATION)
            nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.Linear):
            start(layer.weight)
            nn.init.zeros_(layer.bias)
    return net


def starts(settings: HypernetworkSettings) -> Mapping[str, Start]:
    """What fills a layer's weights, under webui's names."""
    leaky = settings.activation == "leakyrelu"
    nonlinearity: Literal["leaky_relu", "relu"] = "leaky_relu" if leaky else "relu"
    return {
        "Normal": partial(nn.init.normal_, std=NORMAL_DEVIATION),
        "XavierUniform": nn.init.xavier_uniform_,
        "XavierNormal": nn.init.xavier_normal_,
        "KaimingUniform": partial(nn.init.kaiming_uniform_, nonlinearity=nonlinearity),
        "KaimingNormal": partial(nn.init.kaiming_normal_, nonlinearity=nonlinearity),
    }
