"""Pictures from words alone, where somebody wrote them to the bot."""

from bot.commands.asking import Asking
from bot.commands.desk import Desk
from bot.commands.picture_options import Typed
from bot.intake.defaults import request_of


async def from_words(desk: Desk, asking: Asking, typed: Typed) -> None:
    """Make what was written, as `/imagine` would in the same place."""
    asking.check()
    defaults = await desk.defaults.of(asking.user.id, asking.guild_id)
    intake = await desk.intake_for(asking.user.id, asking.guild_id)
    request = request_of(intake, defaults, typed, asking.user.id)
    user, guild_id = asking.user, asking.guild_id
    request, meant = await desk.at_home(request, user, guild_id, asking.channel_id)
    request = await desk.checked(request, user, guild_id, chosen=meant)
    await desk.jobs.accept(request, await asking.promise())
