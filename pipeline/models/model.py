"""A loaded model on one device: what every family offers to the engine.

It answers three questions: what a text means (`TextContext`), what a UNet call says, and what
picture some latents are. It does not know samplers, requests or steps.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from pipeline.adapters.hypernetwork import Hypernetwork, HypernetworkSet
from pipeline.checkpoint import Family, Hashes
from pipeline.models import vae_passes
from pipeline.models.attention import CrossAttentionLayers, TextContext
from pipeline.models.graphs import Call, CallGraphs
from pipeline.models.lora_branches import LoraSwitch, PlacedSet
from pipeline.models.preview import LatentPreview
from pipeline.models.text_tower import TextTower

NUM_HYPERNETWORKS = 4  # kept on the device; one of Stable Diffusion 1 takes 50 MB in half precision


class PlacedHypernetworks:
    """Hypernetworks on a model's device in its dtype, moved there once; the latest are kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Hypernetwork] = OrderedDict()

    def find(self, wanted: Hypernetwork, device: torch.device, dtype: torch.dtype) -> Hypernetwork:
        """This hypernetwork as it was placed before, or placed now."""
        if wanted.hash not in self._kept:
            self._kept[wanted.hash] = wanted.to(device, dtype)
            if len(self._kept) > NUM_HYPERNETWORKS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(wanted.hash)
        return self._kept[wanted.hash]


class ChunkStates(NamedTuple):
    """What a model's text towers make of one chunk of tokens."""

    hidden: tuple[Tensor, ...]  # one for each tower, (1, 77, its width) float32
    pooled: Tensor | None  # (1, width) float32; only of Stable Diffusion XL


class VaeFile(NamedTuple):
    """Which VAE was put in place of a checkpoint's own, as infotext tells it."""

    name: str
    hash: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """The parts of one checkpoint, on one device in one dtype."""

    name: str
    key: str  # that no other model on a device has
    family: Family
    hashes: Hashes  # of the single file, or of a folder's UNet
    device: torch.device
    dtype: torch.dtype
    unet: UNet2DConditionModel
    vae: AutoencoderKL
    vae_file: VaeFile | None = None  # None: the checkpoint's own
    towers: tuple[TextTower, ...]
    tokenizer: CLIPTokenizer
    alphas_cumprod: Tensor  # (training steps,) float32, on the CPU
    prediction: str  # "epsilon" or "v_prediction"
    scheduler: Mapping[str, Any]  # its config in diffusers' layout, of which these two are taken
    preview: LatentPreview
    cross_attention: CrossAttentionLayers
    unet_loras: LoraSwitch
    text_loras: LoraSwitch
    vae_tile: int  # pixels of a side above which pictures go through the VAE in tiles
    placed: PlacedHypernetworks = field(default_factory=PlacedHypernetworks)

    @property
    def hash(self) -> str:
        """Short, as in infotext: ten hex digits."""
        return self.hashes.short

    @property
    def text_encoder(self) -> CLIPTextModel:
        """The first tower's encoder; the only one but in Stable Diffusion XL."""
        return self.towers[0].encoder

    @property
    def token_width(self) -> int:
        """Numbers in one token's vector; of several towers, their vectors side by side."""
        return sum(tower.width for tower in self.towers)

    @property
    def in_channels(self) -> int:
        """What `predict` takes: the latents' 4, or 9 with a mask and a masked picture's latents."""
        return int(self.unet.config.in_channels)

    @property
    def latent_channels(self) -> int:
        return int(self.vae.config.latent_channels)

    @property
    def pixels_per_latent(self) -> int:
        return 2 ** (len(self.vae.config.block_out_channels) - 1)

    def latent_shape(self, width: int, height: int) -> tuple[int, int, int]:
        """(channels, height, width) of the latents of a picture; sizes in pixels."""
        scale = self.pixels_per_latent
        return self.latent_channels, height // scale, width // scale

    def read_chunk(
        self,
        token_ids: Tensor,
        clip_skip: int = 1,
        vectors: Sequence[tuple[int, Tensor]] = (),
    ) -> ChunkStates:
        """Token ids (1, 77) to what the text towers make of them; see `TextTower.read`.

        `vectors` are (n, `token_width`) each, with the position of their first.
        """
        widths = [tower.width for tower in self.towers]
        shares: list[list[tuple[int, Tensor]]] = [[] for _ in self.towers]
        for position, learned in vectors:
            for share, part in zip(shares, learned.split(widths, dim=1), strict=True):
                share.append((position, part))
        ids = token_ids.to(self.device)
        read = [
            tower.read(ids, clip_skip, share)
            for tower, share in zip(self.towers, shares, strict=True)
        ]
        pooled = read[-1][1]
        return ChunkStates(
            tuple(hidden.float() for hidden, _ in read), None if pooled is None else pooled.float()
        )

    def context(
        self,
        hidden: Tensor,
        hypernetworks: HypernetworkSet = (),
        pooled: Tensor | None = None,
        loras: PlacedSet | None = None,
    ) -> TextContext:
        """Hidden states of one whole text to what the UNet attends to.

        Hypernetworks apply in their order; one of strength 0 changes nothing, to the last bit.
        Stable Diffusion XL also wants the text's pooled vector. `loras` are those of the UNet.
        """
        here = tuple(
            (self.placed.find(each, self.device, self.dtype), strength)
            for each, strength in hypernetworks
            if strength != 0
        )
        pooled = None if pooled is None else pooled.to(self.dtype)
        self.unet_loras.turn_to(loras)
        return self.cross_attention.context(hidden.to(self.dtype), here, pooled, loras)

    def predict(self, latents: Tensor, timesteps: Tensor, context: TextContext) -> Tensor:
        """One UNet call: scaled latents (rows, `in_channels`, h, w), a timestep and text for each.

        Returns what the model predicts (`prediction`) in float32.
        """
        return self._calls(latents, timesteps, context)

    @cached_property
    def _calls(self) -> Call:
        """How calls are made on this device."""
        if self.device.type != "cuda":
            return self.call_unet
        return CallGraphs(self.call_unet, self.device)

    def call_unet(self, latents: Tensor, timesteps: Tensor, context: TextContext) -> Tensor:
        """The same as `predict`, in a way that gradients can go back through."""
        added = None
        if context.pooled is not None:
            added = {"text_embeds": context.pooled, "time_ids": self._time_ids(latents)}
        self.unet_loras.turn_to(context.loras)
        output = self.unet(
            latents.to(self.dtype),
            timesteps,
            encoder_hidden_states=context.hidden,
            cross_attention_kwargs={"context": context},
            added_cond_kwargs=added,
            return_dict=False,
        )[0]
        return output.float()

    def _time_ids(self, latents: Tensor) -> Tensor:
        """What Stable Diffusion XL is told of its pictures' size; (rows, 6) float32.

        The picture's own height and width, as the size that it was cut from and as the size that
        it shall have, and that nothing was cut off at the top and the left (spec: webui §2).
        """
        height, width = (side * self.pixels_per_latent for side in latents.shape[2:])
        sizes = self._time_ids_of_sizes
        if (height, width) not in sizes:
            numbers = [[height, width, 0, 0, height, width]]
            sizes[height, width] = torch.tensor(numbers, dtype=torch.float32, device=self.device)
        return sizes[height, width].expand(len(latents), -1)

    @cached_property
    def _time_ids_of_sizes(self) -> dict[tuple[int, int], Tensor]:
        """Kept, since nothing can be copied to the device while a call is recorded."""
        return {}

    def encode_picture(self, pixels: Tensor) -> Tensor:
        """Pixels (1, 3, H, W) in [-1, 1] to the clean latents (1, C, h, w) that mean them, float32.

        The mean of what the VAE thinks possible, not a sample of it as in the reference, which
        draws that from a source of no seed: the same picture gives the same latents here.
        """
        mean = vae_passes.finite(vae_passes.encode, self.vae, pixels, self.vae_tile)
        return mean * self.vae.config.scaling_factor

    def decode(self, latents: Tensor) -> Tensor:
        """Finished latents (1, C, h, w) to pixels (1, 3, H, W) in [-1, 1], float32 on the CPU."""
        pixels = vae_passes.finite(vae_passes.decode, self.vae, latents, self.vae_tile)
        return pixels.clamp(-1, 1).cpu()
