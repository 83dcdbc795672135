"""LoRA beside a model's modules: switched on and off between calls, never merged into a weight.

While a set is on, each module that it changes has a hook that adds the set's branch to what the
module says; while none is on, there are no hooks, and a call costs what it costs without LoRA.
All LoRAs of a set are one branch of a module: their matrices stacked, two products in all.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.hooks import RemovableHandle

from pipeline.adapters.lora import Branch, Lora
from pipeline.adapters.lora_families import family_of
from pipeline.adapters.lora_names import TEXT_ENCODERS, UNET, ModuleNames, ModulePath, module_path
from pipeline.errors import InvalidRequest
from pipeline.model_fit import FAMILY_NAMES
from pipeline.models.packing import PackedConv2d, pack_convolution

MAX_BYTES = 2**30  # of sets kept on the device; the latest is kept however large it is

Changeable: TypeAlias = nn.Linear | nn.Conv2d | PackedConv2d
LoraKey: TypeAlias = tuple[tuple[str, float], ...]  # hash and strength of each LoRA of a set


class LinearBranch:
    """A hook that adds to what a linear module says; its matrices (rank, in) and (out, rank)."""

    def __init__(self, down: Tensor, up: Tensor) -> None:
        self.down, self.up = down, up.T.contiguous()

    def __call__(self, _: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        low = F.linear(inputs[0], self.down)
        output.view(-1, output.shape[-1]).addmm_(low.view(-1, low.shape[-1]), self.up)


class ConvolutionBranch:
    """A hook that adds to what a convolution says: one with few channels, and a 1 x 1 one."""

    def __init__(self, plain: nn.Conv2d, down: Tensor, up: Tensor) -> None:
        self.down = pack_convolution(convolution(down, plain))
        self.up = pack_convolution(convolution(up))

    def __call__(self, _: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        output += self.up(self.down(inputs[0]))


def convolution(weight: Tensor, like: nn.Conv2d | None = None) -> nn.Conv2d:
    """A convolution with this weight, moving over its input as another one does."""
    num_out, num_in, *kernel = weight.shape
    geometry: dict[str, Any] = {"kernel_size": tuple(kernel), "bias": False}
    if like:
        geometry |= {"stride": like.stride, "padding": like.padding, "dilation": like.dilation}
    # Without memory of its own: the weight has its place already.
    module = nn.Conv2d(num_in, num_out, device="meta", **geometry)
    module.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last), False)
    return module


@dataclass(frozen=True, slots=True, eq=False)
class PlacedSet:
    """One side of a set of LoRAs on a model's device: what each module's hook adds."""

    key: LoraKey
    branches: Mapping[ModulePath, LinearBranch | ConvolutionBranch]
    num_bytes: int


class LoraSwitch:
    """One side of a model, its UNet or its text encoders, and the set that changes it now."""

    def __init__(self, modules: Mapping[ModulePath, Changeable], names: ModuleNames) -> None:
        self.modules = modules
        self.names = names  # of both sides
        self._placed: OrderedDict[LoraKey, PlacedSet] = OrderedDict()
        self._active: PlacedSet | None = None
        self._handles: list[RemovableHandle] = []

    def place(self, loras: Iterable[tuple[Lora, float]]) -> PlacedSet | None:
        """A set with its strengths on this side, ready to be turned to; None: it changes nothing.

        Raises `InvalidRequest` where a LoRA was made for another kind of model.
        """
        strengths: dict[str, float] = defaultdict(float)
        known: dict[str, Lora] = {}
        for lora, strength in loras:
            strengths[lora.hash] += strength
            known[lora.hash] = lora
            self._refuse_stranger(lora)
        key = tuple(sorted((digits, by) for digits, by in strengths.items() if by))
        if not key:
            return None
        if key not in self._placed:
            self._placed[key] = self._stack(key, known)
            self._forget()
        self._placed.move_to_end(key)
        return self._placed[key] if self._placed[key].branches else None

    def turn_to(self, wanted: PlacedSet | None) -> None:
        """Let this set change the model from now on, or none."""
        if wanted is self._active:
            return
        for handle in self._handles:
            handle.remove()
        self._active = wanted
        self._handles = [
            self.modules[module].register_forward_hook(branch)
            for module, branch in (wanted.branches.items() if wanted else ())
        ]

    @contextmanager
    def turned_to(self, wanted: PlacedSet | None) -> Iterator[None]:
        """Let a set change the model for as long as this lasts."""
        self.turn_to(wanted)
        try:
            yield
        finally:
            self.turn_to(None)

    def _stack(self, key: LoraKey, known: Mapping[str, Lora]) -> PlacedSet:
        """The branches of several LoRAs as one of each module."""
        parts: dict[ModulePath, list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for digits, strength in key:
            for name, branch in known[digits].branches.items():
                module = self.names.find(name)
                if module and module in self.modules:
                    down, up = fit(branch, weight_of(self.modules[module]))
                    parts[module].append((down, up * strength))
        branches, num_bytes = {}, 0
        for module, stacked in parts.items():
            weight = weight_of(self.modules[module])
            down = torch.cat([down for down, _ in stacked]).to(weight.device, weight.dtype)
            up = torch.cat([up for _, up in stacked], dim=1).to(weight.device, weight.dtype)
            num_bytes += down.nbytes + up.nbytes
            branches[module] = attach(self.modules[module], down, up)
        return PlacedSet(key, branches, num_bytes)

    def _refuse_stranger(self, lora: Lora) -> None:
        """Raise `InvalidRequest` for a LoRA with a matrix for which this model has no place."""
        for name, branch in lora.branches.items():
            module = self.names.find(name)
            if module is None:
                raise stranger(lora, f"this model has no `{name}`")
            if module in self.modules:
                weight = weight_of(self.modules[module])
                down, up = fit(branch, weight)
                if down.shape[1:] != weight.shape[1:] or len(up) != len(weight):
                    raise stranger(lora, f"its matrices for `{name}` have other sizes")

    def _forget(self) -> None:
        while (
            len(self._placed) > 1
            and sum(each.num_bytes for each in self._placed.values()) > MAX_BYTES
        ):
            self._placed.popitem(last=False)


def lora_switches(
    unet: nn.Module, text_encoders: Sequence[nn.Module]
) -> tuple[LoraSwitch, LoraSwitch]:
    """The two sides of a model, its UNet's and its text encoders'."""
    modules: dict[ModulePath, Changeable] = {}
    for part, root in zip((UNET, *TEXT_ENCODERS), (unet, *text_encoders), strict=False):
        for name, module in root.named_modules():
            if isinstance(module, Changeable):
                # A packed convolution comes before the plain one inside it, and is the one.
                modules.setdefault(module_path(part, name), module)
    names = ModuleNames(modules)
    sides: list[dict[ModulePath, Changeable]] = [{}, {}]
    for path, module in modules.items():
        sides[path.part != UNET][path] = module
    return LoraSwitch(sides[0], names), LoraSwitch(sides[1], names)


def weight_of(module: Changeable) -> Tensor:
    return module.plain.weight if isinstance(module, PackedConv2d) else module.weight


def fit(branch: Branch, weight: Tensor) -> tuple[Tensor, Tensor]:
    """A branch with as many dimensions as the weight: 1 x 1 kernels may be written or left out."""
    down, up = branch.down, branch.up
    if down.dim() > weight.dim() and down.shape[2:].numel() == 1:
        return down.flatten(1), up.flatten(1)
    if down.dim() < weight.dim():
        return down[:, :, None, None], up[:, :, None, None]
    return down, up


def attach(module: Changeable, down: Tensor, up: Tensor) -> LinearBranch | ConvolutionBranch:
    """The hook for a module."""
    if isinstance(module, nn.Linear):
        return LinearBranch(down, up)
    return ConvolutionBranch(module.plain if isinstance(module, PackedConv2d) else module, down, up)


def stranger(lora: Lora, reason: str) -> InvalidRequest:
    """The sentence for a LoRA that was made for another kind of model."""
    family = family_of(lora.branches)
    fits = f" It fits {FAMILY_NAMES[family]}." if family else ""
    return InvalidRequest(
        f"The LoRA `{lora.name}` was made for another kind of model: {reason}.{fits}"
    )
