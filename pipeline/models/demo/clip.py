"""The demo model's CLIP: text and image towers that agree on every fact of a picture.

Random batches can be told apart by their colours alone, and a tower that learns this shortcut is
blind to shape and place. So batches hold near twins, every picture must also pick the right one of
the prompts for each fact ("a circle", "a square", ...), and both towers share one linear head a
fact. The image tower finds things by telling which of its patches they cover. All heads are thrown
away afterwards.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig

from pipeline.models.demo.captions import Caption, caption_for, decorated, describe
from pipeline.models.demo.pictures import (
    COLOURS,
    PATTERNS,
    PLACES,
    RADII,
    SHAPES,
    Picture,
    coverage,
    draw,
)
from pipeline.models.demo.scenes import (
    FACTS,
    Attributes,
    Random,
    Scene,
    random_attributes,
    scene_for,
)
from pipeline.models.demo.starting import started, starting_clip
from pipeline.models.demo.tokenizer import LENGTH, new_tokenizer
from pipeline.models.demo.training import Plan, Training
from pipeline.models.demo.vae import as_tensor

BOTH = Plan(name="clip", steps=1040, learning_rate=1e-3, decay_from=0.99, weight_decay=0.01)
IMAGES = Plan(name="clip_images", steps=1800, learning_rate=1e-3, weight_decay=0.01)
IMAGE_SIZE, PATCH = 64, 8
WIDTH = 96
NAMES: dict[str, tuple[str, ...]] = {
    "kind": (*SHAPES, *PATTERNS),
    "colour": tuple(COLOURS),
    "background": tuple(COLOURS),
    "place": PLACES,
    "size": tuple(RADII),
}
UNTOLD = -100  # what cross entropy ignores


def new_clip() -> CLIPModel:
    torch.manual_seed(2)
    tokenizer = new_tokenizer()
    shape = {
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "projection_dim": 64,
    }
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=LENGTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **shape,
    )
    vision = CLIPVisionConfig(image_size=IMAGE_SIZE, patch_size=PATCH, **shape)
    clip = CLIPModel(
        CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=64)
    )
    with torch.no_grad():
        clip.vision_model.embeddings.position_embedding.weight[1:] = patch_positions()
    return clip


def patch_positions() -> Tensor:
    """Waves over both axes; from small random positions the tower learns no place for very long."""
    side, waves = IMAGE_SIZE // PATCH, WIDTH // 4
    angles = torch.arange(side)[:, None] * torch.pi * torch.linspace(0.1, 0.9, waves)
    axis = torch.cat([angles.sin(), angles.cos()], dim=-1)
    down = axis[:, None].expand(side, side, -1)
    across = axis[None, :].expand(side, side, -1)
    return 0.2 * torch.cat([down, across], dim=-1).reshape(side * side, WIDTH)


class TaughtClip(nn.Module):
    """CLIP with the heads that keep its towers honest."""

    def __init__(self, clip: CLIPModel | None = None) -> None:
        super().__init__()
        self.clip = clip or new_clip()
        self.heads = nn.ModuleDict({fact: nn.Linear(64, len(NAMES[fact])) for fact in FACTS})
        self.finder = nn.Linear(WIDTH, 1)

    def embed_texts(self, texts: list[str]) -> Tensor:
        # Padding after the end never changes what the text is pooled to.
        tokens = new_tokenizer()(texts, padding=True, truncation=True, return_tensors="pt")
        pooled = self.clip.text_model(input_ids=tokens.input_ids).pooler_output
        return F.normalize(self.clip.text_projection(pooled), dim=-1)

    def embed_pictures(self, pictures: Tensor) -> Tensor:
        return self.embed_and_find(pictures)[0]

    def embed_and_find(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings, and for each patch the logit that a thing covers it."""
        seen = self.clip.vision_model(pixel_values=pictures)
        embedded = F.normalize(self.clip.visual_projection(seen.pooler_output), dim=-1)
        return embedded, self.finder(seen.last_hidden_state[:, 1:]).squeeze(-1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures, captions, and for each fact the picture's class (UNTOLD if it has none)."""

    pictures: Tensor
    covered: Tensor
    captions: list[Caption]
    truth: dict[str, Tensor]
    prompts: dict[str, list[str]]


def new_batch(rng: Random, groups: int = 12, twins: int = 5) -> Batch:
    """Groups of near twins, which differ in one fact each."""
    families = [family(random_attributes(rng), twins, rng) for _ in range(groups)]
    size = (IMAGE_SIZE, IMAGE_SIZE)
    scenes = [scene_for(one, size, rng) for members in families for one in members]
    return Batch(
        pictures=as_tensor([draw(scene.picture) for scene in scenes]),
        covered=torch.stack([covered_patches(scene.picture) for scene in scenes]),
        captions=[caption_for(scene, rng) for scene in scenes],
        truth={fact: torch.tensor([class_of(s, fact) for s in scenes]) for fact in FACTS},
        prompts={fact: class_prompts(fact, rng) for fact in FACTS},
    )


def covered_patches(picture: Picture) -> Tensor:
    """How much of each patch the thing covers."""
    cover = torch.from_numpy(coverage(picture.things[0], picture.width, picture.height))
    return F.avg_pool2d(cover[None], PATCH).flatten()


def family(first: Attributes, count: int, rng: Random) -> list[Attributes]:
    """The first and others like it but for one fact, none of them held out."""
    members = [first]
    while len(members) < count:
        fact = FACTS[rng.integers(len(FACTS))]
        names = NAMES[fact]
        twin = replace(first, **{fact: names[rng.integers(len(names))]})
        if twin.colour != twin.background and not twin.held_out():
            members.append(twin)
    return members


def class_of(scene: Scene, fact: str) -> int:
    """The number of a fact's name; patterns have no place or size."""
    attributes = scene.attributes[0]
    name = getattr(attributes, fact)
    if name is None or (attributes.kind in PATTERNS and fact in ("place", "size")):
        return UNTOLD
    return NAMES[fact].index(name)


def class_prompts(fact: str, rng: Random) -> list[str]:
    """One prompt for each name of a fact, telling nothing else: "a red shape", ..."""
    anything = Attributes("circle", "red", "blue", "left", "large")
    told = frozenset({fact})
    return [
        decorated(describe(replace(anything, **{fact: name}), told, rng), rng)
        for name in NAMES[fact]
    ]


def conflicts(batch: Batch) -> Tensor:
    """Which caption (row) is untrue of which picture (column)."""
    untrue = torch.zeros(len(batch.captions), len(batch.captions), dtype=torch.bool)
    for fact, truth in batch.truth.items():
        told = torch.tensor([fact in caption.told for caption in batch.captions])
        untrue |= told[:, None] & (truth[:, None] != truth[None, :])
    return untrue


def clip_loss(model: TaughtClip, rng: Random, noise: torch.Generator) -> Tensor:
    """Captions against pictures, pictures against prompts, and the shared heads on both."""
    del noise
    batch = new_batch(rng)
    prompts = [prompt for fact in FACTS for prompt in batch.prompts[fact]]
    embedded = model.embed_texts([caption.text for caption in batch.captions] + prompts)
    texts, classes = embedded.split([len(batch.captions), len(prompts)])
    pictures, found = model.embed_and_find(batch.pictures)
    scale = model.clip.logit_scale.exp().clamp(max=100)
    loss = contrastive(scale * texts @ pictures.T, conflicts(batch))
    loss = loss + 3 * F.binary_cross_entropy_with_logits(found, batch.covered)
    by_fact = classes.split([len(NAMES[fact]) for fact in FACTS])
    for fact, prompted in zip(FACTS, by_fact, strict=True):
        truth = batch.truth[fact]
        told = torch.tensor([fact in caption.told for caption in batch.captions])
        head = model.heads[fact]
        loss = loss + F.cross_entropy(scale * pictures @ prompted.T, truth)
        loss = loss + 0.5 * F.cross_entropy(10 * head(pictures), truth)
        loss = loss + 0.5 * F.cross_entropy(10 * head(texts), truth.where(told, UNTOLD))
    return loss


def contrastive(logits: Tensor, untrue: Tensor) -> Tensor:
    """The usual symmetric loss, blind to pairs that fit although they were not drawn together."""
    own = torch.eye(len(logits), dtype=torch.bool)
    logits = logits.masked_fill(~untrue & ~own, -np.inf)
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def train_clip(work: Path) -> None:
    """Train (or go on training) both towers, until the text tower holds every fact."""
    taught = TaughtClip()
    training = Training(taught, BOTH, work)
    training.run(lambda rng, noise: clip_loss(taught, rng, noise))


def train_image_tower(work: Path) -> None:
    """Go on with the image tower alone, which learns slower, against the locked text tower."""
    taught = load_taught(work / f"{BOTH.name}.pt")
    taught.requires_grad_(False)
    for part in (taught.clip.vision_model, taught.clip.visual_projection, taught.finder):
        part.requires_grad_(True)
    training = Training(taught, IMAGES, work)
    training.run(lambda rng, noise: clip_loss(taught, rng, noise))


def load_taught(snapshot: Path) -> TaughtClip:
    """The averaged weights of a snapshot."""
    taught = TaughtClip()
    taught.load_state_dict(torch.load(snapshot, weights_only=True)["averaged"])
    return taught


def load_clip(work: Path) -> CLIPModel:
    """The towers as they are by now, without the heads."""
    if started(work):
        return starting_clip(work).requires_grad_(False)
    snapshots = [work / f"{plan.name}.pt" for plan in (IMAGES, BOTH)]
    taught = load_taught(next(snapshot for snapshot in snapshots if snapshot.exists()))
    return taught.clip.eval().requires_grad_(False)


@torch.no_grad()
def zero_shot(model: TaughtClip, rng: Random, pictures: int = 400) -> dict[str, float]:
    """For each fact, the share of pictures that pick the right prompt."""
    scenes: list[Scene] = []
    while len(scenes) < pictures:
        attributes = random_attributes(rng)
        if attributes.colour is not None:
            scenes.append(scene_for(attributes, (IMAGE_SIZE, IMAGE_SIZE), rng))
    embedded = model.embed_pictures(as_tensor([draw(scene.picture) for scene in scenes]))
    right: dict[str, float] = {}
    for fact in FACTS:
        truth = torch.tensor([class_of(scene, fact) for scene in scenes])
        chosen = (embedded @ model.embed_texts(class_prompts(fact, rng)).T).argmax(dim=-1)
        right[fact] = float((chosen == truth)[truth != UNTOLD].float().mean())
    return right
