"""Optimizers that take less room: what they learn, and that they go on as they stopped."""

import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.errors import InvalidRequest
from pipeline.results import TrainingProgress
from pipeline.training.method import Learned
from pipeline.training.optimization import AdamWOptimization
from tests.pipeline.training.conftest import RequestOf, Run, events_of

UNET = Path("grau", "unet", "diffusion_pytorch_model.safetensors")


def weights(folder: Path) -> dict[str, Tensor]:
    return load_file(folder / UNET)


def losses(events: Sequence[TrainingProgress]) -> list[float]:
    return [event.loss for event in events]


@pytest.fixture
def dreambooth(request_of: RequestOf) -> RequestOf:
    method = {"kind": "dreambooth", "saved_precision": "float32", "lora_rank": 0}
    return lambda **values: request_of(
        **{"method": method, "learning_rate": "1e-4", "clipping": "norm", "clip_limit": "1"}
        | values
    )


def test_offloading_learns_what_adamw_learns(
    dreambooth: RequestOf, run: Run, tmp_path: Path
) -> None:
    for optimizer in ("adamw", "offload"):
        list(run(dreambooth(optimizer=optimizer), tmp_path / optimizer))
    plain, offloaded = (weights(tmp_path / each) for each in ("adamw", "offload"))
    for name, weight in plain.items():
        torch.testing.assert_close(offloaded[name], weight, rtol=0, atol=1e-6)


def test_small_steps_are_not_lost_where_the_device_keeps_half_precision(
    dreambooth: RequestOf, run: Run, tmp_path: Path
) -> None:
    # At this rate no step moves a bfloat16 by itself.
    request = dreambooth(
        optimizer="offload", precision="bfloat16", learning_rate="1e-6", num_steps=3
    )
    list(run(request, tmp_path))
    copies = torch.load(tmp_path / "state.pt", weights_only=True)["optimization"]["copies"]
    moved = [copy for copy in copies.values() if not torch.equal(copy, copy.bfloat16().float())]
    assert len(moved) > len(copies) / 2


@pytest.mark.parametrize(
    "optimizer", ["offload", pytest.param("adamw8bit", marks=pytest.mark.slow)]
)
def test_a_run_that_was_stopped_ends_with_the_same_bits(
    dreambooth: RequestOf, run: Run, tmp_path: Path, optimizer: str
) -> None:
    request = dreambooth(optimizer=optimizer)
    whole = events_of(run(request, tmp_path / "whole"), TrainingProgress)
    first = run(request, tmp_path / "parts")
    begun = list(islice(first, 2))
    first.close()
    rest = events_of(run(request, tmp_path / "parts"), TrainingProgress)
    assert [*begun, *rest] == whole
    stopped, straight = weights(tmp_path / "parts"), weights(tmp_path / "whole")
    assert all(torch.equal(stopped[name], straight[name]) for name in straight)


def test_a_run_goes_on_where_a_scale_is_needed_that_was_not_before(request_of: RequestOf) -> None:
    def optimization(scales: bool) -> AdamWOptimization:
        weight = torch.nn.Parameter(torch.ones(3))
        made = AdamWOptimization([Learned([weight])], request_of(), scales)
        made.backward(weight.sum())
        made.step(0.1, 1.0)
        return made

    for before, after in ((False, True), (True, False)):
        resumed = optimization(after)
        resumed.resume(optimization(before).state())
        assert len(resumed.optimizer.state_dict()["state"]) == 1


@pytest.mark.slow
def test_eight_bits_learn_nearly_what_adamw_learns(
    dreambooth: RequestOf, run: Run, tmp_path: Path
) -> None:
    for optimizer in ("adamw", "adamw8bit"):
        list(run(dreambooth(optimizer=optimizer, num_steps=6), tmp_path / optimizer))
    state = torch.load(tmp_path / "adamw8bit" / "state.pt", weights_only=True)
    saved = state["optimization"]["optimizer"]["state"].values()
    kept = [each.get("__bnb_optimizer_quant_state__", each) for each in saved]
    large = [each["state1"] for each in kept if each["state1"].numel() >= 4096]
    assert large
    assert all(each.dtype == torch.uint8 for each in large)
    whole, small = (weights(tmp_path / each) for each in ("adamw", "adamw8bit"))
    differences = torch.cat([(whole[name] - small[name]).flatten() for name in whole])
    assert 0 < differences.abs().mean() < 0.2 * 6 * 1e-4


def test_offloading_is_refused_where_gradients_need_a_scale(
    dreambooth: RequestOf, run: Run, tmp_path: Path
) -> None:
    with pytest.raises(InvalidRequest, match="not float16"):
        list(run(dreambooth(optimizer="offload", precision="float16"), tmp_path))


@pytest.mark.slow
def test_whoever_installed_bitsandbytes_is_not_told_of_kernels_for_4_bits() -> None:
    command = [sys.executable, "-c", "import pipeline.models.loading, bitsandbytes"]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "gemm_4bit_forward" not in finished.stderr
