"""Options and fixtures that every test may use."""

from pathlib import Path

import pytest

GOLDEN_DATA = Path(__file__).parent / "golden" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--golden-dir",
        type=Path,
        default=GOLDEN_DATA,
        help="folder of the reference programs' numbers that tests/golden compares with",
    )
