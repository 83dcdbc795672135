"""How long a newcomer waits: from starting the demo to the first picture in the chat.

python -m tests.end_to_end.first_picture
"""

import asyncio
import os
import re
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE

from rich.console import Console

from bot.local_discord.person import Person
from pipeline.bench.machine import describe_machine
from tests.local_discord_process import ROOT

PATIENCE = 300.0  # seconds


async def measure(folder: str) -> tuple[float, float]:
    """Seconds until the page's address is printed, and until the first picture is there."""
    begun = time.perf_counter()
    demo = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.demo", "--data", folder),
        cwd=ROOT,
        stdout=PIPE,
        start_new_session=True,
    )
    assert demo.stdout
    try:
        [url] = re.findall(r"http://[\w.:]+", (await demo.stdout.readline()).decode())
        ready = time.perf_counter() - begun
        async with Person.at(url) as you:
            sent = await you.slash("imagine", prompt="a large red circle")
            await you.answer(sent, until=lambda it: "Seed" in it["content"], patience=PATIENCE)
        return ready, time.perf_counter() - begun
    finally:
        os.killpg(demo.pid, signal.SIGINT)
        await demo.wait()


def main() -> None:
    """Measure three times and print each."""
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            ready, picture = asyncio.run(measure(folder))
        console.print(f"address after {ready:.1f} s, first picture after {picture:.1f} s")


if __name__ == "__main__":
    main()
