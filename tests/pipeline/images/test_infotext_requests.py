"""From a request to its picture's infotext and back: every setting survives, none means another."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import InvalidRequest
from pipeline.images.infotext_requests import (
    infotext_of,
    request_from_infotext,
)
from pipeline.model_config import ModelConfig
from pipeline.requests import MAX_SEED, MAX_SIZE, GenerationRequest
from pipeline.samplers import NOISE_SCHEDULES, SAMPLERS, find_sampler
from pipeline.upscalers import UPSCALERS
from tests.pipeline.pictures import encoded

SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512"
PICTURES = {"init_image", "mask"}  # no text can hold one
NOT_TOLD = {"id", "user", "max_running", "model", "wants_previews", "artifacts"} | PICTURES
GREY = encoded(Image.new("L", (8, 8), 128))

MODELS = {name: ModelConfig(path=Path(name)) for name in ("sd", "nai")}

lines = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=30)
texts = (
    st.lists(lines.map(str.strip).filter(lambda line: not line.startswith("Negative prompt:")))
    .map("\n".join)
    .map(str.strip)
)
sides = st.integers(8, 256).map(lambda side: side * 8)
numbers = st.floats(0, 100)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "prompt": texts.filter(bool),
    "negative_prompt": texts,
    "width": sides,
    "height": sides,
    "num_steps": st.integers(1, 150),
    "guidance_scale": st.floats(1, 30),
    "sampler": st.sampled_from([info.id for info in SAMPLERS]),
    "noise_schedule": st.sampled_from([schedule.id for schedule in NOISE_SCHEDULES]),
    "seeds": st.integers(0, MAX_SEED).map(lambda seed: (seed,)),
    "variation_seed": st.integers(0, MAX_SEED),
    "variation_strength": st.floats(0, 1),
    "resized_from": st.none() | st.tuples(sides, sides),
    "noise_source": st.sampled_from(["cpu", "nv"]),
    "eta": st.none() | numbers,
    "eta_noise_seed_delta": st.integers(-MAX_SEED, MAX_SEED),
    "s_churn": numbers,
    "s_tmin": numbers,
    "s_tmax": numbers,
    "s_noise": numbers,
    "discard_penultimate_sigma": st.booleans(),
    "clip_skip": st.integers(1, 12),
    "emphasis": st.sampled_from(["original", "no_norm", "ignore", "none"]),
    "prompt_syntax": st.sampled_from(["webui", "nai"]),
    "old_prompt_editing": st.booleans(),
    "comma_backtrack": st.integers(0, 74),
    "aesthetic_embedding": lines,
    "aesthetic_weight": st.floats(0, 1),
    "aesthetic_steps": st.integers(0, 50),
    "aesthetic_learning_rate": st.floats(0, 1),
    "aesthetic_slerp": st.booleans(),
    "aesthetic_text": lines,
    "aesthetic_text_negative": st.booleans(),
    "aesthetic_slerp_angle": st.floats(0, 1),
    "strength": st.floats(0, 1),
    "exact_steps": st.booleans(),
    "resize_mode": st.sampled_from(["stretch", "crop", "fill", "latent"]),
    "upscaler": st.sampled_from(["lanczos", "4x_drawings: sharp, v2"]),
    "noise_multiplier": st.floats(0, 1.5),
    "inverted_mask": st.booleans(),
    "mask_blur": st.integers(0, 64),
    "masked_content": st.sampled_from(["original", "fill", "latent_noise", "latent_nothing"]),
    "inpaint_area": st.sampled_from(["whole_picture", "only_masked"]),
    "mask_padding": st.integers(0, 256),
    "mask_weight": st.floats(0, 1),
    "hires_scale": st.none() | st.floats(1, 4),
    "hires_steps": st.integers(0, 150),
    "hires_strength": st.floats(0, 1),
    "hires_upscaler": st.sampled_from([*(it.id for it in UPSCALERS), "4x_drawings: sharp, v2"]),
}
# Of a picture from noise, of one from another picture, of one of which a part was repainted.
PICTURES_SENT: tuple[dict[str, Any], ...] = (
    {},
    {"init_image": GREY},
    {"init_image": GREY, "mask": GREY},
)
OF_THE_PICTURE = {"strength", "exact_steps", "resize_mode", "upscaler", "noise_multiplier"}
OF_THE_MASK = {
    *("inverted_mask", "mask_blur", "masked_content"),
    *("inpaint_area", "mask_padding", "mask_weight"),
}
OF_A_SECOND_PASS = {"hires_steps", "hires_strength", "hires_upscaler"}


def possible(**fields: Any) -> GenerationRequest:
    """A request of these fields, or of the nearest that their sampler can follow."""
    info, _ = find_sampler(fields["sampler"])
    fields["num_steps"] = max(fields["num_steps"], info.min_steps)
    if info.max_eta is not None and fields["eta"] is not None:
        fields["eta"] = min(fields["eta"], info.max_eta)
    if fields["hires_scale"] is not None:
        most = MAX_SIZE / max(fields["width"], fields["height"])
        fields["hires_scale"] = min(fields["hires_scale"], most)
    if "init_image" in fields:
        fields["hires_scale"] = None
    return GenerationRequest(**fields)


requests = st.builds(
    lambda pictures, **fields: possible(**fields, **pictures),
    pictures=st.sampled_from(PICTURES_SENT),
    **FIELDS,
)


def meaning(request: GenerationRequest) -> dict[str, Any]:
    """The fields of a request that tell its picture, but for those that cannot change it."""
    info, _ = find_sampler(request.sampler)
    fields = request.model_dump(exclude=NOT_TOLD)
    if request.eta is None:
        fields["eta"] = info.default_eta
    if request.variation_strength == 0:
        fields["variation_seed"] = 0
    if not info.draws(request.eta, request.s_churn):
        fields["eta_noise_seed_delta"] = 0
    if not set("([{") & set(request.prompt + request.negative_prompt):
        fields["emphasis"] = "original"
    if not request.is_tuned:
        fields = {name: value for name, value in fields.items() if "aesthetic" not in name}
    unused = OF_THE_MASK if request.mask is None else set()
    if request.init_image is None:
        unused = unused | OF_THE_PICTURE
    if request.hires_scale is None:
        unused = unused | OF_A_SECOND_PASS
    return {name: value for name, value in fields.items() if name not in unused}


@given(requests)
def test_a_request_is_the_same_after_its_pictures_infotext(request: GenerationRequest) -> None:
    text = infotext_of(request, 0, None, None)
    pictures = {name: getattr(request, name) for name in PICTURES}
    imported = request_from_infotext(text, **pictures)
    assert imported.notes == ()
    assert meaning(imported.request) == meaning(request)


def test_settings_of_a_picture_that_began_from_another_say_that_it_is_not_there() -> None:
    text = f"a\n{SETTINGS}, Denoising strength: 0.4, Mask blur: 8"
    imported = request_from_infotext(text)
    assert imported.notes == (
        "It began from another picture, which its settings do not hold: without that this is made "
        "from noise.",
    )
    assert (imported.request.strength, imported.request.mask_blur) == (0.4, 8)
    assert request_from_infotext(text, init_image=GREY).notes == ()


def test_every_field_of_a_request_is_tried_above_or_not_told_of_a_picture() -> None:
    assert FIELDS.keys() == GenerationRequest.model_fields.keys() - NOT_TOLD


def read(settings: str, prompt: str = "a cat", **overrides: Any) -> GenerationRequest:
    return request_from_infotext(f"{prompt}\n{settings}", **overrides).request


@pytest.mark.parametrize(
    ("told", "source"),
    [("", "nv"), (", RNG: GPU", "nv"), (", RNG: NV", "nv"), (", RNG: CPU", "cpu")],
)
def test_noise_without_a_named_source_is_a_gpus(told: str, source: str) -> None:
    assert read(SETTINGS + told).noise_source == source


@pytest.mark.parametrize(
    ("told", "fields"),
    [
        ("Sampler: DPM++ 2M Karras", {"sampler": "dpmpp_2m", "noise_schedule": "karras"}),
        (
            "Sampler: Heun, Schedule type: Karras",
            {"sampler": "heun", "noise_schedule": "karras"},
        ),
        ("Sampler: k_euler", {"sampler": "euler", "noise_schedule": "automatic"}),
        ("Clip skip: 2, ENSD: 31337", {"clip_skip": 2, "eta_noise_seed_delta": 31337}),
        ("Eta: 0.5, Eta DDIM: 0.0", {"eta": 0.5}),
        ("Seed resize from: 512x384", {"resized_from": (512, 384)}),
        (
            "Variation seed: 7, Variation seed strength: 0.3",
            {"variation_seed": 7, "variation_strength": 0.3},
        ),
        ("Emphasis: No norm", {"emphasis": "no_norm"}),
        ("Old prompt editing timelines: True", {"old_prompt_editing": True}),
        ("Hypernet: anime_3, Hypernet strength: 0.6", {"prompt": "a cat<hypernet:anime_3:0.6>"}),
        (
            "Denoising strength: 0.5, Hires upscale: 2, Hires steps: 8, "
            "Hires upscaler: Latent (bicubic antialiased)",
            {
                "hires_scale": 2.0,
                "hires_steps": 8,
                "hires_strength": 0.5,
                "hires_upscaler": "latent_bicubic_antialiased",
            },
        ),
        ("Size: 1024x1024, First pass size: 0x0", {"width": 512, "height": 512}),
    ],
)
def test_webuis_settings_mean_what_they_mean_there(told: str, fields: dict[str, Any]) -> None:
    settings = f"Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, {told}"
    request = read(settings)
    assert request.model_dump(include=set(fields)) == fields


def test_a_prompt_with_editing_from_before_1_6_is_edited_as_it_was_then() -> None:
    assert read(f"{SETTINGS}, Version: v1.5.0", "[a:b:1.5]").old_prompt_editing
    assert not read(f"{SETTINGS}, Version: v1.6.0", "[a:b:1.5]").old_prompt_editing


def test_settings_that_nothing_here_follows_are_named() -> None:
    told = 'Hires resize: 1024x768, ADetailer model: x.pt, Hashes: "a: 1, b: 2"'
    imported = request_from_infotext(f"a\n{SETTINGS}, {told}, Version: v1.10.1, Eta DDIM: 0.5")
    assert imported.notes == (
        "Not followed here: `Hires resize: 1024x768`, `ADetailer model: x.pt`, "
        "`Hashes: a: 1, b: 2`, `Eta DDIM: 0.5`.",
    )


@pytest.mark.parametrize("told", ["Model hash: abcdef1234, Model: other", "Model hash: abcdef1234"])
def test_a_model_that_is_not_here_is_named_and_replaced(told: str) -> None:
    imported = request_from_infotext(f"a\n{SETTINGS}, {told}", MODELS)
    assert imported.request.model is None
    assert "`sd` takes its place" in imported.notes[0]


def test_a_model_that_is_here_is_taken() -> None:
    imported = request_from_infotext(f"a\n{SETTINGS}, Model hash: 1, Model: NAI", MODELS)
    assert (imported.request.model, imported.notes) == ("nai", ())


def test_a_model_is_known_by_its_old_hash_too(tmp_path: Path) -> None:
    file = tmp_path / "nai.ckpt"
    file.write_bytes(bytes(2**20) + bytes(range(256)) * 2**8 + b"and so on")
    models = MODELS | {"nai": ModelConfig(path=file)}
    digits = hashlib.sha256(bytes(range(256)) * 2**8).hexdigest()[:8]
    imported = request_from_infotext(f"a\n{SETTINGS}, Model hash: {digits}, Model: x", models)
    assert (imported.request.model, imported.notes) == ("nai", ())


def test_a_vae_is_told_and_known_again_and_another_is_named() -> None:
    request = GenerationRequest(prompt="a", seeds=(1,))
    text = infotext_of(request, 0, "sd", "abcdef1234", vae=("clear.pt", "0123456789"))
    assert "VAE hash: 0123456789, VAE: clear.pt" in text
    clear = {"sd": ModelConfig(path=Path("sd"), vae=Path("vaes/clear.pt"))}
    assert request_from_infotext(text, clear).notes == ()
    assert request_from_infotext(text, MODELS).notes == ("Not followed here: `VAE: clear.pt`.",)


def test_a_text_without_settings_is_a_prompt_with_a_seed_of_its_own() -> None:
    first, second = (request_from_infotext("a cat").request for _ in range(2))
    assert first.prompt == "a cat"
    assert first.seeds != second.seeds


def test_what_is_asked_for_beside_the_infotext_wins() -> None:
    request = read(SETTINGS, seeds=(5, 6), sampler="Heun", prompt="a dog")
    assert (request.seeds, request.sampler, request.prompt) == ((5, 6), "heun", "a dog")


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("Steps: many", "`Steps` takes a whole number, and `many` is not that."),
        ("CFG scale: x", "`CFG scale` takes a number"),
        ("Size: big", "`Size` takes a size as in 512x768"),
        ("Seed: " + "9" * 6000, "`Seed` takes a whole number"),
        ("Seed: -1", "Seed -1 is not possible"),
        ("Eta: -1", "eta -1.0 is not possible"),
        ("Sampler: Eular", "There is no sampler called `Eular`"),
        ("Emphasis: Some", "`Emphasis` takes one of Original, No norm, Ignore, None"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_a_sentence(told: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read(f"Steps: 20, Sampler: Euler a, CFG scale: 7, {told}")
    assert sentence in refusal.value.message
    assert len(refusal.value.message) < 500
