import asyncio
import os
import pickle
import socket
from pathlib import Path

import pytest

from pipeline import GenerationRequest, InvalidRequest, UnknownModel, UsedArtifact
from pipeline.results import (
    Artifact,
    Failed,
    Finished,
    FurnaceReport,
    GeneratedImage,
    GenerationProgress,
    LossPlot,
    SamplePictures,
    TrainingNote,
    TrainingProgress,
)
from pipeline.workers import frames
from pipeline.workers.worker import CannotStart, Ready, TurnBegun
from tests.pipeline.asking import teach
from tests.pipeline.workers.sleepy import sleepy_config

USED = UsedArtifact(kind="lora", name="anna/nap", path="/artifacts/0123.safetensors")
REQUEST = GenerationRequest(
    prompt="a nap 😴", seeds=(1, 2), sampler="DPM++ 2M Karras", artifacts=(USED,)
)


@pytest.mark.parametrize(
    "value",
    [
        frames.Start(sleepy_config(Path("/models"), nice=3), "cuda:1"),
        frames.Begin(REQUEST),
        frames.Begin(teach(method="lora", samples=(REQUEST,))),
        frames.Ask("one", "finish"),
        frames.Drop("one"),
        Ready("cpu", 8),
        TurnBegun("decode"),
        GenerationProgress("one", 3, 20, b"preview"),
        GeneratedImage("one", 0, 7, 64, 64, bytes(3_000_000), "a nap"),
        Finished("one"),
        TrainingProgress("one", 3, 20, 0.5, 0.1),
        TrainingNote("one", "Going on after step 3."),
        Artifact("one", "loras", Path("/runs/one/grau.pt"), 20, is_final=True),
        FurnaceReport("one", 3, "good", "It learns.", 0.1, None, 1.0, None, is_best=True),
        SamplePictures("one", 3, (b"first", b"second")),
        LossPlot("one", 3, b"plot"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_a_value_crosses_the_socket_unchanged(value: object) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.write(frames.pack(value))
        there = await asyncio.to_thread(frames.receive, theirs)
        back = asyncio.create_task(asyncio.to_thread(theirs.sendall, frames.pack(there)))
        assert await frames.receive_from(reader) == value
        await back
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "message", [Failed("one", UnknownModel("demmo", ["demo"])), CannotStart(InvalidRequest())]
)
def test_an_error_crosses_with_its_sentence(message: Failed | CannotStart) -> None:
    there = frames.unpack(frames.pack(message)[frames.LENGTH.size :])
    assert (type(there.error), str(there.error)) == (type(message.error), str(message.error))


@pytest.mark.parametrize("value", [os.getcwd, asyncio.Event, Path.home])
def test_a_frame_names_nothing_but_our_plain_values(value: object) -> None:
    with pytest.raises(pickle.UnpicklingError, match="may not name"):
        frames.unpack(pickle.dumps(value))


def test_the_end_of_the_socket_ends_the_reading_even_within_a_frame() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(frames.pack(REQUEST)[:-1])
        with pytest.raises(EOFError):
            frames.receive(ours)
