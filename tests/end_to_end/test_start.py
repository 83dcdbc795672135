"""A bot that cannot start says why in one sentence, and ends."""

import resource
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.local_discord.director import Director
from bot.local_discord.person import Person
from tests.conftest import WEIGHTS
from tests.end_to_end.conftest import START_TIME, Bot
from tests.local_discord_process import ROOT


@pytest.fixture
def bot(discord_url: str, tmp_path: Path) -> Bot:
    return Bot(tmp_path, discord_url, WEIGHTS)


def last_words(bot: Bot) -> str:
    """What the bot says in the end, which is neither a log line nor a traceback."""
    process = bot.start()
    assert process.wait(timeout=START_TIME) == 1
    assert "Traceback" not in bot.log
    return bot.log.splitlines()[-1]


def change(bot: Bot, old: str, new: str) -> None:
    text = bot.config.read_text()
    assert old in text
    bot.config.write_text(text.replace(old, new))


def test_no_token(bot: Bot) -> None:
    assert bot.start(DISCORD_TOKEN="").wait(timeout=START_TIME) == 1
    assert "set the environment variable DISCORD_TOKEN" in bot.log
    assert len(bot.log.splitlines()) == 1


def test_a_wrong_token(bot: Bot) -> None:
    assert bot.start(DISCORD_TOKEN="x.y.z").wait(timeout=START_TIME) == 1
    assert "does not accept the token" in bot.log.splitlines()[-1]
    assert "Traceback" not in bot.log


def test_nobody_at_the_address(bot: Bot, discord_url: str) -> None:
    change(bot, discord_url, "http://127.0.0.1:9")
    assert "cannot be reached at http://127.0.0.1:9" in last_words(bot)


def test_a_misspelt_setting(bot: Bot) -> None:
    change(bot, "max_waiting", "max_wating")
    assert "max_wating" in last_words(bot)


def test_a_missing_checkpoint(bot: Bot) -> None:
    change(bot, str(WEIGHTS), "nowhere")
    assert "nowhere` is not a Stable Diffusion folder" in last_words(bot)


def test_a_database_that_nobody_answers(bot: Bot) -> None:
    change(bot, "[limits]", '[database]\nurl = "postgresql://a:b@127.0.0.1:9/athanor"\n[limits]')
    assert "cannot be used" in last_words(bot)


def test_a_full_disk(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of this process may grow over 16 kB, its log included."""
    (bot.folder / "bot.log").touch()
    process = subprocess.run(
        [sys.executable, "-m", "bot", "--config", str(bot.config)],
        cwd=ROOT,
        env={"DISCORD_TOKEN": "a.b.c", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=START_TIME,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (16_000, 16_000)),
    )
    assert process.returncode == 1
    assert "cannot be used" in process.stderr.splitlines()[-1]
    assert "Traceback" not in process.stderr


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = subprocess.run(
            [sys.executable, "-m", "bot.demo", "--port", str(taken.getsockname()[1])],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=START_TIME,
            check=False,
        )
    assert process.returncode == 1
    assert "choose another with --port" in process.stderr
    assert len(process.stderr.splitlines()) == 1


async def test_a_truncated_checkpoint_is_said_to_whoever_asks(
    bot: Bot, you: Person, director: Director
) -> None:
    shutil.copytree(WEIGHTS, bot.folder / "weights")
    unet = bot.folder / "weights" / "unet" / "diffusion_pytorch_model.safetensors"
    unet.write_bytes(unet.read_bytes()[:5000])
    change(bot, str(WEIGHTS), str(bot.folder / "weights"))
    bot.start()
    try:
        await director.wait_until_online(patience=START_TIME)
        await you.wait_for_command("imagine")
        sent = await you.slash("imagine", prompt="a red circle")
        answer = await you.answer(
            sent, until=lambda it: "cannot be loaded" in it["content"], patience=START_TIME
        )
        assert "\n" not in answer["content"]
        assert str(bot.folder) not in answer["content"]
    finally:
        bot.end()
