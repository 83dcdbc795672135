"""LocalDiscord: all parts of the local Discord, put together in one place, without the web."""

from dataclasses import dataclass

from aiohttp import web

from bot.local_discord.cdn import Cdn
from bot.local_discord.clock import Clock
from bot.local_discord.commands import Commands
from bot.local_discord.emojis import Emojis
from bot.local_discord.faults import Faults
from bot.local_discord.feed import Feed
from bot.local_discord.gateway.greeting import Greeting
from bot.local_discord.gateway.sessions import Sessions
from bot.local_discord.interactions.followups import FollowUps
from bot.local_discord.interactions.payloads import InteractionPayloads
from bot.local_discord.interactions.registry import Interactions
from bot.local_discord.interactions.responses import Responses
from bot.local_discord.limits import RateLimits
from bot.local_discord.message_payloads import MessagePayloads
from bot.local_discord.messages import Messages
from bot.local_discord.newcomer import newcomers_world
from bot.local_discord.news import News
from bot.local_discord.payloads import Payloads
from bot.local_discord.people.actions import Actor
from bot.local_discord.pins import Pins
from bot.local_discord.places import Places
from bot.local_discord.publishing import Publisher
from bot.local_discord.reactions import Reactions
from bot.local_discord.record import Record
from bot.local_discord.schema import Description, FrameDescription
from bot.local_discord.thread_starts import ThreadStarts
from bot.local_discord.threads import Threads
from bot.local_discord.world import World


@dataclass(frozen=True, kw_only=True)
class LocalDiscord:
    """Every part that a route may need."""

    token: str
    clock: Clock
    world: World
    cdn: Cdn
    payloads: Payloads
    message_payloads: MessagePayloads
    sessions: Sessions
    greeting: Greeting
    feed: Feed
    news: News
    places: Places
    emojis: Emojis
    reactions: Reactions
    pins: Pins
    threads: Threads
    thread_starts: ThreadStarts
    messages: Messages
    commands: Commands
    interactions: Interactions
    responses: Responses
    follow_ups: FollowUps
    faults: Faults
    limits: RateLimits
    record: Record
    description: Description | None

    def person(self, name_or_id: str) -> Actor:
        """A person by id or by name, as tests and the page call them."""
        by_name = {user.name: user for user in self.world.people()}
        user = by_name.get(name_or_id.lower()) or self.world.user(name_or_id)
        return Actor(
            user,
            world=self.world,
            commands=self.commands,
            messages=self.messages,
            interactions=self.interactions,
        )

    def notice_time(self) -> None:
        """Lets happen what the hour has come for."""
        self.interactions.give_up_overdue()
        self.threads.archive_idle()

    def tell_commands(self) -> None:
        """Lets every open page know that there are other commands now."""
        self.feed.tell({"type": "COMMANDS"}, to={user.id for user in self.world.people()})

    def tell_presence(self) -> None:
        """Lets every open page know whether the bot is there."""
        event = {"type": "PRESENCE", "bot_is_online": bool(self.sessions.connected())}
        self.feed.tell(event, to={user.id for user in self.world.people()})


def assemble(
    token: str,
    description: Description | None = None,
    frames: FrameDescription | None = None,
) -> LocalDiscord:
    """A newcomer's Discord for the bot that holds the token."""
    clock, record = Clock(), Record()
    world = newcomers_world(token, clock)
    cdn, feed, sessions = Cdn(clock), Feed(), Sessions(clock, record, frames)
    payloads = Payloads(world)
    message_payloads = MessagePayloads(world, payloads, cdn)
    news = News(world, sessions, feed)
    threads = Threads(world, payloads, news)
    publisher = Publisher(world, message_payloads, sessions, feed)
    messages, emojis = Messages(world, publisher, threads), Emojis(world, payloads, news)
    interaction_payloads = InteractionPayloads(world, message_payloads)
    interactions = Interactions(world, interaction_payloads, sessions, feed)
    responses = Responses(interactions, messages)
    discord = LocalDiscord(
        token=token,
        clock=clock,
        world=world,
        cdn=cdn,
        payloads=payloads,
        message_payloads=message_payloads,
        sessions=sessions,
        greeting=Greeting(world, payloads, token),
        feed=feed,
        news=news,
        places=Places(world, payloads, news),
        emojis=emojis,
        reactions=Reactions(world, emojis, publisher),
        pins=Pins(messages),
        threads=threads,
        thread_starts=ThreadStarts(threads, messages),
        messages=messages,
        commands=Commands(world),
        interactions=interactions,
        responses=responses,
        follow_ups=FollowUps(responses, messages),
        faults=Faults(),
        limits=RateLimits(clock),
        record=record,
        description=description,
    )
    sessions.told = discord.tell_presence
    return discord


DISCORD = web.AppKey("discord", LocalDiscord)
