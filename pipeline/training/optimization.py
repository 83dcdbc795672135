"""From gradients to the next weights: AdamW, clipping, and the scale that float16 needs."""

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from pipeline.training.method import Learned
from pipeline.training_request import TrainingRequest


class Optimization(Protocol):
    """What the loop needs of whoever moves the weights."""

    def backward(self, loss: Tensor) -> None:
        """Add a portion's gradients to those that there are."""

    def step(self, rate: float, clip_limit: float) -> None:
        """Move the weights by the gradients, and forget those."""

    def forget(self) -> None:
        """Drop the gradients of a step that is not finished."""

    def state(self) -> dict[str, Any]:
        """What a snapshot must hold of it."""

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from such a state."""

    def keep_only(self, steps: Sequence[int]) -> None:
        """Forget what lies beside the snapshots for others than those of these steps."""


class AdamWOptimization:
    """AdamW over what a method learns."""

    def __init__(self, learned: Sequence[Learned], request: TrainingRequest, scales: bool) -> None:
        """`scales`: gradients are kept from vanishing in float16."""
        self.learned = learned
        self.clipping = request.clipping
        self.optimizer = self.make_optimizer(
            [
                {"params": list(each.parameters), "weight_decay": each.weight_decay}
                for each in learned
            ]
        )
        self.scaler = torch.amp.GradScaler(self.parameters[0].device.type, enabled=scales)

    def make_optimizer(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        return torch.optim.AdamW(groups, fused=True)

    @property
    def parameters(self) -> list[nn.Parameter]:
        return [parameter for each in self.learned for parameter in each.parameters]

    def backward(self, loss: Tensor) -> None:
        self.scaler.scale(loss).backward()

    def step(self, rate: float, clip_limit: float) -> None:
        for group, each in zip(self.optimizer.param_groups, self.learned, strict=True):
            group["lr"] = rate * each.rate_share
        if self.clipping != "none":
            self.scaler.unscale_(self.optimizer)
        if self.clipping == "norm":
            nn.utils.clip_grad_norm_(self.parameters, clip_limit)
        elif self.clipping == "value":
            nn.utils.clip_grad_value_(self.parameters, clip_limit)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.forget()

    def forget(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Any]:
        return {"optimizer": self.optimizer.state_dict(), "scaler": self.scaler.state_dict()}

    def resume(self, state: dict[str, Any]) -> None:
        self.optimizer.load_state_dict(state["optimizer"])
        if state["scaler"]:  # another device may have needed no scale
            self.scaler.load_state_dict(state["scaler"])

    def keep_only(self, steps: Sequence[int]) -> None:
        """Nothing lies beside the snapshots."""
