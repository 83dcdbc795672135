"""What can be set about a picture that begins from another: a part of the catalogue of controls.

A second pass is one that begins from the first one's picture.
"""

from pipeline.control import NUMBER, TEXT, WHOLE, YES_OR_NO, Control
from pipeline.upscalers import UPSCALERS

NOISE_MULTIPLIER = "Noise multiplier"
# What infotext tells of a picture of which a part was repainted.
MASK_KEYS = (
    "Mask mode",
    "Mask blur",
    "Masked content",
    "Inpaint area",
    "Masked area padding",
    "Conditional mask weight",
)
UPSCALER = "Upscaler for img2img"
RESIZE_KEYS = ("Resize mode", UPSCALER, "Exact steps", NOISE_MULTIPLIER)

PICTURE_CONTROLS: tuple[Control, ...] = (
    Control(
        "Denoising strength",
        ("strength", "hires_strength"),
        NUMBER,
        default="0.75; in a second pass 0.7",
        source="webui",
        option="strength",
        suggestions=("0.3", "0.5", "0.75"),
    ),
    Control(
        "Exact steps",
        ("exact_steps",),
        TEXT,
        default="False: on a picture only the share that strength is",
        source="webui (an option there)",
        choices=YES_OR_NO,
    ),
    Control(
        "Resize mode",
        ("resize_mode",),
        TEXT,
        default="Just resize",
        source="webui",
        choices=(
            ("Just resize", "stretch"),
            ("Crop and resize", "crop"),
            ("Resize and fill", "fill"),
            ("Just resize (latent upscale)", "latent"),
        ),
    ),
    Control(
        UPSCALER,
        ("upscaler",),
        TEXT,
        default="Lanczos",
        source="webui (an option there)",
        suggestions=("Lanczos",),
    ),
    Control(
        NOISE_MULTIPLIER,
        ("noise_multiplier",),
        NUMBER,
        default="1",
        source="webui (an option there)",
        suggestions=("0.9", "1", "1.1"),
    ),
    Control(
        "Mask mode",
        ("inverted_mask",),
        TEXT,
        default="Inpaint masked",
        source="webui",
        choices=(("Inpaint masked", False), ("Inpaint not masked", True)),
    ),
    Control(
        "Mask blur",
        ("mask_blur",),
        WHOLE,
        default="4 pixels",
        source="webui",
        suggestions=("0", "4", "8", "16"),
    ),
    Control(
        "Masked content",
        ("masked_content",),
        TEXT,
        default="original",
        source="webui",
        choices=(
            ("original", "original"),
            ("fill", "fill"),
            ("latent noise", "latent_noise"),
            ("latent nothing", "latent_nothing"),
        ),
    ),
    Control(
        "Inpaint area",
        ("inpaint_area",),
        TEXT,
        default="Whole picture",
        source="webui",
        choices=(("Whole picture", "whole_picture"), ("Only masked", "only_masked")),
    ),
    Control(
        "Masked area padding",
        ("mask_padding",),
        WHOLE,
        default="32 pixels",
        source="webui",
        suggestions=("0", "32", "64"),
    ),
    Control(
        "Conditional mask weight",
        ("mask_weight",),
        NUMBER,
        default="1; only inpainting models have it",
        source="webui",
        suggestions=("0", "0.5", "1"),
    ),
    Control(
        "Hires upscale",
        ("hires_scale",),
        NUMBER,
        default="none, one pass",
        source="webui",
        suggestions=("1.5", "2"),
    ),
    Control(
        "Hires steps",
        ("hires_steps",),
        WHOLE,
        default="0, as many as in the first pass",
        source="webui",
        suggestions=("0", "10"),
    ),
    Control(
        "Hires upscaler",
        ("hires_upscaler",),
        TEXT,
        default="Latent",
        source="webui",
        suggestions=tuple(upscaler.label for upscaler in UPSCALERS),
    ),
)
