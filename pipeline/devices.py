"""Which devices this machine has, found without torch: the bot's process never imports it."""

import os
from importlib import metadata
from pathlib import Path

NVIDIA_GPUS = Path("/proc/driver/nvidia/gpus")  # a folder for each


def find_devices(gpus: Path = NVIDIA_GPUS) -> tuple[str, ...]:
    """All CUDA devices that torch would find, else the CPU."""
    try:
        # The build for machines without a GPU says so, on a machine that has one as well.
        num_gpus = 0 if metadata.version("torch").endswith("+cpu") else _num_gpus(gpus)
    except metadata.PackageNotFoundError:
        num_gpus = 0
    return tuple(f"cuda:{index}" for index in range(num_gpus)) or ("cpu",)


def _num_gpus(gpus: Path) -> int:
    present = len(list(gpus.iterdir())) if gpus.is_dir() else 0
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return present
    # CUDA numbers the devices named there from 0, and stops at the first that there is not.
    names = [name.strip() for name in visible.split(",")]
    bad = next((at for at, name in enumerate(names) if name in ("", "-1")), len(names))
    return min(bad, present)
