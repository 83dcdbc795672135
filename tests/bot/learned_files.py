"""Files of things that somebody learned, small and real, without torch."""

import json
import struct


def embedding_file(width: int = 96, first: float = 1.0) -> bytes:
    """One vector, as a .safetensors that many programs write; 96 is the demo model's width."""
    numbers = struct.pack(f"<{width}f", first, *[0.0] * (width - 1))
    tensor = {"dtype": "F32", "shape": [1, width], "data_offsets": [0, len(numbers)]}
    header = json.dumps({"emb_params": tensor}).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + numbers
