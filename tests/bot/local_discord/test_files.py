"""The file server: signed addresses that expire, and nothing handed to a browser to run."""

import time

import aiohttp
import pytest

from bot.local_discord.cdn import safe_filename
from bot.local_discord.director import Director
from bot.local_discord.world import RETIREMENT
from tests.bot.local_discord.conftest import MESSAGES, Line
from tests.bot.local_discord.test_messages import png


async def url_of(line: Line, name: str = "a.png", data: bytes | None = None) -> str:
    sent = await line.call("POST", MESSAGES, {}, files={name: data or png()})
    return str(sent.body["attachments"][0]["url"])


async def status_of(line: Line, url: str) -> int:
    async with line.session.get(url) as response:
        return response.status


async def test_a_file_is_served_as_what_it_is(line: Line) -> None:
    async with line.session.get(await url_of(line)) as response:
        assert await response.read() == png()
        assert response.headers["Content-Type"] == "image/png"


async def test_an_address_dies_after_a_day_and_a_fresh_one_can_be_had(line: Line) -> None:
    url = await url_of(line)
    line.discord.clock.advance(24 * 3600 - 10)
    assert await status_of(line, url) == 200
    line.discord.clock.advance(20)
    assert await status_of(line, url) == 404
    fresh = (await line.call("GET", MESSAGES)).body[0]["attachments"][0]["url"]
    assert await status_of(line, fresh) == 200


@pytest.mark.parametrize("part", ["ex", "is", "hm"])
async def test_an_address_cannot_be_mended(line: Line, part: str) -> None:
    url = await url_of(line)
    assert await status_of(line, url.replace(f"{part}=", f"{part}=f")) == 404
    assert await status_of(line, url.replace(f"{part}=", "x=")) == 404
    assert await status_of(line, url.partition("?")[0]) == 404


async def test_a_deleted_message_takes_its_files_along_a_moment_later(line: Line) -> None:
    url = await url_of(line)
    [message] = (await line.call("GET", MESSAGES)).body
    await line.call("DELETE", f"{MESSAGES}/{message['id']}")
    assert await status_of(line, url) == 200
    line.discord.clock.advance(RETIREMENT + 1)
    assert await status_of(line, url) == 404
    assert line.discord.world.attachments == {}


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.bin"])
async def test_what_a_browser_could_run_is_a_download(line: Line, name: str) -> None:
    async with line.session.get(await url_of(line, name, b"<svg onload=alert(1)>")) as response:
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n broken", b"", b"GIF89a"])
async def test_a_broken_picture_is_a_file_without_a_size(line: Line, data: bytes) -> None:
    sent = await line.call("POST", MESSAGES, {"content": "x"}, files={"a.png": data})
    [file] = sent.body["attachments"]
    assert "width" not in file
    assert file["size"] == len(data)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("my picture.png", "my_picture.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\pictures\\a.png", "a.png"),
        ("絵.png", "png"),
        (".hidden", "hidden"),
        ("...", "unknown"),
        ('a"b<c>.png', "abc.png"),
    ],
)
def test_file_names_are_made_harmless(given: str, stored: str) -> None:
    assert safe_filename(given) == stored


async def test_old_addresses_are_signed_anew_on_request(line: Line) -> None:
    url = await url_of(line)
    line.discord.clock.advance(25 * 3600)
    body = {"attachment_urls": [url, "https://example.com/a.png"]}
    answer = (await line.call("POST", "/attachments/refresh-urls", body)).body
    mine, foreign = answer["refreshed_urls"]
    assert mine["original"] == url
    assert await status_of(line, mine["refreshed"]) == 200
    assert foreign["refreshed"] == "https://example.com/a.png"


async def test_a_file_may_arrive_by_half_or_late_or_not_at_all(line: Line) -> None:
    url = await url_of(line, "a.bin", bytes(1000))
    async with Director.at(line.url) as director:
        await director.truncate_files()
        with pytest.raises(aiohttp.ClientPayloadError):
            async with line.session.get(url) as response:
                await response.read()
        await director.fail(503, "/cdn/")
        assert await status_of(line, url) == 503
        await director.slow_files(0.08)
        started = time.monotonic()
        async with line.session.get(url) as response:
            assert len(await response.read()) == 1000
        assert time.monotonic() - started >= 0.08
    assert await status_of(line, url) == 200


async def test_a_fault_of_requests_does_not_strike_files(line: Line) -> None:
    url = await url_of(line)
    async with Director.at(line.url) as director:
        await director.fail(502)
        assert await status_of(line, url) == 200
        assert (await line.call("GET", "/users/@me")).status == 502
