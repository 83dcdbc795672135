"""Which machine and which libraries a measurement is from."""

import os
import platform
from pathlib import Path

import diffusers
import torch


def describe_machine() -> str:
    """One line to stand beside every figure."""
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else cpu_name()
    return (
        f"{name}, {torch.get_num_threads()} threads, Python {platform.python_version()}, "
        f"torch {torch.__version__}, diffusers {diffusers.__version__}"
    )


def cpu_name() -> str:
    """The processor's model and its number of cores."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else platform.processor()} ({os.cpu_count()} cores)"
