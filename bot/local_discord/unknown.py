"""The refusals of what does not exist: 404s, each with Discord's code for its kind."""

from bot.local_discord.errors import DiscordError


class UnknownApplication(DiscordError):
    """Unknown Application"""

    status, code = 404, 10002


class UnknownChannel(DiscordError):
    """Unknown Channel"""

    status, code = 404, 10003


class UnknownGuild(DiscordError):
    """Unknown Guild"""

    status, code = 404, 10004


class UnknownMember(DiscordError):
    """Unknown Member"""

    status, code = 404, 10007


class UnknownMessage(DiscordError):
    """Unknown Message"""

    status, code = 404, 10008


class UnknownRole(DiscordError):
    """Unknown Role"""

    status, code = 404, 10011


class UnknownUser(DiscordError):
    """Unknown User"""

    status, code = 404, 10013


class UnknownEmoji(DiscordError):
    """Unknown Emoji"""

    status, code = 404, 10014


class UnknownWebhook(DiscordError):
    """Unknown Webhook"""

    status, code = 404, 10015


class UnknownInteraction(DiscordError):
    """Unknown interaction"""

    status, code = 404, 10062


class UnknownCommand(DiscordError):
    """Unknown application command"""

    status, code = 404, 10063
