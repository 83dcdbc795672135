"""Who may do what where: Discord's permission bits, summed over roles and channel overwrites."""

from bot.local_discord.world import PRIVATE_THREAD, Channel, Guild, Thread

ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
MANAGE_GUILD = 1 << 5
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_EXTERNAL_EMOJIS = 1 << 18
CHANGE_NICKNAME = 1 << 26
MANAGE_NICKNAMES = 1 << 27
MANAGE_ROLES = 1 << 28
MANAGE_GUILD_EXPRESSIONS = 1 << 30
USE_APPLICATION_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
CREATE_PRIVATE_THREADS = 1 << 36
SEND_MESSAGES_IN_THREADS = 1 << 38
CREATE_GUILD_EXPRESSIONS = 1 << 43
USE_EXTERNAL_APPS = 1 << 50
PIN_MESSAGES = 1 << 51

EVERYTHING = (1 << 53) - 1
ORDINARY = (
    VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | USE_APPLICATION_COMMANDS
    | CREATE_PUBLIC_THREADS
    | SEND_MESSAGES_IN_THREADS
    | ADD_REACTIONS
    | CHANGE_NICKNAME
    | USE_EXTERNAL_APPS
)
STEWARD = (
    ORDINARY
    | MANAGE_GUILD
    | MANAGE_CHANNELS
    | MANAGE_MESSAGES
    | MANAGE_THREADS
    | PIN_MESSAGES
    | CREATE_GUILD_EXPRESSIONS
)


def guild_permissions(guild: Guild, user_id: str) -> int:
    """The bits a member holds in a server by its roles."""
    if user_id not in guild.members:
        return 0
    granted = guild.roles[guild.id].permissions
    for role_id in guild.members[user_id].role_ids:
        granted |= guild.roles[role_id].permissions
    is_master = guild.owner_id == user_id or granted & ADMINISTRATOR
    return EVERYTHING if is_master else granted


def permissions_in(guild: Guild | None, channel: Channel, user_id: str) -> int:
    """The bits a member holds in a channel; in a DM, what two people may always do."""
    if guild is None:
        return ORDINARY
    granted = guild_permissions(guild, user_id)
    if granted in (0, EVERYTHING):
        return granted
    for targets in ([guild.id], guild.members[user_id].role_ids, [user_id]):
        found = [channel.overwrites[target] for target in targets if target in channel.overwrites]
        for _, deny in found:
            granted &= ~deny
        for allow, _ in found:
            granted |= allow
    is_shut_out = (
        isinstance(channel, Thread)
        and channel.type == PRIVATE_THREAD
        and user_id not in channel.joined_at
        and not granted & MANAGE_THREADS
    )
    return granted if granted & VIEW_CHANNEL and not is_shut_out else 0


def rank(guild: Guild, user_id: str) -> float:
    """How high a member stands: by their highest role, and the owner above all."""
    if guild.owner_id == user_id:
        return float("inf")
    roles = guild.members[user_id].role_ids
    return max((guild.roles[role_id].position for role_id in roles), default=0)


def sending_in(channel: Channel) -> int:
    """The bit that lets somebody write in a channel; threads have one of their own."""
    return SEND_MESSAGES_IN_THREADS if isinstance(channel, Thread) else SEND_MESSAGES
