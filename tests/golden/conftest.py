"""Numbers that the reference programs computed, from the folder that `--golden-dir` names.

A module here says with a function `cases` which entries of a file our code can answer today. More
are collected by themselves as more samplers and schedules appear in the catalogue.
"""

from pathlib import Path

import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        cases = metafunc.module.cases(metafunc.config.getoption("--golden-dir"))
        metafunc.parametrize("case", cases.values(), ids=cases.keys())


@pytest.fixture(scope="session")
def golden_dir(request: pytest.FixtureRequest) -> Path:
    return Path(request.config.getoption("--golden-dir"))
