"""The newcomer's one command: everything comes up at one address, and ends with Ctrl-C."""

import asyncio
import re
import signal
import sys
from pathlib import Path

from bot.local_discord.person import Person
from tests.end_to_end.conftest import START_TIME
from tests.local_discord_process import ROOT


async def test_the_demo_draws_a_picture_at_the_address_it_prints(tmp_path: Path) -> None:
    demo = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.demo", "--data", str(tmp_path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
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
        demo.send_signal(signal.SIGINT)
        async with asyncio.timeout(20):
            assert await demo.wait() == 0
        assert (await demo.stdout.read()) == b""
    finally:
        if demo.returncode is None:
            demo.kill()
            await demo.wait()
