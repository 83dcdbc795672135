"""A person at the local Discord, for tests: types commands, presses buttons, reads the answers.

    async with Person.at(url) as you:
        sent = await you.slash("imagine", prompt="a red circle", steps=20)
        message = await you.answer(sent, until=lambda message: message["attachments"])
        picture = await you.read(message["attachments"][0])
        sent = await you.press(message, "Again")

Messages are plain dictionaries in Discord's own shape. What Discord's client would not let a person
do (a required option missing, a disabled button) raises `Refused` with the reason.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp

from bot.local_discord.onlooker import PATIENCE, MessageTest, Onlooker, Refused
from bot.local_discord.wire import Json

__all__ = ["File", "NotAnswered", "Person", "Refused", "Sent", "find_component"]


class NotAnswered(Exception):
    """The application did not respond"""


@dataclass(frozen=True)
class File:
    """A file for an attachment option, a modal's upload, or a written message."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Sent:
    """An interaction on its way; `Person.answer` and `Person.modal` wait for what comes of it."""

    id: str
    channel_id: str


class Person(Onlooker):
    """One person before their client, who acts."""

    async def open_dm(self, user_id: str | None = None) -> str:
        """The id of the private channel with somebody; with the bot, if nobody is named."""
        body = {"user_id": user_id} if user_id else {}
        return str((await self.ask("POST", f"{self.base}/dm", json=body))["id"])

    async def install(self) -> None:
        """Adds the application to this person's own, so that it goes where they go."""
        await self.ask("PUT", f"{self.base}/installation")

    async def uninstall(self) -> None:
        await self.ask("DELETE", f"{self.base}/installation")

    async def start_thread(
        self,
        name: str,
        *,
        channel: str = "imagine",
        message: Json | None = None,
        is_private: bool = False,
    ) -> Json:
        """A new thread, about a message or alone; its `id` is a channel to write in."""
        body: Json = {"name": name, "is_private": is_private}
        body["channel_id"] = message["channel_id"] if message else await self.channel_id(channel)
        if message:
            body["message_id"] = message["id"]
        thread: Json = await self.ask("POST", f"{self.base}/threads", json=body)
        return thread

    async def change_thread(self, thread: Json, **changes: Any) -> Json:
        """`name`, `is_archived` and `is_locked`."""
        path = f"{self.base}/threads/{thread['id']}"
        changed: Json = await self.ask("PATCH", path, json=changes)
        return changed

    async def join_thread(self, thread: Json) -> None:
        await self.ask("PUT", f"{self.base}/threads/{thread['id']}/membership")

    async def leave_thread(self, thread: Json) -> None:
        await self.ask("DELETE", f"{self.base}/threads/{thread['id']}/membership")

    async def slash(self, name: str, /, *, channel: str = "imagine", **options: Any) -> Sent:
        """Sends a slash command (`"train start"` for a subcommand); files may be options."""
        channel_id = await self.channel_id(channel)
        values = {key: await self.value(channel_id, value) for key, value in options.items()}
        body = {"channel_id": channel_id, "name": name, "values": values}
        return await self.send("calls", body)

    async def suggestions(
        self, name: str, option: str, typed: str = "", /, *, channel: str = "imagine", **others: Any
    ) -> list[Json]:
        """What the bot suggests while an option is typed: a list of `{name, value}`."""
        body = {
            "channel_id": await self.channel_id(channel),
            "name": name,
            "values": others | {option: typed},
            "focused": option,
        }
        answer = await self.ask("POST", f"{self.base}/autocomplete", json=body)
        if not answer["answered"]:
            raise NotAnswered(NotAnswered.__doc__)
        choices: list[Json] = answer["choices"]
        return choices

    async def menu(self, name: str, message: Json) -> Sent:
        """Uses an entry of a message's menu."""
        where = {"channel_id": message["channel_id"], "message_id": message["id"]}
        return await self.send("menus", where | {"name": name})

    async def user_menu(self, name: str, user_id: str, *, channel: str = "imagine") -> Sent:
        """Uses an entry of a user's menu."""
        where = {"channel_id": await self.channel_id(channel), "user_id": user_id}
        return await self.send("menus", where | {"name": name})

    async def press(self, message: Json, label: str) -> Sent:
        """Presses a button, named by its label or custom_id, as the message now stands."""
        custom_id = find_component(await self.reread(message), label)["custom_id"]
        where = {"channel_id": message["channel_id"], "message_id": message["id"]}
        return await self.send("presses", where | {"custom_id": custom_id})

    async def choose(self, message: Json, select: str, *values: str) -> Sent:
        """Chooses in a select, named by its placeholder or custom_id."""
        custom_id = find_component(await self.reread(message), select)["custom_id"]
        where = {"channel_id": message["channel_id"], "message_id": message["id"]}
        return await self.send("presses", where | {"custom_id": custom_id, "values": list(values)})

    async def modal(self, sent: Sent, *, patience: float = PATIENCE) -> Json:
        """The modal that an interaction opens."""

        async def look() -> Json | None:
            modal: Json | None = (await self.state(sent))["modal"]
            return modal

        return await self.until(look, patience)

    async def submit(self, sent: Sent, values: Json) -> Sent:
        """Fills in the modal that an interaction opened: values by custom_id."""
        filled = {key: await self.value(sent.channel_id, value) for key, value in values.items()}
        return await self.send("modals", {"interaction_id": sent.id, "values": filled})

    async def answer(
        self, sent: Sent, *, until: MessageTest = bool, patience: float = PATIENCE
    ) -> Json:
        """The message an interaction led to, once it is as wished; `NotAnswered` if never."""

        async def look() -> Json | None:
            state = await self.state(sent)
            message_id = state["response_message_id"]
            if message_id is None and state["state"] == "answered":
                message_id = state["source_id"]
            messages = await self.messages(sent.channel_id) if message_id else []
            found = [one for one in messages if one["id"] == message_id and until(one)]
            return found[0] if found else None

        return await self.until(look, patience)

    async def write(
        self,
        text: str,
        *,
        channel: str = "imagine",
        files: Sequence[File] = (),
        reply_to: Json | None = None,
        notify: bool = True,
    ) -> Json:
        """Writes an ordinary message; a reply mentions whom it answers, unless told not to."""
        body: Json = {"channel_id": await self.channel_id(channel), "text": text, "notify": notify}
        if reply_to:
            body["reply_to"] = reply_to["id"]
        path = f"{self.base}/messages"
        message: Json = await self.ask("POST", path, data=form(body, files))
        return message

    async def rewrite(self, message: Json, text: str) -> Json:
        """Changes one's own message."""
        changed: Json = await self.ask("PATCH", self.address(message), json={"text": text})
        return changed

    async def react(self, message: Json, emoji: str) -> Json:
        """Puts an emoji under a message: its characters, or `name:id` of a server's own."""
        return dict(await self.ask("PUT", f"{self.address(message)}/reactions/{quote(emoji)}"))

    async def take_back(self, message: Json, emoji: str) -> Json:
        """Takes one's own reaction away."""
        return dict(await self.ask("DELETE", f"{self.address(message)}/reactions/{quote(emoji)}"))

    async def pin(self, message: Json) -> Json:
        return dict(await self.ask("PUT", f"{self.address(message)}/pin"))

    async def unpin(self, message: Json) -> Json:
        return dict(await self.ask("DELETE", f"{self.address(message)}/pin"))

    async def delete(self, message: Json) -> None:
        """Deletes one's own message, or dismisses an ephemeral one; a moderator deletes any."""
        await self.ask("DELETE", self.address(message))

    def address(self, message: Json) -> str:
        return f"{self.base}/channels/{message['channel_id']}/messages/{message['id']}"

    async def state(self, sent: Sent) -> Json:
        """How far an interaction has come; `NotAnswered` if the bot let its time pass."""
        state: Json = await self.ask("GET", f"/local/interactions/{sent.id}")
        if state["state"] == "failed":
            raise NotAnswered(NotAnswered.__doc__)
        return state

    async def value(self, channel_id: str, value: Any) -> Any:
        """A value to fill in; a file is uploaded first and then named by its id."""
        if isinstance(value, File):
            body = form({"channel_id": channel_id}, [value])
            return (await self.ask("POST", f"{self.base}/attachments", data=body))["id"]
        if isinstance(value, list):
            return [await self.value(channel_id, one) for one in value]
        return value

    async def send(self, path: str, body: Json) -> Sent:
        view = await self.ask("POST", f"{self.base}/{path}", json=body)
        return Sent(view["id"], view["channel_id"])


def form(body: Json, files: Sequence[File]) -> aiohttp.FormData:
    data = aiohttp.FormData(quote_fields=False)
    data.add_field("payload_json", json.dumps(body), content_type="application/json")
    for index, file in enumerate(files):
        data.add_field(f"files[{index}]", io.BytesIO(file.data), filename=file.name)
    return data


def find_component(message: Json, name: str) -> Json:
    """A button or select by label, placeholder or custom_id."""
    for component in components_of(message["components"]):
        if name in (component.get(key) for key in ("label", "placeholder", "custom_id")):
            return component
    raise Refused(f"The message has nothing called {name}.")


def components_of(blocks: Sequence[Json]) -> list[Json]:
    """All components, however deep they stand."""
    found: list[Json] = []
    for block in blocks:
        inner = block.get("components", []) + ([block["accessory"]] if "accessory" in block else [])
        found += [block, *components_of(inner)]
    return found
