"""The newcomer's one command: everything comes up at one address, and ends with Ctrl-C."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from bot.local_discord.person import Person
from tests.end_to_end.conftest import START_TIME
from tests.local_discord_process import ROOT


async def test_the_demo_draws_a_picture_at_the_address_it_prints(tmp_path: Path) -> None:
    demo = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.demo", "--data", str(tmp_path)),
        cwd=ROOT,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )
    assert demo.stdout
    try:
        async with asyncio.timeout(START_TIME):
            said = (await demo.stdout.readline()).decode()
        [url] = re.findall(r"http://[\w.:]+", said)
        async with Person.at(url) as you:
            sent = await you.slash("imagine", prompt="a red circle")
            answer = await you.answer(
                sent, until=lambda it: "Seed" in it["content"], patience=START_TIME
            )
            assert (await you.read(answer["attachments"][0])).startswith(b"\x89PNG")
        # As a terminal's Ctrl-C does it: to all of its processes at once.
        os.killpg(demo.pid, signal.SIGINT)
        async with asyncio.timeout(20):
            more_said, complaints = await demo.communicate()
        assert (demo.returncode, more_said) == (0, b"")
        assert "Traceback" not in complaints.decode()
    finally:
        if demo.returncode is None:
            os.killpg(demo.pid, signal.SIGKILL)
            await demo.wait()
