"""A VAE for pictures that are too large to go through it at once.

Only the stages at full and half the picture's size take much memory: those are run in tiles, all
others on the whole. Group normalisation looks at all of a picture, and tiles that are each
normalised by themselves differ in colour; so the tiles are gone over several times, all but the
last to measure what they have together. What is left is a change of a few levels of 255, no seam.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor, nn

from pipeline.models.tiling import Span, in_tiles

NUM_TILED = 2  # stages, those at the picture's full size and at half of it
OVERLAP = 64  # pixels of the picture
NUM_MEASURED = 2  # times that the tiles are gone over before they count


def decode_tiled(vae: AutoencoderKL, latents: Tensor, tile: int) -> Tensor:
    """Latents (1, C, h, w), unscaled, to pixels; `tile` in pixels."""
    decoder = vae.decoder
    hidden = latents if vae.post_quant_conv is None else vae.post_quant_conv(latents)
    hidden = decoder.mid_block(decoder.conv_in(hidden))
    *small, last_but_one, last = decoder.up_blocks
    for block in small:
        hidden = block(hidden)
    stages = [last_but_one, last, decoder.conv_norm_out, decoder.conv_act, decoder.conv_out]
    grown = 2 ** len(small)
    whole = 2 ** (len(decoder.up_blocks) - 1)
    scale = Fraction(whole, grown)
    return _alike(stages, hidden, int(tile / scale), int(OVERLAP / scale), scale)


def encode_tiled(vae: AutoencoderKL, pixels: Tensor, tile: int) -> Tensor:
    """Pixels (1, 3, H, W) to the mean and the logarithm of the variance of their latents."""
    encoder = vae.encoder
    grain = 2**NUM_TILED
    stages = [encoder.conv_in, *encoder.down_blocks[:NUM_TILED]]
    hidden = _alike(stages, pixels, tile // grain * grain, OVERLAP, Fraction(1, grain), grain)
    for block in encoder.down_blocks[NUM_TILED:]:
        hidden = block(hidden)
    hidden = encoder.conv_norm_out(encoder.mid_block(hidden))
    moments: Tensor = encoder.conv_out(encoder.conv_act(hidden))
    return moments if vae.quant_conv is None else vae.quant_conv(moments)


def _alike(
    stages: Sequence[nn.Module],
    whole: Tensor,
    tile: int,
    overlap: int,
    scale: Fraction,
    grain: int = 1,
) -> Tensor:
    """What the stages make of a whole, tile by tile, all tiles normalised alike."""

    seen: list[tuple[Span, Span]] = []  # where the present tile is

    def work(part: Tensor, down: Span, across: Span) -> Tensor:
        seen[:] = [(down, across)]
        for stage in stages:
            part = stage(part)
        return part

    norms = [each for stage in stages for each in stage.modules() if isinstance(each, nn.GroupNorm)]
    measured = {norm: Measured(norm, seen) for norm in norms}
    for _ in range(NUM_MEASURED):
        before, measured = measured, {norm: Measured(norm, seen) for norm in norms}
        with _replaced({norm: before[norm].normalise_and(measured[norm]) for norm in norms}):
            in_tiles(work, whole, tile, overlap, scale, grain)
    with _replaced({norm: each.normalise for norm, each in measured.items()}):
        return in_tiles(work, whole, tile, overlap, scale, grain)


Forward = Callable[[Tensor], Tensor]


@dataclass(slots=True, eq=False)
class Measured:
    """What one normalisation sees of all tiles, each pixel in one of them."""

    norm: nn.GroupNorm
    seen: Sequence[tuple[Span, Span]]
    count: int = 0
    total: Tensor | float = 0.0  # for each group, (1, groups) float32
    squares: Tensor | float = 0.0

    def normalise_and(self, other: "Measured") -> Forward:
        """`normalise`, with a note of what is seen; as the module does where nothing is known."""

        def forward(tile: Tensor) -> Tensor:
            other.note(tile)
            return self.normalise(tile) if self.count else type(self.norm).forward(self.norm, tile)

        return forward

    def note(self, tile: Tensor) -> None:
        """Add what a tile shows."""
        [(down, across)] = self.seen
        core = tile[..., down.core(tile.shape[-2]), across.core(tile.shape[-1])]
        groups = core.float().reshape(1, self.norm.num_groups, -1)
        self.count += groups.shape[-1]
        self.total = self.total + groups.sum(-1)
        self.squares = self.squares + groups.square().sum(-1)

    def normalise(self, tile: Tensor) -> Tensor:
        """The same work with the mean and variance of all tiles."""
        mean = torch.as_tensor(self.total / self.count)
        variance = torch.as_tensor(self.squares / self.count) - mean.square()
        spread = (variance.clamp(min=0) + self.norm.eps).rsqrt()
        groups = tile.float().reshape(1, self.norm.num_groups, -1)
        groups = (groups - mean.unsqueeze(-1)) * spread.unsqueeze(-1)
        weight, bias = (
            each.float().view(1, -1, 1, 1) for each in (self.norm.weight, self.norm.bias)
        )
        return (groups.view(tile.shape) * weight + bias).to(tile.dtype)


@contextmanager
def _replaced(forwards: dict[nn.GroupNorm, Forward]) -> Iterator[None]:
    """Let modules do other work for a while."""
    for norm, forward in forwards.items():
        norm.forward = forward  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        for norm in forwards:
            del norm.forward
