"""Building the place where a test happens: people, servers, roles, channels."""

import aiohttp

from bot.local_discord.onlooker import Refused
from bot.local_discord.wire import Json


class Builder:
    """Makes and changes what a community is made of, as its admins would."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        async with self.session.request(method, f"{self.url}/local/{path}", json=body) as response:
            answer: Json = await response.json()
            if response.status >= 400:
                raise Refused(f"{answer['message']} {answer.get('errors', '')}")
            return answer

    async def add_person(self, name: str, *guild_ids: str, display_name: str | None = None) -> Json:
        """A new person, in some servers; `Person.at(url, name)` acts for them."""
        body = {"name": name, "guild_ids": list(guild_ids)}
        if display_name:
            body["display_name"] = display_name
        return await self.ask("POST", "people", body)

    async def add_guild(self, name: str, owner_id: str, *, has_bot: bool = True) -> Json:
        """A new server with its owner, one channel "general", and the bot unless told otherwise."""
        return await self.ask(
            "POST", "guilds", {"name": name, "owner_id": owner_id, "has_bot": has_bot}
        )

    async def add_member(self, guild_id: str, user: str) -> Json:
        """Somebody comes into a server: a person by id or name, or `bot`."""
        return await self.ask("PUT", f"guilds/{guild_id}/members/{user}")

    async def remove_member(self, guild_id: str, user: str) -> None:
        """Somebody leaves a server: a person by id or name, or `bot`."""
        await self.ask("DELETE", f"guilds/{guild_id}/members/{user}")

    async def add_role(
        self, guild_id: str, name: str, permissions: int = 0, color: int = 0
    ) -> Json:
        """A new role above all others, nobody's yet."""
        body = {"name": name, "permissions": permissions, "color": color}
        return await self.ask("POST", f"guilds/{guild_id}/roles", body)

    async def set_role_permissions(self, guild_id: str, role_id: str, permissions: int) -> None:
        """What a role allows; the role with the server's own id is everyone's."""
        await self.ask("PATCH", f"guilds/{guild_id}/roles/{role_id}", {"permissions": permissions})

    async def remove_role(self, guild_id: str, role_id: str) -> None:
        await self.ask("DELETE", f"guilds/{guild_id}/roles/{role_id}")

    async def give_role(self, guild_id: str, user: str, role_id: str) -> None:
        await self.ask("PUT", f"guilds/{guild_id}/members/{user}/roles/{role_id}")

    async def take_role(self, guild_id: str, user: str, role_id: str) -> None:
        await self.ask("DELETE", f"guilds/{guild_id}/members/{user}/roles/{role_id}")

    async def add_channel(
        self, guild_id: str, name: str, *, topic: str | None = None, is_nsfw: bool = False
    ) -> Json:
        body = {"name": name, "topic": topic, "is_nsfw": is_nsfw}
        return await self.ask("POST", f"guilds/{guild_id}/channels", body)

    async def remove_channel(self, channel_id: str) -> None:
        """A channel or thread goes, with everything in it."""
        await self.ask("DELETE", f"channels/{channel_id}")

    async def set_attachment_limit(self, guild_id: str, limit: int) -> None:
        await self.ask("PATCH", f"guilds/{guild_id}", {"attachment_limit": limit})

    async def boost(self, guild_id: str, tier: int) -> None:
        """A server's boost tier, 0 to 3: files may have 10, 10, 50 or 100 MiB there."""
        await self.ask("PATCH", f"guilds/{guild_id}", {"boost_tier": tier})

    async def set_persons_attachment_limit(self, user: str, limit: int) -> None:
        """What somebody has from Discord wherever they are: bytes a file."""
        await self.ask("PATCH", f"people/{user}", {"attachment_limit": limit})

    async def set_bot_permissions(self, guild_id: str, permissions: int) -> None:
        """What the bot's own role allows in a server."""
        await self.ask("PATCH", f"guilds/{guild_id}", {"bot_permissions": permissions})

    async def overwrite(
        self, channel_id: str, target_id: str, *, allow: int = 0, deny: int = 0
    ) -> None:
        """What a role or member may and may not do in one channel."""
        body = {"target_id": target_id, "allow": allow, "deny": deny}
        await self.ask("PUT", f"channels/{channel_id}/overwrites", body)
