"""What LoRA files call a model's modules, in both directions.

A module is known here by its part of a diffusers checkpoint and its path there. Files write that
path with dots (diffusers, peft) or flat behind a prefix (kohya); of SDXL's UNet, kohya writes the
path that the module has in the original checkpoint. Knows no torch and no tensors.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

UNET = "unet"
TEXT_ENCODERS = ("text_encoder", "text_encoder_2")  # the second is SDXL's only

# The modules of a diffusers ResNet block, as the original checkpoints number them.
RESNET_PARTS = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
ORIGINAL_ENDS = {
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
}
BLOCK = re.compile(r"(down_blocks\.\d+|mid_block|up_blocks\.\d+)\.([a-z]+)\.(\d+)\.(.+)")
DOWN_RESNET = re.compile(r"down_blocks\.\d+\.resnets\.(\d+)\.")
ATTENTIONS = ".attentions."
UNET_PREFIXES = ("unet.", "", "base_model.model.")  # "": of a file that is about the UNet alone

# Attention in files of diffusers before 0.22: by the processor's names in the UNet, and under the
# same names in text encoders.
PROCESSOR_NAMES = {"to_q": "to_q", "to_k": "to_k", "to_v": "to_v", "to_out.0": "to_out"}
TEXT_NAMES = {"q_proj": "to_q", "k_proj": "to_k", "v_proj": "to_v", "out_proj": "to_out"}


class ModulePath(NamedTuple):
    """One module of a model."""

    part: str  # "unet", "text_encoder" or "text_encoder_2"
    path: str  # "down_blocks.0.attentions.0.proj_in", "text_model.encoder.layers.0.mlp.fc1", …


def module_path(part: str, name: str) -> ModulePath:
    """A module by what `named_modules()` of its loaded part calls it.

    A convolution packed for the processor counts as itself, and text encoders whose outermost
    level a library has dropped count as those that have it.
    """
    name = name.removesuffix(".plain")
    if part != UNET and not name.startswith(("text_model.", "text_projection")):
        name = f"text_model.{name}"
    return ModulePath(part, name)


class ModuleNames:
    """The names of all modules of one model that a LoRA can change."""

    def __init__(self, modules: Iterable[ModulePath]) -> None:
        self.modules = frozenset(modules)
        self.is_sdxl = any(part == TEXT_ENCODERS[1] for part, _ in self.modules)
        paths = [path for part, path in self.modules if part == UNET]
        self._layers_per_block = 1 + max(
            (int(each[1]) for each in map(DOWN_RESNET.match, paths) if each), default=0
        )
        self._attentive = {path.split(".attentions.")[0] for path in paths if ATTENTIONS in path}
        self._known = {flat(name): each for each in self.modules for name in self._names(each)}

    def kohya(self, module: ModulePath) -> str:
        """The name that kohya's files have for a module."""
        part, path = module
        if part == UNET:
            return flat(f"lora_unet.{self.original(path) if self.is_sdxl else path}")
        prefix = f"lora_te{TEXT_ENCODERS.index(part) + 1}" if self.is_sdxl else "lora_te"
        return flat(f"{prefix}.{path}")

    def find(self, name: str) -> ModulePath | None:
        """The module that a file of whichever layout means by a name; None if there is none."""
        return self._known.get(flat(name))

    def _names(self, module: ModulePath) -> Iterator[str]:
        """Everything that files call a module."""
        part, path = module
        if part == UNET:
            yield from (f"lora_unet.{path}", f"lora_unet.{self.original(path)}")
            paths = [path, *processor_names(path, PROCESSOR_NAMES, "processor.")]
            yield from (f"{prefix}{each}" for each in paths for prefix in UNET_PREFIXES)
            return
        yield self.kohya(module)
        paths = [path, *processor_names(path, TEXT_NAMES, "")]
        yield from (f"{part}.{each}" for each in paths)
        yield from (f"{part}.{each.removeprefix('text_model.')}" for each in paths)

    def original(self, path: str) -> str:
        """A module of the UNet by its path in checkpoints of the original layout."""
        if not (match := BLOCK.fullmatch(path)):
            return ORIGINAL_ENDS.get(path, path)
        block, kind, index, rest = match[1], match[2], int(match[3]), match[4]
        rest = RESNET_PARTS.get(rest, rest) if kind == "resnets" else rest
        if block == "mid_block":  # a ResNet, what attends, a ResNet
            return f"middle_block.{2 * index if kind == 'resnets' else 2 * index + 1}.{rest}"
        side, number = block.split(".")
        each = self._layers_per_block + 1  # places a block has among the original's
        first = int(number) * each + (side == "down_blocks")
        if kind == "downsamplers":
            return f"input_blocks.{first + self._layers_per_block}.0.op"
        if kind == "upsamplers":
            place = 2 if block in self._attentive else 1
            return f"output_blocks.{first + self._layers_per_block}.{place}.conv"
        blocks = "input_blocks" if side == "down_blocks" else "output_blocks"
        return f"{blocks}.{first + index}.{int(kind == 'attentions')}.{rest}"


def processor_names(path: str, names: dict[str, str], prefix: str) -> list[str]:
    """What old files call one of attention's four matrices; nothing for other modules."""
    return [
        f"{path.removesuffix(end)}{prefix}{name}_lora"
        for end, name in names.items()
        if path.endswith(f".{end}")
    ]


def flat(name: str) -> str:
    return name.replace(".", "_")
