"""What the gallery shows: for every control some pictures that differ in it alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.gallery.adapters import AESTHETIC, EMBEDDING, HYPERNETWORK, LORA
from pipeline.gallery.drawings import DISC, HALF, SMALL_PART, WIDE, large_scene, mask
from pipeline.presets import PRESETS
from pipeline.samplers import NOISE_SCHEDULES, SAMPLERS
from pipeline.upscalers import UPSCALERS

Fields = Mapping[str, Any]

PROMPT = "a large red circle on the left of a blue background"
OTHER = "a small green star on the right of a blue background"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One control, and what is shown of it: a caption and fields of a request for each picture."""

    control: str
    """As the catalogue calls it."""
    variants: Mapping[str, Fields]
    common: Fields = field(default_factory=dict)
    note: str = ""


def values(name: str, *each: Any, label: str = "{}") -> dict[str, Fields]:
    """A variant for each value of one field."""
    return {label.format(value): {name: value} for value in each}


def prompts(*each: str, **fields: Any) -> dict[str, Fields]:
    return {prompt: {"prompt": prompt, **fields} for prompt in each}


FROM_DISC: Fields = {"init_image": DISC, "prompt": "a large red square in the center on white"}
ON_WHITE = "a large green star on the right of a white background"
INPAINT: Fields = {"init_image": DISC, "mask": HALF, "prompt": ON_WHITE, "strength": 0.95}
PART: Fields = {
    "init_image": large_scene(),
    "mask": mask(SMALL_PART, (384, 384)),
    "inpaint_area": "only_masked",
    "masked_content": "latent_noise",
    "strength": 1.0,
    "mask_blur": 0,
    "prompt": "a large yellow heart in the center of a green background",
}
AESTHETICS: Fields = {
    "aesthetic_embedding": AESTHETIC,
    "aesthetic_steps": 10,
    "aesthetic_learning_rate": 0.003,
    "prompt": "a large circle",
}
TWICE: Fields = {"hires_scale": 2.0, "hires_steps": 10, "hires_strength": 0.4}

EXHIBITS: tuple[Exhibit, ...] = (
    Exhibit("Prompt", prompts(PROMPT, OTHER, "a large yellow heart at the top, on black")),
    Exhibit(
        "`(words)`, `[words]`, `(words:1.3)`",
        prompts(*(f"a ({word}) circle on a white background" for word in ("red:0.5", "red:1.4"))),
    ),
    Exhibit(
        "`[from:to:0.5]`, `[one|other]`",
        prompts("a circle on a [red:blue:0.2] background", "a circle on a [red|blue] background"),
    ),
    Exhibit(
        "`one AND other:0.7`",
        prompts("a circle on a red background AND a circle on a blue background:0.7"),
    ),
    Exhibit("`BREAK`", prompts("a red circle BREAK on a blue background")),
    Exhibit(
        "`<lora:name:0.8>`, `<lora:name:0.8:1>`",
        prompts(*(f"{PROMPT} <lora:{LORA}:{strength}>" for strength in (0, 0.7, 1.5))),
        note="Its weights are random: it shows that it counts.",
    ),
    Exhibit(
        "`<hypernet:name:0.8>`",
        prompts(*(f"{PROMPT} <hypernet:{HYPERNETWORK}:{strength}>" for strength in (0, 0.7, 1.5))),
        note="Its weights are random: it shows that it counts.",
    ),
    Exhibit(
        "an embedding's name",
        prompts(f"a large yellow {EMBEDDING} in the center of a purple background"),
        note="The embedding is the vector of “star” under another name.",
    ),
    Exhibit(
        "`{words}`, `[words]` at 1.05",
        prompts("a {{{{red}}}} circle on a white background", prompt_syntax="nai"),
    ),
    Exhibit(
        "Negative prompt",
        values("negative_prompt", "", "red, orange", label="negative: {}"),
        {"prompt": "a large circle", "guidance_scale": 5.0},
    ),
    Exhibit("Model", values("model", None, label="the default")),
    Exhibit(
        "Size",
        {
            "96x160": {"width": 96, "height": 160},
            "128x128": {},
            "192x96": {"width": 192, "height": 96},
        },
    ),
    Exhibit("Steps", values("num_steps", 2, 5, 10, 20, 40)),
    Exhibit("CFG scale", values("guidance_scale", 1.0, 3.0, 7.0, 15.0)),
    Exhibit("Sampler", {info.label: {"sampler": info.id} for info in SAMPLERS}),
    Exhibit(
        "Schedule type",
        {info.label: {"noise_schedule": info.id, "num_steps": 8} for info in NOISE_SCHEDULES},
    ),
    Exhibit("Seed", {str(seed): {"seeds": (seed,)} for seed in (1, 2, 3)}, {"prompt": "a circle"}),
    Exhibit("Variation seed", values("variation_seed", 1, 2, 3), {"variation_strength": 0.5}),
    Exhibit(
        "Variation seed strength",
        values("variation_strength", 0.0, 0.1, 0.5, 1.0),
        {"variation_seed": 5, "prompt": "a shape"},
    ),
    Exhibit(
        "Seed resize from",
        {
            "none": {"resized_from": None},
            "96x96": {"resized_from": (96, 96)},
            "64x128": {"resized_from": (64, 128)},
        },
    ),
    Exhibit("RNG", values("noise_source", "cpu", "nv")),
    Exhibit("ENSD", values("eta_noise_seed_delta", 0, 31337), {"sampler": "euler_a"}),
    Exhibit("Eta", values("eta", 0.0, 0.5, 1.0), {"sampler": "euler_a"}),
    Exhibit("Eta DDIM", values("eta", 0.0, 0.5, 1.0), {"sampler": "ddim"}),
    Exhibit("Sigma churn", values("s_churn", 0.0, 5.0, 20.0)),
    Exhibit("Sigma tmin", values("s_tmin", 0.0, 1.0, 5.0), {"s_churn": 15.0}),
    Exhibit("Sigma tmax", values("s_tmax", 0.0, 1.0, 5.0), {"s_churn": 15.0}),
    Exhibit("Sigma noise", values("s_noise", 0.95, 1.0, 1.05), {"s_churn": 15.0}),
    Exhibit(
        "Discard penultimate sigma",
        values("discard_penultimate_sigma", False, True),
        {"num_steps": 6},
    ),
    Exhibit("Clip skip", values("clip_skip", 1, 2, 3)),
    Exhibit(
        "Emphasis",
        values("emphasis", "original", "no_norm", "ignore", "none"),
        {"prompt": "a (red:1.5) circle on a [white] background"},
    ),
    Exhibit(
        "Prompt syntax",
        values("prompt_syntax", "webui", "nai"),
        {"prompt": "a [[[red]]] circle, {white} background"},
    ),
    Exhibit(
        "Old prompt editing timelines",
        values("old_prompt_editing", False, True),
        {"prompt": "a circle on a [red:blue:1.0] background"},
    ),
    Exhibit(
        "Comma backtrack",
        values("comma_backtrack", 0, 20),
        {"prompt": "a red circle, " * 14 + "a large red circle on a blue background"},
    ),
    Exhibit("Aesthetic LR", values("aesthetic_learning_rate", 0.0, 0.001, 0.005), AESTHETICS),
    Exhibit("Aesthetic weight", values("aesthetic_weight", 0.0, 0.5, 1.0), AESTHETICS),
    Exhibit("Aesthetic steps", values("aesthetic_steps", 0, 5, 20), AESTHETICS),
    Exhibit(
        "Aesthetic embedding",
        values("aesthetic_embedding", "", AESTHETIC),
        AESTHETICS,
        note="It has seen orange circles on red.",
    ),
    Exhibit("Aesthetic slerp", values("aesthetic_slerp", False, True), AESTHETICS),
    Exhibit(
        "Aesthetic text",
        values("aesthetic_text", "", "a green star"),
        {**AESTHETICS, "aesthetic_slerp_angle": 0.9},
    ),
    Exhibit(
        "Aesthetic text negative",
        values("aesthetic_text_negative", False, True),
        {**AESTHETICS, "aesthetic_text": "an orange circle", "aesthetic_slerp_angle": 0.9},
    ),
    Exhibit(
        "Aesthetic slerp angle",
        values("aesthetic_slerp_angle", 0.1, 0.5, 1.0),
        {**AESTHETICS, "aesthetic_text": "a green star"},
    ),
    Exhibit("Denoising strength", values("strength", 0.0, 0.3, 0.5, 0.75, 1.0), FROM_DISC),
    Exhibit("Exact steps", values("exact_steps", False, True), {**FROM_DISC, "strength": 0.4}),
    Exhibit(
        "Resize mode",
        values("resize_mode", "stretch", "crop", "fill", "latent"),
        {"init_image": WIDE, "strength": 0.15, "prompt": "stripes"},
    ),
    Exhibit(
        "Upscaler for img2img",
        values("upscaler", "lanczos"),
        {"init_image": DISC, "width": 256, "height": 256, "strength": 0.1, "prompt": "a circle"},
    ),
    Exhibit("Noise multiplier", values("noise_multiplier", 0.8, 1.0, 1.2), FROM_DISC),
    Exhibit("Mask mode", values("inverted_mask", False, True), INPAINT),
    Exhibit("Mask blur", values("mask_blur", 0, 4, 16), INPAINT),
    Exhibit(
        "Masked content",
        values("masked_content", "original", "fill", "latent_noise", "latent_nothing"),
        INPAINT,
    ),
    Exhibit("Inpaint area", values("inpaint_area", "whole_picture", "only_masked"), PART),
    Exhibit("Masked area padding", values("mask_padding", 0, 32, 96), PART),
    Exhibit(
        "Conditional mask weight",
        values("mask_weight", 0.0, 1.0),
        INPAINT,
        note="Only inpainting models look at it; with others the pictures are the same.",
    ),
    Exhibit("Hires upscale", values("hires_scale", None, 1.5, 2.0), TWICE),
    Exhibit("Hires steps", values("hires_steps", 2, 5, 20), TWICE),
    Exhibit(
        "Hires upscaler", {each.label: {"hires_upscaler": each.id} for each in UPSCALERS}, TWICE
    ),
    Exhibit("Number of pictures", {"four": {"seeds": (1, 2, 3, 4)}}, {"prompt": "a shape"}),
    Exhibit(
        "NovelAI's settings",
        {preset.name: preset.around({"prompt": PROMPT}) for preset in PRESETS},
    ),
)
