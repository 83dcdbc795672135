"""The gateway as a strict client meets it."""

import asyncio
import json
import time
import zlib

import aiohttp
import pytest
import zstandard

from bot.local_discord.director import Director
from bot.local_discord.gateway import protocol
from bot.local_discord.gateway.sessions import RESUME_WINDOW
from bot.local_discord.newcomer import APPLICATION_ID, CHANNEL_ID, CIRCLE_ID, GUILD_ID
from bot.local_discord.wire import Json
from tests.bot.local_discord.conftest import MESSAGES, TOKEN, Line

MESSAGE_CONTENT = 1 << 15


async def test_a_client_is_greeted_with_ready_and_its_servers(line: Line) -> None:
    async with line.gateway() as gateway:
        ready = (await gateway.identify())["d"]
        guild = (await gateway.until("GUILD_CREATE"))["d"]
    assert ready["user"]["id"] == ready["application"]["id"] == APPLICATION_ID
    assert ready["guilds"] == [{"id": one, "unavailable": True} for one in (GUILD_ID, CIRCLE_ID)]
    assert ready["resume_gateway_url"].startswith("ws://127.0.0.1")
    assert guild["id"] == GUILD_ID
    assert CHANNEL_ID in [channel["id"] for channel in guild["channels"]]
    assert [member["user"]["id"] for member in guild["members"]] == [APPLICATION_ID]


async def test_a_heartbeat_is_acknowledged_no_sooner_than_over_a_wire(line: Line) -> None:
    async with line.gateway() as gateway:
        assert (await gateway.receive())["d"]["heartbeat_interval"] > 1000
        sent_at = time.monotonic()
        await gateway.send(1, None)
        assert (await gateway.receive())["op"] == 11
        assert time.monotonic() - sent_at > 0.9 * protocol.ACK_DELAY


async def test_a_client_that_asks_for_it_gets_its_longer_messages_compressed_one_by_one(
    line: Line,
) -> None:
    async with line.gateway() as gateway:
        await gateway.receive()
        said = {"token": TOKEN, "intents": 1, "properties": {}, "compress": True}
        await gateway.send(2, said)
        ready = json.loads(await gateway.socket.receive_str())["d"]  # it is short
        texts = [zlib.decompress(await gateway.socket.receive_bytes()) for _ in range(2)]
        await gateway.send(1, None)
        assert json.loads(await gateway.socket.receive_str())["op"] == 11
        assert [json.loads(text)["t"] for text in texts] == ["GUILD_CREATE", "GUILD_CREATE"]
        line.discord.sessions.connected()[0].connection.break_off()  # type: ignore[union-attr]
    async with line.gateway() as gateway:
        await gateway.receive()
        resume = {"token": TOKEN, "session_id": ready["session_id"], "seq": 2}
        await gateway.send(6, resume)
        missed = json.loads(zlib.decompress(await gateway.socket.receive_bytes()))
        assert (missed["t"], missed["s"]) == ("GUILD_CREATE", 3)
        assert json.loads(await gateway.socket.receive_str())["t"] == "RESUMED"


async def test_a_compressed_connection_is_not_compressed_twice(line: Line) -> None:
    async with line.gateway("v=10&encoding=json&compress=zlib-stream") as gateway:
        assert (await gateway.greeted(compress=True))["d"]["v"] == 10


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"op": 2, "d": {"token": "wrong", "intents": 1, "properties": {}}}, 4004),
        ({"op": 2, "d": {"token": TOKEN, "intents": 1 << 30, "properties": {}}}, 4013),
        ({"op": 2, "d": {"token": TOKEN, "intents": MESSAGE_CONTENT, "properties": {}}}, 4014),
        ({"op": 2, "d": {"token": TOKEN, "properties": {}}}, 4002),
        ({"op": 2, "d": {"token": TOKEN, "intents": 1, "properties": {}, "shard": [2, 2]}}, 4010),
        ({"op": 6, "d": {"token": "wrong", "session_id": "x", "seq": 1}}, 4004),
        ({"op": 3, "d": {}}, 4003),
        ({"op": 99, "d": {}}, 4001),
        ("not json", 4002),
        ({"op": 1, "d": "x" * 5000}, 4002),
    ],
)
async def test_who_breaks_the_protocol_is_shown_out_with_the_code_for_it(
    line: Line, said: object, code: int
) -> None:
    async with line.gateway() as gateway:
        await gateway.receive()
        await gateway.socket.send_str(said if isinstance(said, str) else json.dumps(said))
        assert await gateway.close_code() == code


async def test_nobody_identifies_twice(line: Line) -> None:
    async with line.gateway() as gateway:
        await gateway.identify()
        await gateway.send(2, {"token": TOKEN, "intents": 1, "properties": {}})
        assert await gateway.close_code() == 4005


async def test_the_hundred_and_twenty_first_message_in_a_minute_is_too_many(line: Line) -> None:
    async with line.gateway() as gateway:
        for _ in range(121):
            await gateway.send(1, None)
        assert await gateway.close_code() == 4008


@pytest.mark.parametrize(
    ("query", "code"),
    [("v=9&encoding=json", 4012), ("v=10&encoding=etf", 4002), ("v=10&compress=lzma", 4002)],
)
async def test_what_is_not_spoken_here_is_refused_at_the_door(
    line: Line, query: str, code: int
) -> None:
    async with line.gateway(query) as gateway:
        assert await gateway.close_code() == code


async def test_zlib_stream_is_one_context_for_the_whole_connection(line: Line) -> None:
    async with line.gateway("v=10&encoding=json&compress=zlib-stream") as gateway:
        await gateway.identify()
        assert (await gateway.until("GUILD_CREATE"))["d"]["id"] == GUILD_ID


async def test_zstd_stream_is_one_frame_that_never_ends(line: Line) -> None:
    context = zstandard.ZstdDecompressor().decompressobj()
    async with line.gateway("v=10&encoding=json&compress=zstd-stream") as gateway:
        hello = json.loads(context.decompress((await gateway.socket.receive()).data))
        assert hello["op"] == 10
        await gateway.send(1, None)
        assert json.loads(context.decompress((await gateway.socket.receive()).data))["op"] == 11


async def test_a_resumed_session_hears_what_it_missed_in_order(line: Line) -> None:
    async with line.gateway() as gateway:
        greeted = await gateway.greeted()
        session_id, seq = greeted["d"]["session_id"], greeted["s"]
        connection = line.discord.sessions.by_id[session_id].connection
        assert connection
        connection.break_off()
        await gateway.close_code()
    for text in ("one", "two"):
        await line.call("POST", MESSAGES, {"content": text})
    async with line.gateway() as gateway:
        await gateway.receive()
        await gateway.send(6, {"token": TOKEN, "session_id": session_id, "seq": seq})
        missed = [await gateway.receive() for _ in range(3)]
    assert [frame["t"] for frame in missed] == ["MESSAGE_CREATE", "MESSAGE_CREATE", "RESUMED"]
    assert [frame["d"]["content"] for frame in missed[:2]] == ["one", "two"]
    assert [frame["s"] for frame in missed] == [seq + 1, seq + 2, seq + 3]
    assert isinstance(missed[2]["d"], dict)


async def test_a_session_that_is_gone_cannot_be_resumed(line: Line) -> None:
    async with line.gateway() as gateway:
        session_id = (await gateway.identify())["d"]["session_id"]
        await gateway.socket.close(code=4000)
    await asyncio.sleep(0.05)
    line.discord.clock.advance(RESUME_WINDOW + 1)
    async with line.gateway() as gateway:
        await gateway.receive()
        await gateway.send(6, {"token": TOKEN, "session_id": session_id, "seq": 1})
        assert await gateway.receive() == {"t": None, "s": None, "op": 9, "d": False}
        await gateway.send(2, {"token": TOKEN, "intents": 1, "properties": {}})
        assert (await gateway.until("READY"))["s"] == 1


async def test_a_client_that_says_goodbye_gives_its_session_up(line: Line) -> None:
    async with line.gateway() as gateway:
        await gateway.identify()
        await gateway.socket.close(code=1000)
    await asyncio.sleep(0.05)
    assert line.discord.sessions.by_id == {}


async def test_a_seq_from_the_future_is_refused(line: Line) -> None:
    async with line.gateway() as gateway:
        session_id = (await gateway.identify())["d"]["session_id"]
        async with line.gateway() as other:
            await other.receive()
            await other.send(6, {"token": TOKEN, "session_id": session_id, "seq": 999})
            assert await other.close_code() == 4007


async def test_each_shard_hears_of_its_own_servers_only(line: Line) -> None:
    home = (int(GUILD_ID) >> 22) % 2
    async with line.gateway() as gateway, line.gateway() as other:
        ready = await gateway.identify(shard=[home, 2])
        assert ready["d"]["shard"] == [home, 2]
        assert [guild["id"] for guild in ready["d"]["guilds"]] == [GUILD_ID]
        others = await other.identify(shard=[1 - home, 2])
        assert [guild["id"] for guild in others["d"]["guilds"]] == [CIRCLE_ID]


async def test_who_stops_beating_is_let_go_and_may_come_back(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEARTBEAT_INTERVAL", 0.2)
    async with line.gateway() as gateway:
        ready = await gateway.greeted()
        for _ in range(4):
            await asyncio.sleep(0.12)
            await gateway.send(1, ready["s"])
            assert (await gateway.receive())["op"] == 11
        assert await gateway.close_code() == 4009
    await resume(line, ready)


async def resume(line: Line, ready: Json) -> None:
    """The session goes on over another connection."""
    async with line.gateway() as gateway:
        await gateway.receive()
        session_id = ready["d"]["session_id"]
        await gateway.send(6, {"token": TOKEN, "session_id": session_id, "seq": ready["s"]})
        assert (await gateway.receive())["t"] == "RESUMED"


async def test_a_client_is_told_to_reconnect_or_to_beat_or_that_its_session_is_over(
    line: Line,
) -> None:
    async with Director.at(line.url) as director:
        async with line.gateway() as gateway:
            ready = await gateway.greeted()
            await director.ask_for_heartbeat()
            assert (await gateway.receive())["op"] == 1
            await director.ask_to_reconnect()
            assert (await gateway.receive())["op"] == 7
            await director.invalidate_sessions(is_resumable=True)
            assert await gateway.receive() == {"t": None, "s": None, "op": 9, "d": True}
            await gateway.socket.close(code=4000)
        await resume(line, ready)


async def test_too_few_shards_for_so_many_servers_are_refused(line: Line) -> None:
    async with Director.at(line.url) as director, line.gateway() as gateway:
        await director.limit_starts(num_shards=2)
        assert (await line.call("GET", "/gateway/bot")).body["shards"] == 2
        await gateway.receive()
        await gateway.send(2, {"token": TOKEN, "intents": 1, "properties": {}})
        assert await gateway.close_code() == 4011


async def test_sessions_of_one_bucket_begin_one_after_the_other(line: Line) -> None:
    identify: Json = {"token": TOKEN, "intents": 1, "properties": {}}
    async with Director.at(line.url) as director:
        await director.limit_starts(pause=5, max_concurrency=2)
        async with line.gateway() as first, line.gateway() as other, line.gateway() as same:
            await first.identify(shard=[0, 4])
            await other.identify(shard=[1, 4])
            await same.receive()
            await same.send(2, identify | {"shard": [2, 4]})
            assert (await same.receive())["op"] == 9
            await director.advance(5)
            await same.send(2, identify | {"shard": [2, 4]})
            assert (await same.receive())["t"] == "READY"
    limit = (await line.call("GET", "/gateway/bot")).body["session_start_limit"]
    assert (limit["remaining"], limit["max_concurrency"]) == (997, 2)


async def test_who_begins_too_many_sessions_a_day_loses_them_all(line: Line) -> None:
    async with Director.at(line.url) as director, line.gateway() as gateway:
        await director.limit_starts(num_a_day=1)
        await gateway.greeted()
        async with line.gateway() as another:
            await another.receive()
            await another.send(2, {"token": TOKEN, "intents": 1, "properties": {}})
            assert await another.close_code() == 4004
        assert await gateway.close_code() == 4004
        await director.advance(24 * 3600)
    assert (await line.call("GET", "/gateway/bot")).body["session_start_limit"]["remaining"] == 1


async def test_a_lost_client_is_no_trouble_to_a_stopping_server(line: Line) -> None:
    socket = await line.session.ws_connect(f"{line.url}/gateway/?v=10")
    assert (await socket.receive()).type is aiohttp.WSMsgType.TEXT
    await socket.close()
