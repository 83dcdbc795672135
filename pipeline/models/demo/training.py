"""One loop for every part: steps, an average of the weights, snapshots, and going on from them.

All randomness of a step comes from its number, so a run that was stopped and resumed sees the
same pictures as one that ran through. It does not know what it trains.
"""

import csv
import os
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.multiprocessing.spawn import spawn

from pipeline.models.demo.scenes import Random, random_source

SNAPSHOT_SECONDS = 60.0
LOG_EVERY = 20

Loss = Callable[[Random, torch.Generator], Tensor]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast one part is trained."""

    name: str
    steps: int
    learning_rate: float
    warmup: int = 50
    decay_from: float = 0.4  # share of the steps after which the rate falls to zero
    average: float = 0.99
    weight_decay: float = 0.0

    def rate(self, step: int) -> float:
        """The learning rate of one step: a warm-up, a plateau, a straight fall."""
        fall = (self.steps - step) / (self.steps * (1 - self.decay_from))
        return self.learning_rate * min(1.0, (step + 1) / self.warmup, fall)


class Training:
    """A model on its way, with everything that a snapshot needs."""

    def __init__(self, model: nn.Module, plan: Plan, work: Path) -> None:
        self.model, self.plan, self.work = model, plan, work
        self.averaged = deepcopy(model).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            model.parameters(), betas=(0.9, 0.99), weight_decay=plan.weight_decay, fused=True
        )
        self.step = 0
        if self.snapshot.exists():
            self.resume(torch.load(self.snapshot, weights_only=True))

    @property
    def shared(self) -> bool:
        """Whether several processes train this model together."""
        return dist.is_initialized()

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes files."""
        return not self.shared or dist.get_rank() == 0

    @property
    def snapshot(self) -> Path:
        return self.work / f"{self.plan.name}.pt"

    def resume(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def save(self) -> None:
        """Write a snapshot; a kill in the middle leaves the one before."""
        state = {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }
        part = self.snapshot.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.snapshot)

    def run(self, loss: Loss, until: int | None = None) -> None:
        """Train to the plan's last step (or `until`), logging the loss and saving as it goes."""
        last = self.plan.steps if until is None else until
        saved, losses = time.monotonic(), []
        while self.step < last:
            losses.append(self.advance(loss))
            if self.leads and self.step % LOG_EVERY == 0:
                self.log(losses)
                losses = []
            if self.leads and time.monotonic() - saved > SNAPSHOT_SECONDS:
                self.save()
                saved = time.monotonic()
        if self.leads:
            self.save()

    def advance(self, loss: Loss) -> float:
        """One step of the optimizer and of the average."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.rate(self.step)
        shares, share = (dist.get_world_size(), dist.get_rank()) if self.shared else (1, 0)
        number = self.step * shares + share
        noise = torch.Generator().manual_seed(number)
        value = loss(random_source(self.plan.name, number), noise)
        self.optimizer.zero_grad(set_to_none=True)
        value.backward()
        if self.shared:
            average_gradients(self.model)
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.follow()
        return value.item()

    @torch.no_grad()
    def follow(self) -> None:
        """Move the averaged weights; early on they follow fast."""
        keep = min(self.plan.average, (1 + self.step) / (10 + self.step))
        pairs = list(zip(self.averaged.parameters(), self.model.parameters(), strict=True))
        torch._foreach_lerp_([ours for ours, _ in pairs], [theirs for _, theirs in pairs], 1 - keep)

    def log(self, losses: list[float]) -> None:
        with (self.work / f"{self.plan.name}.csv").open("a", newline="") as file:
            mean = sum(losses) / len(losses)
            csv.writer(file).writerow([self.step, f"{mean:.5f}", f"{time.time():.0f}"])


def together(train: Callable[[Path], None], work: Path, processes: int) -> None:
    """Run one training in several single-threaded processes that share every step's batch.

    The layers are too small to be shared between threads.
    """
    meeting = work / f"meeting_{train.__name__}"
    meeting.unlink(missing_ok=True)
    arguments = (train, work, meeting, processes)
    spawn(_train_share, arguments, nprocs=processes)


def _train_share(
    rank: int, train: Callable[[Path], None], work: Path, meeting: Path, processes: int
) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=rank, world_size=processes
    )
    train(work)
    dist.destroy_process_group()


def average_gradients(model: nn.Module) -> None:
    """Every process gets the mean of all processes' gradients, in one exchange."""
    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    parts = flat.split([gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))
