"""Optimizers for cards on which AdamW's float32 states have no room."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.errors import InvalidRequest
from pipeline.training.method import Learned
from pipeline.training.optimization import AdamWOptimization
from pipeline.training_request import TrainingRequest


class EightBitOptimization(AdamWOptimization):
    """AdamW with states of 8 bits, a quarter of the room (Dettmers et al. 2021; bitsandbytes)."""

    def make_optimizer(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """Raises `InvalidRequest` where bitsandbytes is not installed."""
        try:
            from bitsandbytes.optim import AdamW8bit
        except ImportError as error:
            raise InvalidRequest(
                "AdamW of 8 bits needs the package bitsandbytes: install Athanor with its extra "
                "`train`."
            ) from error
        # It would lay them out so at its first step, and a resumed run would not have it done.
        for weight in self.parameters:
            weight.data = weight.data.contiguous()
        optimizer: torch.optim.Optimizer = AdamW8bit(groups)
        return optimizer


class OffloadedOptimization:
    """AdamW in ordinary memory: the device keeps weights in half precision and nothing else.

    A weight's gradient leaves the device as soon as it is whole, so that there are never many.
    The float32 weights here are the ones that learn.
    """

    def __init__(self, learned: Sequence[Learned], request: TrainingRequest, scales: bool) -> None:
        """Raises `InvalidRequest` for float16, whose gradients need a scale."""
        if scales:
            raise InvalidRequest("Offloading needs precision bfloat16 or float32, not float16.")
        self.learned = learned
        self.clipping = request.clipping
        self.weights = [weight for each in learned for weight in each.parameters]
        self.copies = [
            nn.Parameter(weight.detach().to("cpu", torch.float32, copy=True))
            for weight in self.weights
        ]
        copies = iter(self.copies)
        self.optimizer = torch.optim.AdamW(
            [
                {
                    "params": [next(copies) for _ in each.parameters],
                    "weight_decay": each.weight_decay,
                }
                for each in learned
            ],
            fused=True,
        )
        for weight, copy in zip(self.weights, self.copies, strict=True):
            weight.register_post_accumulate_grad_hook(self._taker(copy))

    def _taker(self, copy: nn.Parameter) -> Any:
        def take(weight: Tensor) -> None:
            assert weight.grad is not None
            gradient = weight.grad.to("cpu").float()
            copy.grad = gradient if copy.grad is None else copy.grad.add_(gradient)
            weight.grad = None

        return take

    def backward(self, loss: Tensor) -> None:
        loss.backward()

    @torch.no_grad()
    def step(self, rate: float, clip_limit: float) -> None:
        for group, each in zip(self.optimizer.param_groups, self.learned, strict=True):
            group["lr"] = rate * each.rate_share
        if self.clipping == "norm":
            nn.utils.clip_grad_norm_(self.copies, clip_limit)
        elif self.clipping == "value":
            nn.utils.clip_grad_value_(self.copies, clip_limit)
        self.optimizer.step()
        self._bring()
        self.forget()

    def forget(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Any]:
        copies = {str(number): copy.detach() for number, copy in enumerate(self.copies)}
        return {"optimizer": self.optimizer.state_dict(), "copies": copies}

    @torch.no_grad()
    def resume(self, state: dict[str, Any]) -> None:
        self.optimizer.load_state_dict(state["optimizer"])
        for number, copy in enumerate(self.copies):
            copy.copy_(state["copies"][str(number)])
        self._bring()

    def keep_only(self, steps: Sequence[int]) -> None:
        """Nothing lies beside the snapshots."""

    def _bring(self) -> None:
        """Have the device's weights follow."""
        for weight, copy in zip(self.weights, self.copies, strict=True):
            weight.copy_(copy)
