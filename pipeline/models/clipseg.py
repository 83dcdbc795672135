"""Where in a picture something is, by CLIPSeg (Lüddecke and Ecker 2022): a process of its own.

`python -m pipeline.models.clipseg FOLDER TEXT` reads a picture and writes a mask, a PNG. It lives
for one picture: what it takes is given back, and the workers' devices are left alone.
"""

import os
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import CLIPSegForImageSegmentation, CLIPSegProcessor

from pipeline.pictures import open_picture

NICE = 5
THRESHOLD = 0.4  # of the probability that a pixel belongs to what the text says


@torch.no_grad()
def find(folder: Path, picture: Image.Image, text: str) -> Image.Image:
    """A mask in mode L of the picture's size, white where it shows what the text says."""
    processor = CLIPSegProcessor.from_pretrained(folder, local_files_only=True)
    model = CLIPSegForImageSegmentation.from_pretrained(folder, local_files_only=True).eval()
    inputs = processor(text=[text], images=[picture], padding=True, return_tensors="pt")
    probabilities = model(**inputs).logits.squeeze().sigmoid().numpy()
    levels = Image.fromarray((probabilities * 255).round().astype(np.uint8))
    levels = levels.resize(picture.size, Image.Resampling.BILINEAR)
    return levels.point(lambda level: 255 if level > THRESHOLD * 255 else 0)


def main() -> None:
    """Read a picture, write its mask."""
    os.nice(NICE)
    folder, text = sys.argv[1:]
    mask = find(Path(folder), open_picture(sys.stdin.buffer.read()), text)
    file = BytesIO()
    mask.save(file, "PNG")
    sys.stdout.buffer.write(file.getvalue())


if __name__ == "__main__":
    main()
