"""A device by its name in `config.toml`, or a sentence where this machine does not have it."""

import torch

from pipeline.errors import ConfigError


def open_device(name: str) -> torch.device:
    """The device called "cpu", "cuda:0", … . Raises `ConfigError` where torch cannot use it."""
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was built with CUDA
        raise ConfigError(
            f"config: [pipeline] devices: `{name}` cannot be used here "
            f"({str(error).splitlines()[0].rstrip('.')}). "
            f"This machine has: {', '.join(_present())}."
        ) from error
    return device


def _present() -> list[str]:
    return ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
