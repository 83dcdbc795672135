"""One thing that was learned: what it is, how a prompt names it, and with whom it is shared."""

from collections.abc import Sequence
from io import BytesIO

import discord

from bot.commands.artifact_options import Interaction, called, name_completion, named, subcommand
from bot.commands.desk import Desk
from bot.commands.options import Command
from bot.jobs.artifact_resolving import label
from bot.records.models import StoredArtifact
from bot.replies.fitting import Attached, Pictures
from bot.replies.paging import view_of
from bot.replies.wording import one_line

KILOBYTE, MEGABYTE = 10**3, 10**6
MAX_WAYS = 300  # characters about those with whom something is shared
PREVIEW = "preview.png"
SHARE = "artifact:share"  # what the ids of buttons begin with that change who may use it
HEEDING_A_WORD = frozenset({"lora", "hypernetwork", "checkpoint"})  # beside their own name
FACTS = ("vectors", "layers", "rank", "alpha", "activation", "steps")


def info_command(desk: Desk) -> Command:
    """`/artifact info`."""

    async def info(interaction: discord.Interaction, name: str) -> None:
        await show(desk, interaction, await named(desk, interaction, name))

    command = subcommand(
        "info",
        desk.texts("artifact.info.description"),
        desk.texts.under("artifact.info.options"),
        info,
    )
    command.autocomplete("name")(name_completion(desk, only_own=False))
    return command


async def show(
    desk: Desk, interaction: Interaction, artifact: StoredArtifact, headline: str = ""
) -> None:
    """All of it, to whoever asked alone; `headline` says what was done before."""
    if not interaction.response.is_done():
        await interaction.response.defer(ephemeral=True, thinking=True)
    preview = await desk.artifacts.preview(artifact)
    alt_text = desk.texts("artifact.info.alt_text", name=artifact.name)
    shown = Pictures([Attached(PREVIEW, preview, alt_text)] if preview else [])
    files = [
        discord.File(BytesIO(it.data), it.filename, description=it.description)
        for it in await shown.within(interaction.filesize_limit)
    ]
    await interaction.followup.send(
        "\n".join([*([headline] if headline else []), *described(desk, interaction, artifact)]),
        files=files,
        view=_buttons(desk, interaction, artifact),
        ephemeral=True,
    )


def described(desk: Desk, interaction: Interaction, artifact: StoredArtifact) -> Sequence[str]:
    """What there is to say, a line for each thing."""
    texts, user_id = desk.texts, interaction.user.id
    family = texts.under("model.families").get(artifact.family or "")
    known = {**artifact.card, **artifact.card.get("facts", {})}
    facts = [f"{it.replace('_', ' ')} {known[it]}" for it in FACTS if it in known]
    base = texts("artifact.info.base", base=artifact.base) if artifact.base else ""
    what = [
        texts.under("artifact.kinds")[artifact.kind],
        *filter(None, (family, base)),
        *facts,
        size_of(artifact),
    ]
    usage = texts.under("artifact.usage")[artifact.kind]
    lines = [
        texts("artifact.info.head", name=escaped(label(artifact)), what=escaped(" · ".join(what))),
        usage.format(name=called(artifact, user_id)),
    ]
    if artifact.kind in HEEDING_A_WORD and "word" in artifact.card:
        lines.append(texts("artifact.info.word", word=artifact.card["word"]))
    if artifact.owner_id == user_id:
        lines.append(shared_with(desk, artifact))
    else:
        lines.append(texts("artifact.info.owner", owner=escaped(artifact.owner.name)))
    return lines


def size_of(artifact: StoredArtifact) -> str:
    """That of its file: an embedding's is a thousandth of a LoRA's."""
    if artifact.num_bytes < MEGABYTE:
        return f"{artifact.num_bytes / KILOBYTE:,.1f} KB"
    return f"{artifact.num_bytes / MEGABYTE:,.1f} MB"


def shared_with(desk: Desk, artifact: StoredArtifact) -> str:
    """Who may use it beside its owner, in words for its owner."""
    texts = desk.texts
    ways = []
    if artifact.share_code:
        ways.append(texts("artifact.info.by_code", code=artifact.share_code))
    if artifact.is_public:
        ways.append(texts("artifact.info.everyone"))
    ways += [escaped(it.guild.name) for it in artifact.guild_shares]
    if not ways:
        return texts("artifact.info.private")
    return texts("artifact.info.shared", ways=one_line(", ".join(ways), MAX_WAYS))


def escaped(text: str) -> str:
    """A text in which nothing means anything to Discord."""
    return discord.utils.escape_markdown(text)


def _buttons(desk: Desk, interaction: Interaction, artifact: StoredArtifact) -> discord.ui.View:
    """For its owner, what else can be done about who may use it."""
    if artifact.owner_id != interaction.user.id:
        return view_of([])
    here = {it.guild_id for it in artifact.guild_shares}
    is_shared = bool(here or artifact.share_code or artifact.is_public)
    offered = {
        "server": interaction.guild is not None and interaction.guild_id not in here,
        "code": artifact.share_code is None,
        "everyone": not artifact.is_public,
        "withdraw": is_shared,
    }
    names = desk.texts.under("artifact.buttons")
    return view_of(
        discord.ui.Button(
            label=names[action],
            style=discord.ButtonStyle.danger
            if action == "withdraw"
            else discord.ButtonStyle.secondary,
            custom_id=f"{SHARE}:{action}:{artifact.id}",
        )
        for action, is_offered in offered.items()
        if is_offered
    )
