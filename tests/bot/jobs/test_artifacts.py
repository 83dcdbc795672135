"""What people trained: kept for their owners, and found for whoever may use it, where they may."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import pipeline
from bot.config import LimitsConfig, RoleLimits
from bot.errors import Refusal, sentence
from bot.intake.models import ModelList
from bot.jobs.artifact_resolving import Clash
from bot.jobs.artifacts import Artifacts
from bot.jobs.queue import Queue
from bot.jobs.sharing import Sharing
from bot.locales import Texts
from bot.records.artifact_files import ArtifactFiles
from bot.records.database import Database
from bot.records.files import PictureFiles
from bot.records.models import StoredArtifact
from bot.records.origin import Origin
from pipeline import GenerationRequest, ModelConfig, PipelineConfig
from tests.bot.records.past import ADA, BEN, WORKSHOP

DEMO = Path(pipeline.__file__).parent / "models/demo/weights"
CAFE = 8  # another server
Make = Callable[..., Any]


@pytest.fixture
def artifacts(database: Database, files: PictureFiles, tmp_path: Path) -> Artifacts:
    (tmp_path / "adapters" / "embeddings").mkdir(parents=True)
    (tmp_path / "adapters" / "embeddings" / "easy-negative.pt").write_bytes(b"")
    models = {"sd": ModelConfig(path=DEMO)}
    config = PipelineConfig(models=models, adapters=str(tmp_path / "adapters"))
    limits = LimitsConfig(max_stored=0.001, roles={"Smith": RoleLimits(max_stored=1)})
    kept = ArtifactFiles(tmp_path / "artifacts")
    return Artifacts(database, kept, files, limits, config, ModelList(models))


@pytest.fixture
def sharing(database: Database) -> Sharing:
    return Sharing(database)


@pytest.fixture
def make(artifacts: Artifacts, tmp_path: Path) -> Make:
    async def make(owner: str, name: str, **values: Any) -> StoredArtifact:
        file = tmp_path / "learned.pt"
        file.unlink(missing_ok=True)
        file.write_bytes(f"{owner} {name}".encode())
        owner_id = {"ada": ADA, "ben": BEN}[owner]
        values = {"kind": "embedding", "family": "sd1"} | values
        kind = values.pop("kind")
        return await artifacts.keep(owner_id, owner, name, kind, file, **values)

    return make


def asking(prompt: str, **values: Any) -> GenerationRequest:
    return GenerationRequest(id="f" * 24, prompt=prompt, seeds=(1,), model="sd", **values)


async def found(
    artifacts: Artifacts, prompt: str, user_id: int = ADA, guild_id: int | None = WORKSHOP
) -> list[tuple[str, str]]:
    """Each name of a prompt that means something, and the id of what it means."""
    request = await artifacts.resolve(asking(prompt), user_id, guild_id)
    return [(it.name, it.id) for it in request.artifacts]


async def test_what_one_trained_is_ones_own_everywhere_and_nobody_elses(
    artifacts: Artifacts, make: Make
) -> None:
    cat = await make("ada", "My-Cat")
    for guild_id in (WORKSHOP, CAFE, None):
        assert await found(artifacts, "a photo of my-cat.", ADA, guild_id) == [("my-cat", cat.id)]
        assert await found(artifacts, "a photo of my-cat", BEN, guild_id) == []
        assert [it.id for it in await artifacts.usable(ADA, guild_id)] == [cat.id]
        assert await artifacts.usable(BEN, guild_id) == []
    assert artifacts.path(cat).read_bytes() == b"ada My-Cat"


async def test_each_way_of_sharing_opens_it_to_those_it_says_until_it_is_withdrawn(
    artifacts: Artifacts, sharing: Sharing, make: Make
) -> None:
    cat = await make("ada", "my-cat")

    async def places() -> set[int | None]:
        return {
            guild_id
            for guild_id in (WORKSHOP, CAFE, None)
            if await found(artifacts, "my-cat", BEN, guild_id)
        }

    await sharing.share_with_guild(cat.id, ADA, CAFE, "café")
    assert await places() == {CAFE}
    await sharing.withdraw_from_guild(cat.id, ADA, CAFE)
    assert await places() == set()
    await sharing.share_with_everyone(cat.id, ADA)
    assert await places() == {WORKSHOP, CAFE, None}
    await sharing.withdraw_from_everyone(cat.id, ADA)
    assert await places() == set()
    code = (await sharing.share_by_code(cat.id, ADA)).share_code
    assert code
    assert await places() == set()
    await sharing.use_code(f" {code.upper()} ", BEN, "ben")
    assert await places() == {WORKSHOP, CAFE, None}
    await sharing.withdraw_code(cat.id, ADA)
    assert await places() == set()
    with pytest.raises(Refusal, match=r"artifact\.no_code"):
        await sharing.use_code(code, BEN, "ben")
    assert (await sharing.share_by_code(cat.id, ADA)).share_code != code
    assert await places() == set()


async def test_ones_own_comes_first_and_several_of_others_are_asked_about(
    artifacts: Artifacts, sharing: Sharing, make: Make, texts: Texts
) -> None:
    mine, bens = await make("ada", "cat"), await make("ben", "cat")
    await sharing.share_with_guild(bens.id, BEN, WORKSHOP, "workshop")
    await sharing.share_with_guild(mine.id, ADA, WORKSHOP, "workshop")
    assert await found(artifacts, "a cat and ben/cat") == [("cat", mine.id), ("ben/cat", bens.id)]
    with pytest.raises(Clash) as caught:
        await found(artifacts, "a cat", user_id=3)
    assert "`ada/cat`, `ben/cat`" in sentence(caught.value, texts, "")
    assert await found(artifacts, "a Ben/Cat", user_id=3) == [("Ben/Cat", bens.id)]
    request = await artifacts.resolve(asking("a cat"), 3, WORKSHOP, chosen=[bens.id])
    assert [it.id for it in request.artifacts] == [bens.id]


async def test_a_name_means_a_thing_of_the_kind_that_is_called(
    artifacts: Artifacts, make: Make
) -> None:
    lora = await make("ada", "style", kind="lora")
    net = await make("ada", "net", kind="hypernetwork")
    look = await make("ada", "look", kind="aesthetic")
    base = await make("ada", "mine", kind="checkpoint", base="sd")
    prompt = "style net look mine <lora:style:0.5> <hypernet:net>"
    request = asking(prompt, aesthetic_embedding="look").model_copy(update={"model": "mine"})
    request = await artifacts.resolve(request, ADA, None)
    assert [(it.kind, it.id) for it in request.artifacts] == [
        ("checkpoint", base.id),
        ("lora", lora.id),
        ("hypernetwork", net.id),
        ("aesthetic", look.id),
    ]
    assert request.artifacts[0].base == "sd"


async def test_what_fits_another_family_is_one_sentence(
    artifacts: Artifacts, sharing: Sharing, make: Make, texts: Texts
) -> None:
    large = await make("ada", "cat", family="sdxl")
    with pytest.raises(Refusal) as caught:
        await found(artifacts, "a cat")
    said = sentence(caught.value, texts, "")
    assert said.startswith("`ada/cat` was made for SDXL models, and `sd` is SD1")
    # Of two of others', the one that fits is meant.
    small = await make("ben", "cat")
    for it in (large, small):
        await sharing.share_with_guild(it.id, it.owner_id, WORKSHOP, "workshop")
    assert await found(artifacts, "a cat", user_id=3) == [("cat", small.id)]


async def test_others_things_hide_nothing_of_the_folder_of_adapters(
    artifacts: Artifacts, sharing: Sharing, make: Make
) -> None:
    bens = await make("ben", "easy-negative")
    await sharing.share_with_everyone(bens.id, BEN)
    assert await found(artifacts, "easy-negative") == []
    assert await found(artifacts, "ben/easy-negative") == [("ben/easy-negative", bens.id)]
    assert await found(artifacts, "easy-negative", BEN) == [("easy-negative", bens.id)]


async def test_what_is_withdrawn_is_told_on_the_next_try_and_a_word_is_a_word_again(
    artifacts: Artifacts, sharing: Sharing, make: Make, queue: Queue, origin: Origin, texts: Texts
) -> None:
    cat = await make("ada", "cat-1")
    await sharing.share_with_everyone(cat.id, ADA)
    user_id, guild_id = origin.user_id, origin.guild_id
    for number, prompt in enumerate(("a cat-1", "an ada/cat-1")):
        request = await artifacts.resolve(asking(prompt), user_id, guild_id)
        request = request.model_copy(update={"id": f"{number}" * 24})
        await queue.accept(request, origin)
    await sharing.withdraw(cat.id, ADA)
    with pytest.raises(Refusal) as caught:
        await queue.accept(request.model_copy(update={"id": "e" * 24}), origin)
    with pytest.raises(Refusal) as caught:
        await artifacts.resolve(asking("a CAT-1"), user_id, guild_id)
    assert sentence(caught.value, texts, "").startswith("`ada/cat-1` is not shared with you any")
    assert await found(artifacts, "a cat-1", user_id, guild_id) == []
    # Whoever says whose it is, or asks for the same picture again, means nothing else.
    for _ in range(2):
        with pytest.raises(Refusal, match=r"artifact\.withdrawn"):
            await artifacts.resolve(asking("ada/cat-1"), user_id, guild_id)
        with pytest.raises(Refusal, match=r"artifact\.withdrawn"):
            await artifacts.resolve(asking("a cat-1"), user_id, guild_id, source="0" * 24)


async def test_the_same_again_means_the_same_whatever_else_has_the_name_since(
    artifacts: Artifacts, sharing: Sharing, make: Make, queue: Queue, origin: Origin
) -> None:
    cat = await make("ada", "cat-1")
    await sharing.share_with_everyone(cat.id, ADA)
    user_id, guild_id = origin.user_id, origin.guild_id
    request = await artifacts.resolve(asking("a cat-1"), user_id, guild_id)
    job = await queue.accept(request, origin)
    other = await make("ben", "cat-1")
    await sharing.share_with_everyone(other.id, BEN)
    with pytest.raises(Clash):
        await artifacts.resolve(asking("a cat-1"), user_id, guild_id)
    again = await artifacts.resolve(asking("a cat-1"), user_id, guild_id, source=job.id)
    assert [it.id for it in again.artifacts] == [cat.id]


async def test_an_owner_before_a_slash_is_believed_and_other_slashes_are_words(
    artifacts: Artifacts, make: Make
) -> None:
    await make("ada", "cat")
    with pytest.raises(Refusal, match=r"artifact\.nothing_called"):
        await found(artifacts, "ada/dog", BEN)
    assert await found(artifacts, "black/white and ada / cat", BEN) == []


async def test_a_file_stays_while_a_job_waits_for_it_and_no_longer(
    artifacts: Artifacts, make: Make, queue: Queue, origin: Origin
) -> None:
    cat = await make("ada", "cat")
    request = await artifacts.resolve(asking("a cat"), ADA, None)
    # As Ada herself, who asks for a picture and then deletes what it is made with.
    job = await queue.accept(request, replace(origin, user_id=ADA, guild_id=None))
    assert await artifacts.delete(cat.id, ADA) == "cat"
    file = artifacts.path(cat)
    assert str(file) == request.artifacts[0].path
    assert file.read_bytes() == b"ada cat"
    await queue.keep(job, request, [])
    await artifacts.sweep()
    assert not file.exists()


async def test_strangers_can_do_nothing_with_what_they_may_use(
    artifacts: Artifacts, sharing: Sharing, make: Make
) -> None:
    cat = await make("ada", "cat-1")
    await sharing.share_with_everyone(cat.id, ADA)
    for work in (
        artifacts.rename(cat.id, BEN, "dog"),
        artifacts.delete(cat.id, BEN),
        sharing.share_by_code(cat.id, BEN),
        sharing.share_with_guild(cat.id, BEN, CAFE, "café"),
        sharing.share_with_everyone(cat.id, BEN),
        sharing.withdraw(cat.id, BEN),
    ):
        with pytest.raises(Refusal, match=r"artifact\.not_yours"):
            await work


@pytest.mark.parametrize(
    "name", ["a/b", "😀", "a" * 300, "", "a b", "-a", "a..b", "123", "<lora:a>", "ß" * 40]
)
async def test_what_no_prompt_could_name_is_no_name(
    artifacts: Artifacts, make: Make, name: str
) -> None:
    cat = await make("ada", "cat")
    with pytest.raises(Refusal, match=r"artifact\.bad_name"):
        await artifacts.rename(cat.id, ADA, name)
    # What was learned is kept nevertheless, under a name like it.
    kept = await make("ada", name)
    assert (await artifacts.rename(kept.id, ADA, kept.name)).name == kept.name
    assert await found(artifacts, f"a {kept.name}.") == [(kept.name, kept.id)]


async def test_a_name_is_taken_once_by_each(artifacts: Artifacts, make: Make) -> None:
    await make("ada", "cat")
    dog = await make("ada", "dog")
    await make("ben", "cat")
    for work in (artifacts.rename(dog.id, ADA, "CAT"), artifacts.check_new(ADA, "Cat", [])):
        with pytest.raises(Refusal, match=r"artifact\.name_taken"):
            await work
    assert (await artifacts.rename(dog.id, ADA, "Dog")).name == "Dog"
    assert (await make("ada", "Cat")).name == "Cat-2"


async def test_an_ordinary_word_cannot_be_taken_from_everybody(
    artifacts: Artifacts, sharing: Sharing, make: Make
) -> None:
    cat = await make("ada", "cat")
    with pytest.raises(Refusal, match=r"artifact\.ordinary_word"):
        await sharing.share_with_everyone(cat.id, ADA)
    await artifacts.rename(cat.id, ADA, "cat-1")
    await sharing.share_with_everyone(cat.id, ADA)
    with pytest.raises(Refusal, match=r"artifact\.ordinary_word"):
        await artifacts.rename(cat.id, ADA, "cat")


async def test_what_somebody_may_keep_is_limited_by_role(
    artifacts: Artifacts, make: Make, texts: Texts
) -> None:
    await make("ada", "cat")
    assert await artifacts.check_new(ADA, "dog", [], 900) == "dog"
    with pytest.raises(Refusal) as caught:
        await artifacts.check_new(ADA, "dog", [], 2000)
    assert "may keep 0.001 MB" in sentence(caught.value, texts, "")
    assert await artifacts.check_new(ADA, "dog", ["Smith"], 2000) == "dog"


async def test_what_is_kept_twice_under_one_id_is_there_once(
    artifacts: Artifacts, make: Make
) -> None:
    first = await make("ada", "cat", artifact_id="7" * 24)
    assert (await make("ada", "cat", artifact_id="7" * 24)).id == first.id
    assert len(await artifacts.usable(ADA, None)) == 1
