"""What a safetensors file says about itself before its tensors begin. Torch-free."""

import json
from collections.abc import Mapping
from typing import Any


def metadata_of(header: bytes) -> Mapping[str, Any]:
    """What stands in a safetensors header about the file itself; empty where it is damaged."""
    try:
        metadata = json.loads(header).get("__metadata__")
    except (ValueError, AttributeError, RecursionError):
        return {}
    return metadata if isinstance(metadata, dict) else {}
