"""The users, roles, channels and files that an interaction names, in full beside their ids."""

from bot.local_discord.interactions.payloads import InteractionPayloads
from bot.local_discord.interactions.refusals import Impossible
from bot.local_discord.wire import Json
from bot.local_discord.world import Channel, World

USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT, FILE_UPLOAD = 5, 6, 7, 8, 19
USER, CHANNEL, ROLE, MENTIONABLE, ATTACHMENT = 6, 7, 8, 9, 11  # option types
SELECT_OF_OPTION = {
    USER: USER_SELECT,
    CHANNEL: CHANNEL_SELECT,
    ROLE: ROLE_SELECT,
    MENTIONABLE: MENTIONABLE_SELECT,
    ATTACHMENT: FILE_UPLOAD,
}


class Resolver:
    """Gathers what ids stand for, as `data.resolved` of one interaction."""

    def __init__(
        self, world: World, payloads: InteractionPayloads, channel: Channel, user_id: str
    ) -> None:
        self.world = world
        self.payloads = payloads
        self.channel = channel
        self.user_id = user_id
        self.resolved: dict[str, Json] = {}

    def add(self, option_type: int, key: str, name: str) -> str:
        """An option's value; the kinds of option and of select mean the same things."""
        self.add_selected({"type": SELECT_OF_OPTION[option_type], "custom_id": name}, [key])
        return key

    def add_selected(self, field: Json, keys: list[str]) -> None:
        for key in keys:
            if not self.found(field["type"], key):
                name = field["custom_id"]
                raise Impossible(f"`{name}` names something that is not there: {key}.")

    def found(self, kind: int, key: str) -> bool:
        match kind:
            case 19:
                return self.found_attachment(key)
            case 5:
                return self.found_user(key)
            case 6:
                return self.found_role(key)
            case 7:
                return self.found_user(key) or self.found_role(key)
            case _:
                return self.found_channel(key)

    def found_attachment(self, key: str) -> bool:
        attachment = self.world.attachment(key)
        if attachment:
            payload = self.payloads.messages.attachment(attachment)
            self.resolved.setdefault("attachments", {})[key] = payload
        return attachment is not None

    def found_user(self, key: str) -> bool:
        user = self.world.users.get(key)
        if user is None:
            return False
        payloads, guild = self.payloads.payloads, self.world.guild_of(self.channel)
        self.resolved.setdefault("users", {})[key] = payloads.user(user)
        if guild and key in guild.members:
            member = payloads.partial_member(guild.members[key])
            member["permissions"] = str(self.payloads.granted(self.channel, key))
            self.resolved.setdefault("members", {})[key] = member
        return True

    def found_role(self, key: str) -> bool:
        guild = self.world.guild_of(self.channel)
        if guild is None or key not in guild.roles:
            return False
        role = self.payloads.payloads.role(guild.roles[key])
        self.resolved.setdefault("roles", {})[key] = role
        return True

    def found_channel(self, key: str) -> bool:
        channel = self.world.channels.get(key)
        if channel is None or channel.guild_id != self.channel.guild_id:
            return False
        payload = self.payloads.channel(channel, self.user_id)
        self.resolved.setdefault("channels", {})[key] = payload
        return True
