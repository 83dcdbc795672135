"""A newcomer at the demo's page: types a prompt, waits, and sees the pictures."""

import asyncio
import os
import re
import shutil
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from tests.local_discord_process import ROOT

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 300.0  # seconds; on a busy machine the model is long in coming


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """The newcomer's one command, as a process; gives the address that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.demo", "--data", str(folder)),
        cwd=ROOT,
        stdout=PIPE,
        start_new_session=True,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(PATIENCE):
            said = (await process.stdout.readline()).decode()
        [url] = re.findall(r"http://[\w.:]+", said)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGINT)
        await process.wait()


@asynccontextmanager
async def open_page(url: str) -> AsyncIterator[Page]:
    """The page in Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1100, "height": 760})
        await page.goto(url)
        await page.wait_for_selector("html[data-ready]")
        yield page
        await browser.close()


async def imagine(page: Page, prompt: str, **options: str) -> None:
    """Type `/imagine`, fill in its options, press Enter, and wait for the pictures."""
    before = await page.get_by_test_id("picture").count()
    await page.get_by_test_id("entry").press_sequentially("/imagine")
    await expect(page.get_by_test_id("command-picker")).to_contain_text("imagine")
    await page.keyboard.press("Enter")
    await page.get_by_test_id("option-prompt").fill(prompt)
    for name, value in options.items():
        await page.get_by_test_id(f"add-{name}").click()
        await page.get_by_test_id(f"option-{name}").fill(value)
    await page.get_by_test_id("send-command").click()
    pictures = page.get_by_test_id("picture")
    await expect(page.get_by_role("button", name="Again").last).to_be_visible(
        timeout=PATIENCE * 1000
    )
    await expect(pictures).to_have_count(
        before + int(options.get("count", "1")), timeout=PATIENCE * 1000
    )
