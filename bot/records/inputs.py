"""The pictures that a job begins from, as the records name them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Hashes of stored picture files; None where there is no such picture."""

    init_hash: str | None = None
    mask_hash: str | None = None


NO_INPUTS = Inputs()
