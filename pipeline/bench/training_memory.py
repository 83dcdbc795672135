"""What DreamBooth takes of a GPU: memory and steps a second, by each way of saving room.

    python -m pipeline bench random-weights sd15 --family sd1
    python -m pipeline bench training-memory sd15

Each way has a process of its own, so that none leaves memory behind for the next. The peak is that
of the whole run, from loading the model to the last step.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from PIL import Image
from rich.console import Console

from pipeline.errors import InvalidRequest
from pipeline.model_config import ModelConfig
from pipeline.results import TrainingNote
from pipeline.training.train import open_loop
from pipeline.training_request import TrainingPicture, TrainingRequest

SIZE = 512  # pixels
WARM_UP, MEASURED = 3, 12  # steps
RATE, CLIP_LIMIT = 5e-6, 1.0
GIGABYTE = 10**9
PROMISED = {"adamw8bit": 16, "offload": 8, "deepspeed3": 8}  # GB
WAYS = ("adamw", "adamw8bit", "offload", "deepspeed2", "deepspeed3")


def request_for(optimizer: str) -> TrainingRequest:
    """DreamBooth on one picture, batch 1, without prior preservation."""
    levels = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(levels).save(file, "PNG")
    values: dict[str, Any] = {
        "name": "sks",
        "pictures": (TrainingPicture(content=file.getvalue(), caption="a dog"),),
        "method": {"kind": "dreambooth", "lora_rank": 0},
        "width": SIZE,
        "height": SIZE,
        "num_steps": WARM_UP + MEASURED,
        "optimizer": optimizer,
        "precision": "bfloat16",
        "gradient_checkpointing": True,
        "clipping": "norm",
        "clip_limit": str(CLIP_LIMIT),
    }
    return TrainingRequest(**values)


def measure(checkpoint: Path, optimizer: str) -> str:
    """Take some steps in this process; says what they took. Raises what training raises."""
    device = torch.device("cuda:0")
    with TemporaryDirectory() as folder:
        request = request_for(optimizer)
        config = ModelConfig(path=checkpoint)
        loop = open_loop(request, "sd15", config, device, Path(folder))
        begun = 0.0
        for step in range(WARM_UP + MEASURED):
            if step == WARM_UP:
                torch.cuda.synchronize()
                begun = time.perf_counter()
            for event in loop.stepper.step(step, RATE):
                if isinstance(event, TrainingNote):
                    raise InvalidRequest(event.text)
        torch.cuda.synchronize()
        speed = MEASURED / (time.perf_counter() - begun)
    peak = torch.cuda.max_memory_allocated(device) / GIGABYTE
    promised = f", promised at most {PROMISED[optimizer]}" if optimizer in PROMISED else ""
    return f"{optimizer:12} {peak:6.2f} GB{promised}; {speed:.2f} steps/s"


def compare(checkpoint: Path, ways: Sequence[str]) -> None:
    """Measure each way in a child process and print a line of it, or why there is none."""
    console = Console()
    if not torch.cuda.is_available():
        console.print("There is no CUDA device here: nothing was measured.")
        return
    console.print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, {SIZE} x {SIZE}")
    for way in ways:
        command = [sys.executable, "-m", "pipeline.bench.training_memory", str(checkpoint), way]
        result = subprocess.run(command, capture_output=True, text=True)
        lines = (result.stdout if result.returncode == 0 else result.stderr).strip().splitlines()
        console.print(lines[-1] if lines else f"{way}: ended without a word", soft_wrap=True)


if __name__ == "__main__":
    sys.stdout.write(measure(Path(sys.argv[1]), sys.argv[2]) + "\n")
