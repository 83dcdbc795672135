"""DeepSpeed's ZeRO 2 and 3 around a method: optimizer states, gradients and weights offloaded.

Accelerate and DeepSpeed keep state of the whole process, and ZeRO 3 empties the parameters that
it is given: this belongs into a process of its own (`pipeline.training.child`). Nothing is sharded
over several devices here; what is won is that the CPU's memory holds what the device cannot.
(Rajbhandari et al. 2020)
"""

import fcntl
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.errors import InvalidRequest, OutOfMemory
from pipeline.learning_rates import parse_schedule
from pipeline.training.batches import Batch
from pipeline.training.checkpoints import Checkpoints
from pipeline.training.dreambooth import DreamBooth
from pipeline.training.method import Learned
from pipeline.training.precision import computing_dtype
from pipeline.training_request import TrainingRequest

STAGES = {"deepspeed2": 2, "deepspeed3": 3}


class WholeLoss(nn.Module):
    """A method's loss as a module's call, so that ZeRO sees every use of the weights."""

    def __init__(self, method: DreamBooth) -> None:
        super().__init__()
        self.learning = nn.ModuleDict(method.modules)
        self._loss = method.loss

    def forward(self, batch: Batch) -> Tensor:
        return self._loss(batch)


class ShardedMethod:
    """A method whose loss goes through DeepSpeed, and whose weights are gathered to be saved."""

    def __init__(self, method: DreamBooth, engine: Any, stage: int) -> None:
        self.model = method.model
        self.usual_norm = method.usual_norm
        self._method = method
        self._engine = engine
        self._stage = stage
        self._parameters = list(method.parameters().values())

    def learned(self) -> Sequence[Learned]:
        return self._method.learned()

    def loss(self, batch: Batch) -> Tensor:
        loss: Tensor = self._engine(batch)
        return loss

    def after_step(self) -> None:
        """Nothing more moves: averages are refused."""

    def as_saved(self) -> AbstractContextManager[object]:
        return nullcontext()

    def norm(self) -> float:
        with self._gathered():
            return self._method.norm()

    def state(self) -> Mapping[str, Tensor]:
        return {}  # DeepSpeed's checkpoint has the weights too

    def resume(self, state: Mapping[str, Tensor]) -> None:
        """See `ShardedOptimization.resume`."""

    def save(self, folder: Path, stem: str, num_steps: int) -> Path:
        with self._gathered():
            return self._method.save(folder, stem, num_steps)

    def _gathered(self) -> AbstractContextManager[object]:
        from deepspeed.runtime.zero import GatheredParameters

        gathered: AbstractContextManager[object] = GatheredParameters(
            self._parameters, enabled=self._stage == 3
        )
        return gathered


class ShardedOptimization:
    """DeepSpeed's steps, and its checkpoints beside the run's snapshots."""

    def __init__(
        self, engine: Any, groups: Sequence[Learned], request: TrainingRequest, folder: Path
    ) -> None:
        self._engine = engine
        self._groups = groups
        self._num_portions = request.accumulation
        self._num_gathered = 0  # portions of this step
        self._checkpoints = Checkpoints(folder)

    def backward(self, loss: Tensor) -> None:
        self._num_gathered += 1
        is_last = self._num_gathered == self._num_portions
        self._engine.set_gradient_accumulation_boundary(is_last)
        self._engine.backward(loss, scale_wrt_gas=False)

    def step(self, rate: float, clip_limit: float) -> None:
        for group, each in zip(self._engine.optimizer.param_groups, self._groups, strict=True):
            group["lr"] = rate * each.rate_share
        self._engine.step()
        self._num_gathered = 0

    def forget(self) -> None:
        """DeepSpeed cannot: raises `OutOfMemory`, the only reason there is to ask for it."""
        raise OutOfMemory("Memory ran out, even with DeepSpeed: try a smaller size.")

    def state(self) -> dict[str, Any]:
        return {"checkpoint": self._checkpoints.save(self._engine)}

    def resume(self, state: dict[str, Any]) -> None:
        self._checkpoints.load(self._engine, state["checkpoint"])

    def keep_only(self, steps: Sequence[int]) -> None:
        self._checkpoints.keep_only(steps)


def shard(
    method: DreamBooth, request: TrainingRequest, folder: Path
) -> tuple[ShardedMethod, ShardedOptimization]:
    """Put a method into DeepSpeed's hands.

    Raises `InvalidRequest` for what it is not installed for or cannot do.
    """
    stage = STAGES[request.optimizer]
    engine = open_engine(method, request, stage)
    return (
        ShardedMethod(method, engine, stage),
        ShardedOptimization(engine, method.learned(), request, folder),
    )


def open_engine(method: DreamBooth, request: TrainingRequest, stage: int) -> Any:
    """DeepSpeed's engine, opened by accelerate."""
    device = method.model.device
    refuse(request, method)
    os.environ.update(process_settings(device))
    if find_spec("deepspeed") is None:
        raise InvalidRequest(
            "Training with DeepSpeed needs its package: install it as the README says."
        )
    from accelerate import Accelerator, DeepSpeedPlugin
    from accelerate.utils import DistributedType

    clear_broken_build()
    for weight in method.parameters().values():
        # DeepSpeed takes them for rows of bytes, whatever "contiguous" says of sides of 1.
        weight.data = weight.data.clone(memory_format=torch.contiguous_format)
    plugin = DeepSpeedPlugin(hf_ds_config=deepspeed_config(request, stage, device))
    accelerator = Accelerator(deepspeed_plugin=plugin)
    # Told to use the CPU, accelerate leaves DeepSpeed out without a word.
    if accelerator.distributed_type is not DistributedType.DEEPSPEED:
        raise RuntimeError(f"accelerate opened {accelerator.distributed_type}, not DeepSpeed")
    # Not DeepSpeed's own for the CPU: compiled here, it moved a third of the weights the wrong way.
    optimizer = torch.optim.AdamW(
        [
            {"params": list(each.parameters), "weight_decay": each.weight_decay}
            for each in method.learned()
        ],
        fused=True,
    )
    engine, _ = accelerator.prepare(WholeLoss(method), optimizer)
    return engine


def refuse(request: TrainingRequest, method: DreamBooth) -> None:
    """Raise `InvalidRequest` for settings that DeepSpeed cannot follow."""
    if method.averages:
        raise InvalidRequest("DeepSpeed keeps no average of the weights: leave EMA off.")
    if request.clipping == "value":
        raise InvalidRequest("DeepSpeed clips gradients by their norm only: take `norm`.")
    if (
        request.clipping == "norm"
        and len(parse_schedule(request.clip_limit, request.num_steps)) > 1
    ):
        raise InvalidRequest("DeepSpeed keeps to one clip limit: name one, and no schedule.")
    if computing_dtype(request, method.model.device) == "float16":
        raise InvalidRequest("DeepSpeed is used with bfloat16 or float32 here, not float16.")


def deepspeed_config(request: TrainingRequest, stage: int, device: torch.device) -> dict[str, Any]:
    """What DeepSpeed is told."""
    offloaded = {"device": "cpu", "pin_memory": device.type == "cuda"}
    zero: dict[str, Any] = {
        "stage": stage,
        "offload_optimizer": offloaded,
        "overlap_comm": False,
        "contiguous_gradients": True,
    }
    if stage == 3:
        zero |= {
            "offload_param": offloaded,
            "stage3_gather_16bit_weights_on_model_save": True,
        }
    limit = parse_schedule(request.clip_limit, request.num_steps)[0].rate
    return {
        "train_micro_batch_size_per_gpu": request.batch_size,
        "gradient_accumulation_steps": request.accumulation,
        "gradient_clipping": limit if request.clipping == "norm" else 0.0,
        "zero_optimization": zero,
        "bf16": {"enabled": computing_dtype(request, device) == "bfloat16"},
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,
    }


def clear_broken_build() -> None:
    """Let a build of DeepSpeed's kernels go on that was killed: torch would wait for it for ever.

    They are built once, into a folder that only these processes use, one after the other.
    """
    folder = Path.home() / ".cache" / "athanor" / "torch_extensions"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["TORCH_EXTENSIONS_DIR"] = str(folder)
    # The lock is this process's until it ends, however it ends.
    lock = os.open(folder / "athanor.lock", os.O_CREAT | os.O_RDWR)
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in folder.rglob("lock"):
            left.unlink()


def process_settings(device: torch.device) -> dict[str, str]:
    """What this process must be told before it is a group of one."""
    settings = {
        "ACCELERATE_USE_DEEPSPEED": "true",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
        "RANK": "0",
        "LOCAL_RANK": str(device.index or 0),
        "WORLD_SIZE": "1",
    }
    if device.type == "cpu":
        settings["DS_ACCELERATOR"] = "cpu"
    return settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
