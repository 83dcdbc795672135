"""The world a newcomer finds: two servers, a few channels, You and two others, and the bot.

Ids are fixed, so that links, bookmarks and a bot's own records outlive a restart of the server.
"""

import base64
import binascii

from bot.local_discord import permissions
from bot.local_discord.clock import DISCORD_EPOCH, Clock
from bot.local_discord.world import Application, Guild, Member, Role, User, World

BORN = 1_751_328_000_000  # milliseconds: the first of July 2025, when all of this was "made"


def fixed_id(number: int, *, after: int = 0) -> str:
    """An id of that birth, or of some milliseconds later."""
    return str(((BORN + after - DISCORD_EPOCH) << 22) + number)


APPLICATION_ID = fixed_id(1)
GUILD_ID = fixed_id(2)
CHANNEL_ID = fixed_id(3)
LOUNGE_ID = fixed_id(4)
YOU_ID = fixed_id(5)
BOT_ROLE_ID = fixed_id(6)
ROBIN_ID = fixed_id(7)
SAGE_ID = fixed_id(8)
STEWARD_ROLE_ID = fixed_id(9)
# A millisecond later, so that of two shards each has one of the servers.
CIRCLE_ID = fixed_id(1, after=1)
STUDIO_ID = fixed_id(2, after=1)
GALLERY_ID = fixed_id(3, after=1)
CIRCLE_BOT_ROLE_ID = fixed_id(4, after=1)

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
    """Two servers and three people, ready for the bot that holds the token."""
    bot = User(id=application_id_of(token), name="athanor", display_name="Athanor", is_bot=True)
    you = User(id=YOU_ID, name="you", display_name="You")
    robin = User(id=ROBIN_ID, name="robin", display_name="Robin")
    sage = User(id=SAGE_ID, name="sage", display_name="Sage")
    world = World(Application(id=bot.id, name="Athanor", owner_id=you.id), clock)
    world.users = {user.id: user for user in (bot, you, robin, sage)}

    workshop = add_guild(world, GUILD_ID, "Athanor's workshop", you, BOT_ROLE_ID)
    stewards = Role(
        id=STEWARD_ROLE_ID, name="Stewards", permissions=permissions.STEWARD, position=2
    )
    workshop.roles[stewards.id] = stewards
    for person in (robin, sage):
        workshop.members[person.id] = Member(user_id=person.id, joined_at=BORN / 1000)
    workshop.members[sage.id].role_ids.append(stewards.id)
    topic = "Type /imagine and say what you want to see."
    world.add_channel(workshop, "imagine", topic, channel_id=CHANNEL_ID)
    world.add_channel(workshop, "lounge", "For everything else.", channel_id=LOUNGE_ID)

    # Here You are a member like any other, which looks different from owning the place.
    circle = add_guild(world, CIRCLE_ID, "Painters' circle", sage, CIRCLE_BOT_ROLE_ID)
    for person in (you, robin):
        circle.members[person.id] = Member(user_id=person.id, joined_at=BORN / 1000)
    world.add_channel(circle, "studio", "Pictures in the making.", channel_id=STUDIO_ID)
    world.add_channel(circle, "gallery", "Only finished pictures.", channel_id=GALLERY_ID)
    return world


def add_guild(world: World, guild_id: str, name: str, owner: User, bot_role_id: str) -> Guild:
    """A server with its owner and the bot in it, which has a role of its own."""
    everyone = Role(id=guild_id, name="@everyone", permissions=permissions.ORDINARY)
    own_role = bots_role(world, bot_role_id)
    guild = Guild(
        id=guild_id,
        name=name,
        owner_id=owner.id,
        roles={role.id: role for role in (everyone, own_role)},
    )
    world.guilds[guild.id] = guild
    born = BORN / 1000
    guild.members[owner.id] = Member(user_id=owner.id, joined_at=born)
    guild.members[world.bot.id] = Member(
        user_id=world.bot.id, joined_at=born, role_ids=[own_role.id]
    )
    return guild


def bots_role(world: World, role_id: str) -> Role:
    """The role that comes with the bot and allows what its invitation asked for."""
    bot = world.bot
    return Role(
        id=role_id,
        name=bot.display_name,
        permissions=BOT_PERMISSIONS,
        position=1,
        bot_id=bot.id,
    )
