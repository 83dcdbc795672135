"""Files that are posted: kept as one's own, refused in a sentence, and given away again."""

import asyncio
import io
from pathlib import Path

import pytest
import torch
from PIL import Image

from bot.commands import artifact_keeping
from bot.config import LimitsConfig
from bot.local_discord.newcomer import GUILD_ID
from bot.local_discord.person import File
from tests.bot.conversation.conftest import Town
from tests.bot.conversation.learning import READING, ask, learning
from tests.bot.learned_files import embedding_file

GOLDEN = Path(__file__).parents[2] / "golden" / "data"


@pytest.fixture
def town(town: Town) -> Town:
    return learning(town)


async def test_a_posted_file_is_kept_from_its_menu_under_the_name_that_one_gives_it(
    town: Town,
) -> None:
    async with town.bot():
        await town.you.wait_for_command("Keep this embedding")
        posted = await town.you.write(
            "look what I made",
            files=[File("My cat!.safetensors", embedding_file()), File("notes.txt", b"hello")],
        )
        opened = await town.you.menu("Keep this embedding", posted)
        form = await town.you.modal(opened)
        assert "My_cat" in str(form)
        sent = await town.you.submit(opened, {"name": "my-cat"})
        kept = await town.you.answer(sent, until=lambda it: it["content"], patience=READING)
        assert "Kept, for you alone" in kept["content"]
        assert "`a picture of my-cat`" in kept["content"]
        again = await town.you.menu("Keep this embedding", posted)
        await town.you.modal(again)
        sent = await town.you.submit(again, {"name": "MY-CAT"})
        said = await town.you.answer(sent, until=lambda it: it["content"], patience=READING)
        assert "You have something called `MY-CAT` already" in said["content"]
        nothing = await town.you.menu("Keep this embedding", await town.you.write("no file"))
        said = await town.you.answer(nothing, until=lambda it: it["content"])
        assert "There is nothing like that here" in said["content"]


async def test_what_a_ckpt_holds_is_kept_and_of_a_whole_model_it_is_said_who_can(
    town: Town,
) -> None:
    def pickled(values: object) -> File:
        content = io.BytesIO()
        torch.save(values, content)
        return File("Zuk.ckpt", content.getvalue())

    async with town.bot():
        vector = pickled({"string_to_param": {"*": torch.ones(1, 96)}})
        kept = await ask(town.you, "artifact import", file=vector)
        assert "`a picture of Zuk`" in kept["content"]
        whole = pickled({"state_dict": {"model.diffusion_model.out.2.bias": torch.ones(4)}})
        said = await ask(town.you, "artifact import", file=whole)
        assert "whoever runs this bot puts into its configuration" in said["content"]
        program = pickled({"string_to_param": {"*": torch.ones(1, 96)}, "more": Path("a")})
        said = await ask(town.you, "artifact import", file=program)
        assert "Save its numbers alone, as .safetensors." in said["content"]


@pytest.mark.slow
async def test_of_several_posted_files_one_is_chosen_and_a_card_shows_its_picture(
    town: Town,
) -> None:
    async with town.bot():
        await town.you.wait_for_command("Keep this embedding")
        await ask(town.you, "artifact import", file=File("a-1.safetensors", embedding_file()))
        exported = await ask(town.you, "artifact export", name="a-1", layout="card")
        [attached] = exported["attachments"]
        assert attached["filename"] == "a-1.png"
        card = await town.you.read(attached)
        posted = await town.you.write(
            "", files=[File("x.safetensors", embedding_file(first=2.0)), File("card.png", card)]
        )
        opened = await town.you.menu("Keep this embedding", posted)
        await town.you.modal(opened)
        sent = await town.you.submit(opened, {"picture": ["2"], "name": "from-card"})
        kept = await town.you.answer(sent, until=lambda it: it["content"], patience=READING)
        [preview] = kept["attachments"]
        assert Image.open(io.BytesIO(await town.you.read(preview))).size[0] > 100
        again = await ask(town.you, "artifact export", name="from-card", layout="safetensors")
        vector = (await town.you.read(again["attachments"][0]))[-96 * 4 :]
        assert vector == embedding_file()[-96 * 4 :]


async def test_what_cannot_be_kept_is_one_sentence(town: Town) -> None:
    good = embedding_file()
    async with town.bot():
        for file, name, said in (
            (File("a.safetensors", good[:50]), "cat", "truncated, damaged"),
            (File("ti.pt", (GOLDEN / "ti_webui.pt").read_bytes()), "cat", "fits no model"),
            (File("a.txt", b"hello"), "cat", "There is nothing like that here"),
            (File("a.safetensors", good), "a/b", "`a/b` cannot be a name"),
            (File("a.safetensors", good), "😀", "`😀` cannot be a name"),
            (File("a.safetensors", good), "a" * 300, "cannot be a name"),
        ):
            answer = await ask(town.you, "artifact import", file=file, name=name)
            assert said in answer["content"]
            assert answer["flags"] & 64
            assert answer["content"].count("\n") == 0
        listed = await ask(town.you, "artifact list")
        assert "nothing yet that you may use here" in listed["content"]


async def test_who_keeps_too_much_is_told_how_much_they_may(town: Town) -> None:
    limits = LimitsConfig(max_stored=0.0001)
    town.config = town.config.model_copy(update={"limits": limits})
    async with town.bot():
        file = File("a-1.safetensors", embedding_file())
        answer = await ask(town.you, "artifact import", file=file, name="cat")
        assert "may keep 0.0001 MB" in answer["content"]


async def test_a_file_that_is_larger_than_is_taken_is_refused_unread(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact_keeping, "MAX_SIZE", 2**20)
    async with town.bot():
        large = File("model.ckpt", b"a" * (2**20 + 1))
        said = await ask(town.you, "artifact import", file=large)
        assert "model.ckpt is too large: files of at most 1 MiB are taken." in said["content"]


async def take_at_most(town: Town, num_bytes: int) -> None:
    await town.director.set_attachment_limit(GUILD_ID, num_bytes)
    await town.director.set_persons_attachment_limit("you", num_bytes)


@pytest.mark.slow
async def test_a_file_that_discord_would_not_take_is_found_by_whoever_runs_the_bot(
    town: Town,
) -> None:
    async with town.bot():
        await ask(town.you, "artifact import", file=File("a-1.safetensors", embedding_file()))
        await take_at_most(town, 100)
        answer = await ask(town.you, "artifact export", name="a-1")
        await take_at_most(town, 10 * 2**20)
        place = answer["content"].rpartition("as `")[2].partition("`")[0]
        assert (town.config.storage.artifacts / place).read_bytes() == embedding_file()
        assert str(town.config.folder) not in answer["content"]


async def test_what_is_deleted_is_gone_once_that_is_confirmed(town: Town) -> None:
    async with town.bot():
        await ask(town.you, "artifact import", file=File("a-1.safetensors", embedding_file()))
        asked = await ask(town.you, "artifact delete", name="a-1")
        assert "Delete **a-1** for good?" in asked["content"]
        pressed = await town.you.press(asked, "Delete it")
        await town.you.answer(pressed, until=lambda it: "is deleted" in it["content"])
        assert "nothing yet" in (await ask(town.you, "artifact list"))["content"]
        assert not [*town.config.storage.artifacts.glob("*/*")]


def readers() -> int:
    """Processes of ours that read a file now."""
    own = Path("/proc/self/task").glob("*/children")
    children = {child for path in own for child in path.read_text("ascii").split()}
    commands = (Path("/proc", child, "cmdline") for child in children)
    return sum(b"pipeline.adapters" in path.read_bytes() for path in commands if path.exists())


@pytest.mark.slow
async def test_files_that_come_together_are_read_one_by_one(town: Town) -> None:
    async with town.bot():
        names = [f"file-{number}" for number in range(3)]
        asked = asyncio.gather(
            *(
                ask(town.you, "artifact import", file=File(f"{it}.safetensors", embedding_file()))
                for it in names
            )
        )
        seen = set()
        while not asked.done():
            seen.add(readers())
            await asyncio.sleep(0.05)
        assert all("Kept, for you alone" in said["content"] for said in await asked)
        assert seen == {0, 1}
