"""Infotext against what webui writes for the same job."""

import json
from pathlib import Path
from typing import Any

from pipeline.errors import UnknownSampler
from pipeline.images.infotext import InfotextSettings, create_infotext
from pipeline.samplers import find_noise_schedule, find_sampler

# The job that every case starts from (README.md beside the data), in webui's names.
BASE_JOB: dict[str, Any] = {
    "all_prompts": ["a (cat:1.2)", "dog"],
    "all_negative_prompts": ["n0", "n1"],
    "all_seeds": [1, 2],
    "all_subseeds": [7, 8],
    "steps": 20,
    "sampler_name": "Euler a",
    "scheduler": "Automatic",
    "cfg_scale": 7.0,
    "width": 512,
    "height": 768,
    "sd_model_hash": "abcdef1234",
    "sd_model_name": "toy",
    "sd_vae_hash": None,
    "sd_vae_name": None,
    "subseed_strength": 0.0,
    "seed_resize_from_w": 0,
    "seed_resize_from_h": 0,
    "eta": 1.0,
    "tiling": False,
    "extra_generation_params": {},
}
BASE_OPTIONS: dict[str, Any] = {
    "CLIP_stop_at_last_layers": 1,
    "eta_noise_seed_delta": 0,
    "randn_source": "CPU",
}


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "infotext_create.json").read_text())
    return {case["name"]: case for case in recorded["cases"] if is_built(case)}


def is_built(case: dict[str, Any]) -> bool:
    try:
        find_sampler(case["params"].get("sampler_name", "Euler a"))
    except UnknownSampler:
        return False
    return (
        case["params"].keys() <= BASE_JOB.keys() and case["options"].keys() <= BASE_OPTIONS.keys()
    )


def test_a_picture_tells_of_itself_as_in_the_reference(case: dict[str, Any]) -> None:
    job, options = BASE_JOB | case["params"], BASE_OPTIONS | case["options"]
    index = case["index"]
    sampler, _ = find_sampler(job["sampler_name"])
    resized_from = (job["seed_resize_from_w"], job["seed_resize_from_h"])
    settings = InfotextSettings(
        prompt=job["all_prompts"][index],
        negative_prompt=job["all_negative_prompts"][index],
        num_steps=job["steps"],
        sampler=sampler.id,
        noise_schedule=find_noise_schedule(job["scheduler"]),
        guidance_scale=job["cfg_scale"],
        seed=job["all_seeds"][index],
        width=job["width"],
        height=job["height"],
        model_hash=job["sd_model_hash"],
        model=job["sd_model_name"],
        vae_hash=job["sd_vae_hash"],
        vae=job["sd_vae_name"],
        variation_seed=job["all_subseeds"][index],
        variation_strength=job["subseed_strength"],
        resized_from=resized_from if min(resized_from) > 0 else None,
        clip_skip=options["CLIP_stop_at_last_layers"],
        eta=job["eta"],
        eta_noise_seed_delta=options["eta_noise_seed_delta"],
        noise_source=options["randn_source"].lower(),
        tiling=job["tiling"],
        extra=job["extra_generation_params"],
        version="v1.10.1",
    )

    assert create_infotext(settings) == case["output"]
