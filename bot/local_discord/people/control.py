"""The control API's routes for people: see, write, call, press, choose, fill in, and listen.

It stands for the protocol between Discord and Discord's own client, and is not Discord's: a page
and tests use it, a bot never does.
"""

import asyncio
from contextlib import suppress
from typing import Annotated

from aiohttp import web
from pydantic import Field

from bot.local_discord.assembly import DISCORD, LocalDiscord
from bot.local_discord.errors import DiscordError
from bot.local_discord.feed import CLOSED
from bot.local_discord.forms.base import Form, Snowflake, parse
from bot.local_discord.interactions.refusals import Impossible
from bot.local_discord.people.actions import Actor
from bot.local_discord.people.asking import BASE, CHANNEL, MESSAGE, by_person
from bot.local_discord.uploads import Body
from bot.local_discord.wire import Json, compact, json_response

KEEP_ALIVE = 15.0  # seconds between signs of life on a quiet event stream
PATIENCE = 4.0  # seconds a typing person waits for suggestions


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
    notify: bool = True


class RewriteForm(Form):
    text: str


class PageForm(Form):
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    before: Snowflake | None = None


class PlaceForm(Form):
    channel_id: Snowflake


async def read_channel(
    discord: LocalDiscord, person: Actor, body: Body, request: web.Request
) -> Json:
    """A channel's messages as the person sees them, and their interactions under way there."""
    channel_id = request.match_info["channel_id"]
    wanted: PageForm = parse(PageForm, dict(request.query))
    messages = person.history(channel_id, limit=wanted.limit, before=wanted.before)
    return {
        "messages": [
            discord.message_payloads.message(message, seen_by=person.user.id)
            for message in messages
        ],
        "interactions": discord.interactions.views(person.user.id, channel_id),
    }


async def list_commands(
    discord: LocalDiscord, person: Actor, body: Body, request: web.Request
) -> list[Json]:
    usable = person.usable_commands(request.match_info["channel_id"])
    return [discord.payloads.command(command) for command in usable]


async def write(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    form: WriteForm = parse(WriteForm, body.payload)
    message = person.write(
        form.channel_id, form.text, body.files, form.reply_to, notify=form.notify
    )
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


async def rewrite(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    form: RewriteForm = parse(RewriteForm, body.payload)
    found = request.match_info
    message = person.rewrite(found["channel_id"], found["message_id"], form.text)
    return discord.message_payloads.message(message)


async def delete(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    person.delete(request.match_info["channel_id"], request.match_info["message_id"])
    return {}


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
    with (
        discord.feed.subscribe(person.user.id) as subscriber,
        suppress(ConnectionResetError),  # whoever listened has closed their page
    ):
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
                break
            await response.write(f"data: {compact(event)}\n\n".encode())
    return response


def people_routes() -> list[web.RouteDef]:
    return [
        web.get(BASE + "/events", listen),
        web.get(CHANNEL + "/messages", by_person(read_channel)),
        web.get(CHANNEL + "/commands", by_person(list_commands)),
        web.patch(MESSAGE, by_person(rewrite)),
        web.delete(MESSAGE, by_person(delete)),
        web.post(BASE + "/messages", by_person(write)),
        web.post(BASE + "/attachments", by_person(upload)),
        web.post(BASE + "/calls", by_person(call)),
        web.post(BASE + "/autocomplete", by_person(autocomplete)),
        web.post(BASE + "/menus", by_person(use_menu)),
        web.post(BASE + "/presses", by_person(press)),
        web.post(BASE + "/modals", by_person(submit)),
    ]
