"""How well the demo model obeys: printed with the judge's own proof, so that it can be believed.

python -m pipeline bench demo
"""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from transformers import CLIPModel

from pipeline.models.demo.clip import TaughtClip, zero_shot
from pipeline.models.demo.report import Generate, Shares, diffusers_generate, judge_proof, obedience
from pipeline.models.demo.scenes import random_source

PROMISED: Shares = {
    "right pictures accepted": 0.99,
    "kind": 0.90,
    "colour": 0.95,
    "background": 0.95,
    "place": 0.90,
}
NEEDED_BY_CLIP = 0.95


def run(folder: Path, generate: Generate | None = None, count: int = 200) -> None:
    """Print the judge's proof, CLIP's zero-shot accuracy, and what held-out prompts show."""
    console = Console()
    console.print(table("The judge, on drawn pictures", judge_proof(), PROMISED))
    needed = dict.fromkeys(("kind", "colour", "background", "place", "size"), NEEDED_BY_CLIP)
    console.print(table("CLIP, zero-shot", clip_accuracy(folder), needed))
    shares = obedience(generate or diffusers_generate(folder), count)
    console.print(table(f"{count} prompts from held-out combinations", shares, PROMISED))


def clip_accuracy(folder: Path) -> Shares:
    """For each fact, how often CLIP picks the right prompt for a drawn picture."""
    clip = CLIPModel.from_pretrained(folder / "clip").float().eval()
    return zero_shot(TaughtClip(clip), random_source("zero shot", 0))


def table(title: str, shares: Shares, promised: Shares) -> Table:
    result = Table("", "share", "promised", title=title)
    for name, share in shares.items():
        least = f">= {promised[name]:.2f}" if name in promised else ""
        result.add_row(name, f"{share:.3f}", least)
    return result
