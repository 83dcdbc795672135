"""Making a picture larger: one of ours once for everybody, and whatever somebody gives."""

from typing import Any

import discord

from bot.commands.asking import InteractionAsking
from bot.commands.desk import Desk
from bot.commands.from_picture import request_from
from bot.commands.picture_buttons import show_first
from bot.commands.picture_options import Typed
from bot.commands.which import accept, hand_in
from bot.errors import Refusal
from bot.intake.defaults import request_of
from bot.intake.derived import UPSCALE_STRENGTH, Deriver, upscale_key
from bot.intake.drafts import UnclearDraft
from bot.intake.pictures import Offered
from bot.intake.sizes import larger_size
from bot.jobs.queue import AlreadyAsked
from bot.records.inputs import Inputs
from bot.records.models import Job, StoredImage
from pipeline import parse_infotext

Interaction = discord.Interaction[Any]

FACTOR = 2.0
UNSAID = "sharp, detailed"  # where neither somebody nor the picture says what it shows


async def upscale(desk: Desk, interaction: Interaction, typed: Typed, offered: Offered) -> None:
    """Make a picture larger, its details drawn anew.

    `typed` has a `factor` beside the options of `/imagine`. One of ours of which nothing is typed
    is made larger only once, as by the button below it.
    """
    if offered.job_id and not typed:
        await _upscale_ours(desk, interaction, offered)
        return
    options = {"strength": UPSCALE_STRENGTH, **typed}
    factor = float(options.pop("factor", FACTOR))
    asking = InteractionAsking(desk, interaction)
    if offered.width and offered.height:
        options["size"] = _larger((offered.width, offered.height), factor)
    _, meant = await request_from(desk, asking, {"prompt": UNSAID, **options}, offered)
    origin = await asking.promise()
    picture = await desk.pictures.take(offered)
    told = parse_infotext(picture.settings or "")
    known = {"prompt": told["Prompt"] or UNSAID, "negative_prompt": told["Negative prompt"]}
    options = {**known, **options, "size": _larger(picture.size, factor)}
    defaults = await desk.defaults.of(asking.user.id, asking.guild_id)
    intake = await desk.intake_for(asking.user.id, asking.guild_id)
    request = request_of(intake, defaults, options, asking.user.id)
    request = request.model_copy(update={"exact_steps": True, "hires_scale": None})
    # What the picture itself says may name something too.
    inputs = Inputs(init_hash=picture.file_hash)
    draft = UnclearDraft(request=request, descent=None, inputs=inputs, chosen=meant)
    await accept(desk, asking, origin, draft)


async def upscale_once(desk: Desk, interaction: Interaction, job: Job, image: StoredImage) -> None:
    """Make one of our pictures larger, or show what came of it when somebody did before."""
    first = await desk.album.sole(upscale_key(image))
    if first is None:
        intake = await desk.intake_for(interaction.user.id, interaction.guild_id, job)
        derived = Deriver(intake, job, interaction.user.id).upscale(image)
        try:
            await hand_in(desk, interaction, derived.request, derived.descent, derived.inputs)
        except AlreadyAsked:  # at the same moment
            first = await desk.album.sole(upscale_key(image))
    if first:
        await show_first(desk, interaction, first)


def _larger(size: tuple[int, int], factor: float) -> str:
    """As somebody would type it."""
    return "{}x{}".format(*larger_size(size, factor))


async def _upscale_ours(desk: Desk, interaction: Interaction, offered: Offered) -> None:
    job = await desk.jobs.find(offered.job_id)
    images = [it for it in job.images if it.index == offered.index] if job else []
    if job is None or not images:
        raise Refusal("job.unknown")
    await upscale_once(desk, interaction, job, images[0])
