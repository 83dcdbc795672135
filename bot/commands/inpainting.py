"""Inpainting: a picture, words, and where; shown first, and computed once it is confirmed."""

from dataclasses import replace

from bot.commands.asking import Asking
from bot.commands.desk import Desk
from bot.commands.from_picture import descent_of, like_picture, request_from
from bot.commands.picture_options import Typed
from bot.intake.drafts import MaskedDraft
from bot.intake.masks import Where, masked, preview
from bot.intake.pictures import Offered
from bot.jobs.artifact_resolving import Clash
from bot.records.derivations import Descent
from bot.records.inputs import Inputs
from bot.replies.previews import preview_file, preview_text, preview_view

INPAINT = "inpaint"  # how such a job comes from one of our own pictures
ROOM = 1.5  # times a model's own side that a picture may have when it grows


async def propose(desk: Desk, asking: Asking, typed: Typed, offered: Offered, where: Where) -> None:
    """Show what would be repainted, with a button that does it.

    Whatever can be refused before the picture is fetched is refused before.
    """
    where.check(desk.pictures)
    request, meant = await request_from(desk, asking, typed, offered)
    await asking.promise()
    picture = await desk.pictures.take(offered)
    found = await masked(desk.pictures, picture, where)
    request = like_picture(desk, request, typed, found.size, ROOM if where.sides else 1.0)
    draft = MaskedDraft(
        request=request,
        init_hash=found.init_hash,
        mask_hash=found.mask_hash,
        size=found.size,
        region=where.region,
        parent_id=offered.job_id,
        parent_index=offered.index,
        chosen=meant,
    )
    await show(desk, asking, draft)


async def show(desk: Desk, asking: Asking, draft: MaskedDraft) -> None:
    """Keep a draft, and show it where its answer was promised.

    Where one of its names is not clear, ask first.
    """
    user, guild_id = asking.user, asking.guild_id
    try:
        request = await desk.checked(draft.request, user, guild_id, chosen=draft.chosen)
    except Clash as clash:
        await desk.drafts.keep(draft, user.id)
        await asking.choose(clash, draft.request.id)
        return
    draft = replace(draft, request=request)
    shown = await preview(desk.pictures, draft)
    await desk.drafts.keep(draft, user.id)
    await asking.show(
        preview_text(desk.texts, draft.request.prompt, shown.share),
        preview_file(desk.texts, shown.webp),
        preview_view(desk.texts, draft.request.id),
    )


def inputs_of(draft: MaskedDraft) -> Inputs:
    """The pictures that its job begins from."""
    return Inputs(init_hash=draft.init_hash, mask_hash=draft.mask_hash)


def origin_of(draft: MaskedDraft) -> Descent | None:
    """Which of our own pictures it comes from, if it is one."""
    parent = Offered(name="", job_id=draft.parent_id, index=draft.parent_index)
    return descent_of(parent, INPAINT)
