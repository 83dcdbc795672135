"""How large files and bodies may be: by the place, its boosts, and who asks."""

from bot.local_discord.director import Director
from bot.local_discord.newcomer import GUILD_ID
from tests.bot.local_discord.conftest import MESSAGES, Line

MIB = 2**20


async def test_a_file_over_the_limit_is_too_large_and_leaves_nothing(line: Line) -> None:
    answer = await line.call("POST", MESSAGES, {}, files={"big.bin": bytes(10 * MIB + 1)})
    assert answer.refusal == (413, 40005)
    line.discord.world.guild(GUILD_ID).attachment_limit = 20 * MIB
    answer = await line.call("POST", MESSAGES, {}, files={"big.bin": bytes(10 * MIB + 1)})
    assert answer.status == 200
    assert len((await line.call("GET", MESSAGES)).body) == 1


async def test_a_body_over_25_mib_is_too_large_whatever_the_files(line: Line) -> None:
    files = {f"{index}.bin": bytes(9 * MIB) for index in range(3)}
    assert (await line.call("POST", MESSAGES, {}, files=files)).refusal == (413, 40005)


async def test_in_a_boosted_server_files_and_bodies_may_be_as_large_as_its_tier_says(
    line: Line,
) -> None:
    async with Director.at(line.url) as director:
        await director.boost(GUILD_ID, 2)
    guild = (await line.call("GET", f"/guilds/{GUILD_ID}")).body
    assert (guild["premium_tier"], guild["premium_subscription_count"]) == (2, 7)
    assert (await line.call("POST", MESSAGES, {}, files={"a.bin": bytes(30 * MIB)})).status == 200
    over = await line.call("POST", MESSAGES, {}, files={"a.bin": bytes(50 * MIB + 1)})
    assert over.refusal == (413, 40005)


async def test_who_pays_for_larger_files_gets_them_in_answers_but_not_in_posts(
    line: Line,
) -> None:
    async with Director.at(line.url) as director:
        await director.set_persons_attachment_limit("you", 50 * MIB)
    large = {"a.bin": bytes(11 * MIB)}
    async with line.gateway() as gateway:
        await gateway.greeted()
        interaction = await line.started()
        told = (await gateway.until("INTERACTION_CREATE"))["d"]
    assert told["attachment_size_limit"] == 50 * MIB
    assert (await line.respond(interaction, {"type": 5})).status == 200
    edit = await line.follow(interaction, "PATCH", "/messages/@original", {}, files=large)
    assert edit.status == 200
    assert (await line.call("POST", MESSAGES, {}, files=large)).refusal == (413, 40005)
