"""The ways to make a picture or its latents larger, by the names that webui's users know.

A catalogue for requests and infotext; it knows no torch. Whatever is not in it is the name of a
super-resolution model, a file in the folder that `upscalers` in `config.toml` names.
"""

from dataclasses import dataclass

MAX_NAME = 100  # characters
LANCZOS = "lanczos"


@dataclass(frozen=True, slots=True)
class Upscaler:
    """A way that needs no model. Interpolations are torch's for latents, Pillow's for pixels."""

    id: str
    label: str
    interpolation: str
    is_latent: bool = True
    antialias: bool = False


UPSCALERS: tuple[Upscaler, ...] = (
    Upscaler("latent", "Latent", "bilinear"),
    Upscaler("latent_antialiased", "Latent (antialiased)", "bilinear", antialias=True),
    Upscaler("latent_bicubic", "Latent (bicubic)", "bicubic"),
    Upscaler(
        "latent_bicubic_antialiased", "Latent (bicubic antialiased)", "bicubic", antialias=True
    ),
    Upscaler("latent_nearest", "Latent (nearest)", "nearest"),
    Upscaler("latent_nearest_exact", "Latent (nearest-exact)", "nearest-exact"),
    Upscaler(LANCZOS, "Lanczos", "lanczos", is_latent=False),
    Upscaler("nearest", "Nearest", "nearest", is_latent=False),
)


def find_upscaler(name: str) -> Upscaler | None:
    """The way of that id or label; None where it can only be a model's name."""
    wanted = _spelling(name)
    for upscaler in UPSCALERS:
        if wanted in (_spelling(upscaler.id), _spelling(upscaler.label)):
            return upscaler
    return None


def upscaler_id(name: str) -> str:
    """What an upscaler goes by here, or a model by its name.

    Raises `ValueError` with a sentence where that cannot be a name.
    """
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME:
        raise ValueError("The upscaler has no name, or one that is too long.")
    upscaler = find_upscaler(name)
    return upscaler.id if upscaler else name


def upscaler_label(name: str) -> str:
    """What infotext calls the upscaler of an id, or a model by its name."""
    upscaler = find_upscaler(name)
    return upscaler.label if upscaler else name


def _spelling(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))
