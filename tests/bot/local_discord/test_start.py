"""`python -m bot.local_discord` as a newcomer starts it."""

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process

import aiohttp

from bot.local_discord.launch import launched
from tests.conftest import ROOT


async def start(*options: str) -> Process:
    command = [sys.executable, "-m", "bot.local_discord", *options]
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=PIPE)


async def test_its_first_line_is_its_address_and_ctrl_c_ends_it() -> None:
    process = await start("--port", "0")
    assert process.stdout
    async with asyncio.timeout(20):
        url = (await process.stdout.readline()).decode().strip()
        assert url.startswith("http://127.0.0.1:")
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            assert "Content-Security-Policy" in response.headers
            assert "<title>" in await response.text()
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")


async def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = await start("--port", str(port))
        async with asyncio.timeout(20):
            said, errors = await process.communicate()
    assert (process.returncode, said) == (1, b"")
    assert errors.decode().count("\n") == 1
    assert f"127.0.0.1:{port}" in errors.decode()
    assert "--port" in errors.decode()


async def test_a_bot_may_bring_any_token() -> None:
    async with launched(token="a.b.c") as place, aiohttp.ClientSession() as session:
        headers = {"Authorization": "Bot a.b.c"}
        async with session.get(f"{place.rest_url}/users/@me", headers=headers) as response:
            assert response.status == 200
