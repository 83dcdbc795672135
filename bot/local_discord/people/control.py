"""The control API's routes for people: see, write, call, press, choose, fill in, and listen.

It stands for the protocol between Discord and Discord's own client, and is not Discord's: a page
and tests use it, a bot never does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias

from aiohttp import web
from pydantic import Field

from bot.local_discord.assembly import DISCORD, LocalDiscord
from bot.local_discord.errors import DiscordError
from bot.local_discord.feed import CLOSED
from bot.local_discord.forms.base import Form, Snowflake, parse
from bot.local_discord.interactions.refusals import Impossible
from bot.local_discord.people.actions import Actor
from bot.local_discord.uploads import Body, read_body
from bot.local_discord.wire import Json, compact, json_response

KEEP_ALIVE = 15.0  # seconds between signs of life on a quiet event stream
PATIENCE = 4.0  # seconds a typing person waits for suggestions

Action: TypeAlias = Callable[[LocalDiscord, Actor, Body, web.Request], Awaitable[Any]]


class CallForm(Form):
    channel_id: Snowflake
    name: str
    values: Json = Field(default_factory=dict)
    focused: str | None = None


class MenuForm(Form):
    channel_id: Snowflake
    name: str
    message_id: Snowflake | None = None
    user_id: Snowflake | None = None


class PressForm(Form):
    channel_id: Snowflake
    message_id: Snowflake
    custom_id: str
    values: list[str] | None = None


class SubmitForm(Form):
    interaction_id: Snowflake
    values: Json = Field(default_factory=dict)


class WriteForm(Form):
    channel_id: Snowflake
    text: str = ""
    reply_to: Snowflake | None = None


class PageForm(Form):
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    before: Snowflake | None = None


class PlaceForm(Form):
    channel_id: Snowflake


def by_person(action: Action) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A route that a person uses; what they cannot do comes back as one sentence."""

    async def handle(request: web.Request) -> web.StreamResponse:
        discord = request.app[DISCORD]
        try:
            body = await read_body(request)
            person = discord.person(request.match_info["person"])
            return json_response(await action(discord, person, body, request))
        except Impossible as refusal:
            return json_response({"message": str(refusal)}, status=400)
        except DiscordError as refusal:
            return json_response(refusal.body(), status=refusal.status)

    return handle


async def look_around(
    discord: LocalDiscord, person: Actor, body: Body, request: web.Request
) -> Json:
    """Everything a client shows at its start: oneself, the servers, the conversations."""
    world, payloads = discord.world, discord.payloads
    guilds = [guild for guild in world.guilds.values() if person.user.id in guild.members]
    return {
        "you": payloads.user(person.user),
        "people": [payloads.user(user) for user in world.people()],
        "bot": payloads.user(world.bot),
        "bot_is_online": bool(discord.sessions.connected()),
        "guilds": [
            payloads.guild(guild)
            | {
                "attachment_size_limit": guild.attachment_limit,
                "channels": [payloads.channel(world.channels[key]) for key in guild.channel_ids],
                "members": [payloads.member(member) for member in guild.members.values()],
            }
            for guild in guilds
        ],
        "dms": [
            payloads.channel(world.channels[key], seen_by=person.user.id)
            for key in person.user.dm_channels.values()
        ],
    }


async def read_channel(
    discord: LocalDiscord, person: Actor, body: Body, request: web.Request
) -> Json:
    """A channel's messages as the person sees them, and their interactions under way there."""
    channel_id = request.match_info["channel_id"]
    wanted: PageForm = parse(PageForm, dict(request.query))
    messages = person.history(channel_id, limit=wanted.limit, before=wanted.before)
    return {
        "messages": [discord.message_payloads.message(message) for message in messages],
        "interactions": discord.interactions.views(person.user.id, channel_id),
    }


async def list_commands(
    discord: LocalDiscord, person: Actor, body: Body, request: web.Request
) -> list[Json]:
    usable = person.usable_commands(request.match_info["channel_id"])
    return [discord.payloads.command(command) for command in usable]


async def write(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    form: WriteForm = parse(WriteForm, body.payload)
    message = person.write(form.channel_id, form.text, body.files, form.reply_to)
    return discord.message_payloads.message(message)


async def upload(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    form: PlaceForm = parse(PlaceForm, body.payload)
    if len(body.files) != 1:
        raise Impossible("Upload exactly one file.")
    return discord.message_payloads.attachment(person.upload(form.channel_id, body.files[0]))


async def call(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    form: CallForm = parse(CallForm, body.payload)
    return person.call(form.channel_id, form.name, form.values).view()


async def autocomplete(
    discord: LocalDiscord, person: Actor, body: Body, request: web.Request
) -> Json:
    """What the bot suggests for the focused option; `answered` is false if it said nothing."""
    form: CallForm = parse(CallForm, body.payload)
    asked = person.ask(form.channel_id, form.name, form.values, form.focused or "")
    try:
        async with asyncio.timeout(PATIENCE):
            await asked.settled.wait()
    except TimeoutError:
        pass
    return {"choices": asked.choices or [], "answered": asked.choices is not None}


async def use_menu(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    form: MenuForm = parse(MenuForm, body.payload)
    chosen = person.use_menu(
        form.channel_id, form.name, message_id=form.message_id, user_id=form.user_id
    )
    return chosen.view()


async def press(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    form: PressForm = parse(PressForm, body.payload)
    return person.press(form.channel_id, form.message_id, form.custom_id, form.values).view()


async def submit(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    form: SubmitForm = parse(SubmitForm, body.payload)
    return person.submit(form.interaction_id, form.values).view()


async def dismiss(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    person.dismiss(request.match_info["channel_id"], request.match_info["message_id"])
    return {}


async def open_dm(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    channel = discord.world.open_dm(person.user.id, discord.world.bot.id)
    return discord.payloads.channel(channel, seen_by=person.user.id)


async def listen(request: web.Request) -> web.StreamResponse:
    """Server-sent events: everything that happens before this person's eyes."""
    discord = request.app[DISCORD]
    try:
        person = discord.person(request.match_info["person"])
    except DiscordError as refusal:
        return json_response(refusal.body(), status=refusal.status)
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    with discord.feed.subscribe(person.user.id) as subscriber:
        await response.prepare(request)
        await response.write(b'data: {"type":"HELLO"}\n\n')
        while True:
            try:
                async with asyncio.timeout(KEEP_ALIVE):
                    event = await subscriber.events.get()
            except TimeoutError:
                await response.write(b": still here\n\n")
                continue
            if event is CLOSED:
                return response
            await response.write(f"data: {compact(event)}\n\n".encode())


def people_routes() -> list[web.RouteDef]:
    base = "/local/people/{person}"
    channel = base + "/channels/{channel_id}"
    return [
        web.get(base, by_person(look_around)),
        web.get(base + "/events", listen),
        web.get(channel + "/messages", by_person(read_channel)),
        web.get(channel + "/commands", by_person(list_commands)),
        web.delete(channel + "/messages/{message_id}", by_person(dismiss)),
        web.post(base + "/messages", by_person(write)),
        web.post(base + "/attachments", by_person(upload)),
        web.post(base + "/calls", by_person(call)),
        web.post(base + "/autocomplete", by_person(autocomplete)),
        web.post(base + "/menus", by_person(use_menu)),
        web.post(base + "/presses", by_person(press)),
        web.post(base + "/modals", by_person(submit)),
        web.post(base + "/dm", by_person(open_dm)),
    ]
