"""A name that several things have: whoever wrote it is asked which one is meant.

Before a picture is fetched, what is refused is refused; a name that is not clear is asked about
once all else is known, so that the choice alone is missing.
"""

from collections.abc import Collection

from bot.commands.artifact_options import Interaction
from bot.commands.asking import Asking, InteractionAsking
from bot.commands.desk import Desk
from bot.intake.drafts import UnclearDraft
from bot.jobs.artifact_resolving import Clash
from bot.records.derivations import Descent
from bot.records.inputs import NO_INPUTS, Inputs
from bot.records.origin import Origin
from pipeline import GenerationRequest


async def hand_in(
    desk: Desk,
    interaction: Interaction,
    request: GenerationRequest,
    descent: Descent | None = None,
    inputs: Inputs = NO_INPUTS,
    chosen: Collection[str] = (),
) -> None:
    """Take a job on; where one of its names is not clear, ask first.

    `chosen` are the ids of artifacts that are meant by names that several have.
    """
    draft = UnclearDraft(
        request=request,
        descent=descent,
        inputs=inputs,
        chosen=(*chosen,),
        source=descent.parent_id if descent else None,
    )
    await follow(desk, interaction, draft)


async def follow(desk: Desk, interaction: Interaction, draft: UnclearDraft) -> None:
    """The same of what was kept until its names were clear."""
    try:
        await desk.hand_in(interaction, draft)
    except Clash as clash:
        asking = InteractionAsking(desk, interaction)
        asking.check()
        await _ask(desk, asking, draft, clash)


async def checked(
    desk: Desk, asking: Asking, request: GenerationRequest, chosen: Collection[str] = ()
) -> tuple[GenerationRequest, tuple[str, ...]]:
    """The request with what it names, and the ids of that.

    Where a name is yet to be asked about, it stays as it is, with the ids that were `chosen`.
    """
    try:
        found = await desk.checked(request, asking.user, asking.guild_id, chosen=chosen)
    except Clash:
        if not asking.may_choose:
            raise
        return request, (*chosen,)
    return found, tuple(it.id for it in found.artifacts)


async def accept(desk: Desk, asking: Asking, origin: Origin, draft: UnclearDraft) -> None:
    """Take a job on whose answer was promised; where one of its names is not clear, ask first."""
    user, guild_id = asking.user, asking.guild_id
    try:
        request = await desk.checked(
            draft.request, user, guild_id, draft.source, chosen=draft.chosen
        )
    except Clash as clash:
        await _ask(desk, asking, draft, clash)
    else:
        await desk.jobs.accept(request, origin, draft.descent, draft.inputs)


async def _ask(desk: Desk, asking: Asking, draft: UnclearDraft, clash: Clash) -> None:
    draft_id = await desk.drafts.keep_unclear(draft, asking.user.id)
    await asking.choose(clash, draft_id)
