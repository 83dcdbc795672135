import pytest
import torch

from pipeline.engine.device import open_device
from pipeline.errors import ConfigError


def test_a_device_is_found_by_its_name() -> None:
    assert open_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda:99", "potato", "", "cpu:x"])
def test_a_device_that_is_not_there_gets_a_sentence_that_names_those_that_are(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"`{name}` cannot be used here .*\. This .* has: cpu"):
        open_device(name)
