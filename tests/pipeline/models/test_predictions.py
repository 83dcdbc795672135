"""What a UNet predicts and at which noise levels: by its file, by its settings, by asking it."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from pipeline.checkpoint import UNET, Family
from pipeline.model_config import ModelConfig
from pipeline.models.loading import load_model
from pipeline.models.noise_levels import alphas_cumprod, with_zero_terminal_snr
from pipeline.sampling.sigmas import NoiseLevels
from tests.pipeline.models.single_files import settings_for, tensors_of, write
from tests.pipeline.models.tiny import write_tiny

CPU = torch.device("cpu")
SCHEDULER = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "num_train_timesteps": 1000,
}


def file_of(family: Family, folder: Path, **more: Tensor) -> ModelConfig:
    """A single file, with more tensors in it."""
    tiny = write_tiny(folder / "tiny", family)
    return settings_for(write(folder / "a.safetensors", tensors_of(tiny, family) | more), tiny)


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_keys_of_a_file_say_that_it_predicts_v_down_to_nothing_but_noise(
    family: Family, tmp_path: Path
) -> None:
    plain = load_model("a", file_of(family, tmp_path / "plain"), CPU)
    assert plain.prediction == "epsilon"
    marks = {"v_pred": torch.tensor([]), "ztsnr": torch.tensor([])}
    config = file_of(family, tmp_path / "marked", **marks)
    model = load_model("a", config, CPU)
    assert model.prediction == "v_prediction"
    assert NoiseLevels(plain.alphas_cumprod).sigma_max == pytest.approx(14.6146, abs=1e-3)
    assert NoiseLevels(model.alphas_cumprod).sigma_max == pytest.approx(4518.76, abs=0.1)
    told = config.model_copy(update={"prediction": "epsilon"})
    assert load_model("a", told, CPU).prediction == "epsilon"


@pytest.mark.parametrize(("bias", "prediction"), [(0.0, "epsilon"), (-3.0, "v_prediction")])
def test_a_file_of_stable_diffusion_2_is_asked(
    bias: float, prediction: str, tmp_path: Path
) -> None:
    # As the reference tells them apart: v is far below what is all the same at the last timestep.
    config = file_of("sd2", tmp_path, **{f"{UNET}out.2.bias": torch.full((4,), bias)})
    assert load_model("a", config, CPU).prediction == prediction
    told = config.model_copy(update={"prediction": "v"})
    assert load_model("a", told, CPU).prediction == "v_prediction"


def test_zero_terminal_snr_keeps_the_first_level_and_leaves_no_signal_in_the_last() -> None:
    plain = alphas_cumprod(SCHEDULER)
    stretched = alphas_cumprod(SCHEDULER | {"rescale_betas_zero_snr": True})
    assert torch.equal(stretched, with_zero_terminal_snr(plain))
    assert stretched[0] == pytest.approx(plain[0].item(), rel=1e-6)
    assert stretched[-1] == pytest.approx(4.8973451890853435e-08)
    assert (stretched.diff() < 0).all()
    assert math.isfinite(NoiseLevels(stretched).sigma_max)


def test_the_size_of_a_file_is_that_of_its_family(tmp_path: Path) -> None:
    for family, side in {"sd1": 512, "sd2": 768, "sdxl": 1024}.items():
        folder = tmp_path / family
        config = file_of(family, folder).model_copy(update={"configs": None})  # type: ignore[arg-type]
        assert config.located("a", tmp_path).native_size == side
        if family == "sd2":
            base = config.model_copy(update={"prediction": "epsilon"})
            assert base.located("a", tmp_path).native_size == 512
        assert config.model_copy(update={"size": 640}).located("a", tmp_path).native_size == 640
