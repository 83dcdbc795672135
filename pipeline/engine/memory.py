"""How many rows of a UNet call a device's memory holds, from what earlier calls were seen to take.

The first call of a shape is a small one and is measured; from then on calls are as large as the
measured need of a row allows.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

import torch

logger = logging.getLogger(__name__)

FIRST_ROWS = 2  # of a shape that was never measured: one image with guidance
SAFE_SHARE = 0.85  # of free memory: fragments and other processes take some

Shape: TypeAlias = tuple[int, ...]


class MemoryGauge(Protocol):
    """Reads one device's memory; bytes."""

    def free(self) -> int: ...

    def used(self) -> int: ...

    def reset_peak(self) -> None: ...

    def peak(self) -> int: ...


class CudaGauge:
    """A GPU's memory, as PyTorch's allocator sees it."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def free(self) -> int:
        unused = torch.cuda.memory_reserved(self.device) - self.used()
        return torch.cuda.mem_get_info(self.device)[0] + unused

    def used(self) -> int:
        return torch.cuda.memory_allocated(self.device)

    def reset_peak(self) -> None:
        torch.cuda.reset_peak_memory_stats(self.device)

    def peak(self) -> int:
        return torch.cuda.max_memory_allocated(self.device)


class ProcessGauge:
    """This process's memory on a Linux machine, for the CPU as a device."""

    def free(self) -> int:
        return self._read("/proc/meminfo", "MemAvailable")

    def used(self) -> int:
        return self._read("/proc/self/status", "VmRSS")

    def reset_peak(self) -> None:
        Path("/proc/self/clear_refs").write_text("5", "ascii")

    def peak(self) -> int:
        return self._read("/proc/self/status", "VmHWM")

    def _read(self, path: str, name: str) -> int:
        for line in Path(path).read_text("ascii").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise OSError(f"{path} has no {name}")


class MemoryBudget:
    """How many rows a call may have."""

    def __init__(self, max_rows: int, gauge: MemoryGauge) -> None:
        self.most = max_rows
        self.gauge = gauge
        self._row_bytes: dict[tuple[str, Shape], float] = {}
        self._failed_rows: dict[tuple[str, Shape], int] = {}

    def max_rows(self, model: str, shape: Shape) -> int:
        """The most rows that a call of this model may have with latents of this shape."""
        key = model, tuple(shape)
        ceiling = min(self.most, self._failed_rows.get(key, self.most + 1) - 1)
        if key not in self._row_bytes:
            return max(1, min(FIRST_ROWS, ceiling))
        fitting = int(self.gauge.free() * SAFE_SHARE / max(self._row_bytes[key], 1.0))
        return max(1, min(fitting, ceiling))

    def forget_failures(self) -> None:
        """There is more memory than when calls failed."""
        self._failed_rows.clear()

    @contextmanager
    def measure(self, model: str, shape: Shape, num_rows: int) -> Iterator[None]:
        """Watch what a call takes; a call that runs out of memory lowers the limit."""
        key = model, tuple(shape)
        # A CPU call's peak is read once a shape: reading it takes as long as a small call.
        watched = key not in self._row_bytes or isinstance(self.gauge, CudaGauge)
        before = self.gauge.used() if watched else 0
        if watched:
            self.gauge.reset_peak()
        try:
            yield
        except torch.OutOfMemoryError:
            self._failed_rows[key] = min(num_rows, self._failed_rows.get(key, num_rows))
            logger.warning("%s: %d rows of latents %s do not fit", model, num_rows, key[1])
            raise
        if watched:
            row_bytes = (self.gauge.peak() - before) / num_rows
            self._row_bytes[key] = max(row_bytes, self._row_bytes.get(key, 0.0))


def open_gauge(device: torch.device) -> MemoryGauge:
    """The gauge of a device."""
    return CudaGauge(device) if device.type == "cuda" else ProcessGauge()
