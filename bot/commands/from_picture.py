"""Image to image: from a picture that somebody gave, and words, to a job."""

import discord

from bot.commands.asking import Asking
from bot.commands.desk import Desk
from bot.commands.picture_options import Typed
from bot.commands.which import accept, checked
from bot.intake.defaults import request_of
from bot.intake.drafts import UnclearDraft
from bot.intake.generation import refuse_second_pass
from bot.intake.pictures import Offered, offered_by, offered_images
from bot.intake.sizes import size_like
from bot.records.derivations import Descent
from bot.records.inputs import Inputs
from pipeline import GenerationRequest, parse_advanced

IMG2IMG = "img2img"  # how such a job comes from one of our own pictures


async def image_to_image(desk: Desk, asking: Asking, typed: Typed, offered: Offered) -> None:
    """Make a picture from another.

    Whatever can be refused before that is fetched is refused before; what of its size is known is
    taken for it until then.
    """
    request, meant = await request_from(desk, asking, typed, offered)
    origin = await asking.promise()
    picture = await desk.pictures.take(offered)
    draft = UnclearDraft(
        request=like_picture(desk, request, typed, picture.size),
        descent=descent_of(offered, IMG2IMG),
        inputs=Inputs(init_hash=picture.file_hash),
        chosen=meant,
    )
    await accept(desk, asking, origin, draft)


async def request_from(
    desk: Desk, asking: Asking, typed: Typed, offered: Offered
) -> tuple[GenerationRequest, tuple[str, ...]]:
    """What was typed as a request, checked as far as that goes without the picture.

    With it come the ids of what its names mean, as far as they are clear.
    """
    asking.check()
    defaults = await desk.defaults.of(asking.user.id, asking.guild_id)
    intake = await desk.intake_for(asking.user.id, asking.guild_id)
    guessed = dict(typed)
    if not says_size(typed):
        model = str(typed.get("model") or defaults.value("model")[0] or "") or None
        native_size = intake.native_size(model)
        known = (offered.width or native_size, offered.height or native_size)
        guessed["size"] = "{}x{}".format(*_own_size(offered) or size_like(*known, native_size))
    request = request_of(intake, defaults, guessed, asking.user.id)
    if "hires_scale" in parse_advanced(typed.get("advanced", "")):
        refuse_second_pass(request)
    # One that was set for all pictures is meant for those that begin from noise.
    request = request.model_copy(update={"hires_scale": None})
    user, guild_id = asking.user, asking.guild_id
    request, meant = await desk.at_home(request, user, guild_id, asking.channel_id)
    return await checked(desk, asking, request, meant)


def like_picture(
    desk: Desk,
    request: GenerationRequest,
    typed: Typed,
    size: tuple[int, int],
    room: float = 1.0,
) -> GenerationRequest:
    """The request at the size of its picture, now that it is known, unless one was typed.

    The picture may be `room` times as wide and high as the model's own.
    """
    if says_size(typed) or size == (request.width, request.height):
        return request
    native_size = desk.intake.native_size_of(request)
    width, height = size_like(*size, round(native_size * room))
    return request.model_copy(update={"width": width, "height": height})


def says_size(typed: Typed) -> bool:
    """Whether somebody said how large it shall be."""
    return "size" in typed or "width" in parse_advanced(typed.get("advanced", ""))


async def pictures_of(desk: Desk, message: discord.Message) -> list[Offered]:
    """The pictures that a message shows; those of our own as they were made."""
    images = await desk.album.standing_in(message.id)
    return offered_images(images) or offered_by(message)


def descent_of(offered: Offered, action: str) -> Descent | None:
    """Which of our own pictures it comes from, if it is one."""
    if not offered.job_id:
        return None
    return Descent(parent_id=offered.job_id, parent_index=offered.index, action=action)


def _own_size(offered: Offered) -> tuple[int, int] | None:
    """The size of a picture that was made here: what could be made once can be made again."""
    if offered.job_id and offered.width and offered.height:
        return offered.width, offered.height
    return None
