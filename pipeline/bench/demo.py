"""How well the demo model obeys: printed with the judge's own proof, so that it can be believed.

python -m pipeline bench demo
"""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from transformers import CLIPModel

from pipeline.models.demo.clip import TaughtClip, zero_shot
from pipeline.models.demo.report import Generate, Shares, diffusers_generate, judge_proof, obedience
from pipeline.models.demo.scenes import FACTS, random_source

JUDGE = {"right pictures accepted": ">= 0.99", "wrong pictures accepted": "<= 0.02"}
CLIP = dict.fromkeys(FACTS, ">= 0.95")
OBEDIENCE = {
    "kind": ">= 0.90",
    "colour": ">= 0.95",
    "background": ">= 0.95",
    "place": ">= 0.90",
}


def run(folder: Path, generate: Generate | None = None, count: int = 200) -> None:
    """Print the judge's proof, CLIP's zero-shot accuracy, and what held-out prompts show."""
    console = Console()
    console.print(table("The judge, on drawn pictures", judge_proof(), JUDGE))
    console.print(table("CLIP, zero-shot", clip_accuracy(folder), CLIP))
    shares = obedience(generate or diffusers_generate(folder), count)
    console.print(table(f"{count} prompts from held-out combinations", shares, OBEDIENCE))


def clip_accuracy(folder: Path) -> Shares:
    """For each fact, how often CLIP picks the right prompt for a drawn picture."""
    clip = CLIPModel.from_pretrained(folder / "clip").float().eval()
    return zero_shot(TaughtClip(clip), random_source("zero shot", 0))


def table(title: str, shares: Shares, promised: dict[str, str]) -> Table:
    result = Table("", "share", "promised", title=title)
    for name, share in shares.items():
        result.add_row(name, f"{share:.3f}", promised.get(name, ""))
    return result
