"""A local Discord in a process of its own, for tests that share one.

Everything is checked against Discord's OpenAPI description where that is at hand: at
DISCORD_OPENAPI, or in ../shared beside the repository; and every gateway frame against npm's
types, once tests/gateway_types.py has made a schema of them.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.gateway_types import cached_schema

TOKEN = "a.b.c"
ROOT = Path(__file__).parents[1]


@contextmanager
def local_discord() -> Iterator[str]:
    """The URL of a local Discord that takes `TOKEN`."""
    command = [sys.executable, "-m", "bot.local_discord", "--port", "0", "--token", TOKEN]
    openapi = Path(
        os.environ.get("DISCORD_OPENAPI", ROOT.parent / "shared" / "discord-openapi.json")
    )
    if openapi.exists():
        command += ["--openapi", str(openapi)]
    if frames := cached_schema():
        command += ["--frames", str(frames)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.terminate()
