"""The route that signs addresses of files anew."""

from typing import Annotated

from aiohttp import web

from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.forms.base import Form, length, parse
from bot.local_discord.rest.guard import Call, Route
from bot.local_discord.wire import json_response


class RefreshForm(Form):
    attachment_urls: Annotated[list[str], length(1, 50)]


async def refresh_urls(discord: LocalDiscord, call: Call) -> web.Response:
    """A fresh address for each that was ours; what is no file of ours stays as it is."""
    form: RefreshForm = parse(RefreshForm, call.body.payload or {})
    return json_response(
        {
            "refreshed_urls": [
                {"original": url, "refreshed": refreshed(discord, url)}
                for url in form.attachment_urls
            ]
        }
    )


def refreshed(discord: LocalDiscord, url: str) -> str:
    attachment_id = discord.cdn.attachment_id(url)
    attachment = discord.world.attachment(attachment_id) if attachment_id else None
    return discord.cdn.url(attachment) if attachment else url


ROUTES = [Route("POST", "/attachments/refresh-urls", refresh_urls, is_described=False)]
