"""Which models a device keeps, where not all have room."""

import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

from pipeline.adapters.shelf import Shelf
from pipeline.errors import OutOfMemory
from pipeline.model_config import ModelConfig
from pipeline.models.cache import ModelCache
from tests.conftest import WEIGHTS


def test_what_had_no_room_beside_a_training_has_it_again_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = ModelConfig(path=WEIGHTS)
    models = ModelCache(
        {"one": config, "other": config}, torch.device("cpu"), Shelf(None), room=1e9
    )
    models.set_aside = 0.9e9

    def without_memory(*_: object) -> None:
        raise torch.OutOfMemoryError

    with monkeypatch.context() as patch:
        patch.setattr(UNet2DConditionModel, "to", without_memory)
        with pytest.raises(OutOfMemory, match="beside the training there: try again once that has"):
            models.get("one")
    assert not models.fits("one", {"other"})
    models.set_aside = 0.0
    assert models.fits("one", {"other"})
