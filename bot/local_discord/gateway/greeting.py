"""What a new session is told first: READY, then every server of its shard."""

from typing import Any

from bot.local_discord.forms.base import Form, Snowflake
from bot.local_discord.gateway.sessions import GUILD_MEMBERS, GUILDS, Session
from bot.local_discord.payloads import Payloads
from bot.local_discord.wire import Json
from bot.local_discord.world import Guild, World


class MembersRequest(Form):
    guild_id: Snowflake
    query: str | None = None
    limit: int = 0
    user_ids: list[Snowflake] | Snowflake | None = None
    nonce: str | None = None


class Greeting:
    """Introduces the world to a session."""

    def __init__(self, world: World, payloads: Payloads, token: str) -> None:
        self.world = world
        self.payloads = payloads
        self.token = token
        self.gateway_url = ""  # known once the server listens

    def welcome(self, session: Session) -> None:
        guilds = self.joined_guilds(session)
        session.dispatch("READY", self.ready(session, guilds))
        if session.intents & GUILDS:
            with_members = bool(session.intents & GUILD_MEMBERS)
            for guild in guilds:
                payload = self.payloads.guild_create(guild, with_members=with_members)
                session.dispatch("GUILD_CREATE", payload)

    def joined_guilds(self, session: Session) -> list[Guild]:
        return [
            guild
            for guild in self.world.guilds.values()
            if session.hears(guild.id, 0) and self.world.bot.id in guild.members
        ]

    def ready(self, session: Session, guilds: list[Guild]) -> Json:
        application = self.world.application
        return {
            "v": 10,
            "user": self.payloads.own_user(),
            "guilds": [{"id": guild.id, "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            # Left to itself a client would resume at Discord.
            "resume_gateway_url": self.gateway_url,
            "shard": list(session.shard),
            "application": {
                "id": application.id,
                "flags": application.flags,
                "flags_new": str(application.flags),
            },
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "guild_join_requests": [],
            "geo_ordered_rtc_regions": [],
            "user_settings": {},
            "_trace": ["local"],
        }

    def send_members(self, session: Session, asked: Any) -> None:
        """Answers a request for a server's members in one chunk."""
        request = MembersRequest.model_validate(asked)
        guild = self.world.guilds.get(request.guild_id)
        if guild is None:
            return
        wanted = request.user_ids or []
        wanted = [wanted] if isinstance(wanted, str) else wanted
        query = (request.query or "").lower()
        members = [
            member
            for member in guild.members.values()
            if (member.user_id in wanted if wanted else True)
            and self.world.user(member.user_id).name.startswith(query)
        ]
        chunk: Json = {
            "guild_id": guild.id,
            "members": [self.payloads.member(member) for member in members],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [key for key in wanted if key not in guild.members],
        }
        if request.nonce:
            chunk["nonce"] = request.nonce
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk)
