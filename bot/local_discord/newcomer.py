"""The world a newcomer finds: one server, a few channels, a person called You, and the bot.

Ids are fixed, so that links, bookmarks and a bot's own records outlive a restart of the server.
"""

import base64
import binascii

from bot.local_discord import permissions
from bot.local_discord.clock import DISCORD_EPOCH, Clock
from bot.local_discord.world import TEXT, Application, Channel, Guild, Member, Role, User, World

BORN = 1_751_328_000_000  # milliseconds: the first of July 2025, when all of this was "made"


def fixed_id(number: int) -> str:
    return str(((BORN - DISCORD_EPOCH) << 22) + number)


APPLICATION_ID = fixed_id(1)
GUILD_ID = fixed_id(2)
CHANNEL_ID = fixed_id(3)
LOUNGE_ID = fixed_id(4)
YOU_ID = fixed_id(5)
BOT_ROLE_ID = fixed_id(6)

BOT_PERMISSIONS = permissions.ORDINARY | permissions.USE_EXTERNAL_EMOJIS


def make_token(application_id: str) -> str:
    """A token in Discord's shape, whose first part is the application's id in base64."""
    head = base64.urlsafe_b64encode(application_id.encode()).decode().rstrip("=")
    return f"{head}.TG9jYWw.this-token-opens-only-the-local-discord-here"


def application_id_of(token: str) -> str:
    """The application a token belongs to, read from the token as libraries do."""
    head = token.partition(".")[0]
    try:
        decoded = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return APPLICATION_ID
    return decoded if decoded.isdigit() else APPLICATION_ID


def newcomers_world(token: str, clock: Clock) -> World:
    """One server, "Athanor's workshop", ready for the bot that holds the token."""
    bot = User(id=application_id_of(token), name="athanor", display_name="Athanor", is_bot=True)
    you = User(id=YOU_ID, name="you", display_name="You")
    world = World(Application(id=bot.id, name="Athanor", owner_id=you.id), clock)
    world.users = {user.id: user for user in (bot, you)}
    everyone = Role(id=GUILD_ID, name="@everyone", permissions=permissions.ORDINARY)
    own_role = Role(
        id=BOT_ROLE_ID, name="Athanor", permissions=BOT_PERMISSIONS, position=1, bot_id=bot.id
    )
    guild = Guild(
        id=GUILD_ID,
        name="Athanor's workshop",
        owner_id=you.id,
        roles={role.id: role for role in (everyone, own_role)},
    )
    world.guilds[guild.id] = guild
    born = BORN / 1000
    guild.members[you.id] = Member(user_id=you.id, joined_at=born)
    guild.members[bot.id] = Member(user_id=bot.id, joined_at=born, role_ids=[own_role.id])
    add_channel(world, guild, CHANNEL_ID, "imagine", "Type /imagine and say what you want to see.")
    add_channel(world, guild, LOUNGE_ID, "lounge", "For everything else.")
    return world


def add_channel(world: World, guild: Guild, channel_id: str, name: str, topic: str) -> Channel:
    channel = Channel(
        id=channel_id,
        type=TEXT,
        name=name,
        guild_id=guild.id,
        position=len(guild.channel_ids),
        topic=topic,
    )
    world.channels[channel_id] = channel
    guild.channel_ids.append(channel_id)
    return channel
