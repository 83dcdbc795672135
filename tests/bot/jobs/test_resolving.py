"""What the names in a request stand for, to whoever asks."""

from dataclasses import replace

import pytest

from bot.errors import Refusal, sentence
from bot.jobs.artifact_resolving import Clash
from bot.jobs.artifacts import Artifacts
from bot.jobs.queue import Queue
from bot.jobs.sharing import Sharing
from bot.locales import Texts
from bot.records.origin import Origin
from tests.bot.jobs.learned import Make, asking, found
from tests.bot.records.past import ADA, BEN, WORKSHOP


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
    look = await make("ada", "look", kind="aesthetic", width=64)
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
    large = await make("ada", "cat", family="sdxl", width=2048)
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
    chosen = await artifacts.resolve(asking("easy-negative"), ADA, None, chosen=[bens.id])
    assert [it.id for it in chosen.artifacts] == [bens.id], "it was said which"


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


async def test_what_has_another_name_since_is_told_and_the_same_again_still_means_it(
    artifacts: Artifacts, make: Make, queue: Queue, origin: Origin, texts: Texts
) -> None:
    cat = await make("ada", "cat-1")
    mine = replace(origin, user_id=ADA, user_name="ada")
    request = await artifacts.resolve(asking("a cat-1"), ADA, None)
    job = await queue.accept(request, mine)
    await artifacts.rename(cat.id, ADA, "cat-2")
    again = await artifacts.resolve(asking("a cat-1"), ADA, None, source=job.id)
    assert [(it.name, it.id) for it in again.artifacts] == [("cat-1", cat.id)]
    with pytest.raises(Refusal) as caught:
        await artifacts.resolve(asking("a cat-1"), ADA, None)
    assert sentence(caught.value, texts, "").startswith("`ada/cat-1` is called `ada/cat-2` now")
    await artifacts.delete(cat.id, ADA)
    with pytest.raises(Refusal, match=r"artifact\.deleted"):
        await artifacts.resolve(asking("a cat-1"), ADA, None, source=job.id)
