"""The table of all REST routes; whatever else is asked under /api is unknown."""

from aiohttp import web

from bot.local_discord.rest import (
    accounts,
    attachments,
    channels,
    commands,
    emojis,
    interactions,
    members,
    pins,
    reactions,
    roles,
    threads,
)
from bot.local_discord.rest.guard import API, Route, unknown_route

ROUTES: list[Route] = [
    *accounts.ROUTES,
    *attachments.ROUTES,
    *pins.ROUTES,  # before those of one message, whose id "pins" might be
    *channels.ROUTES,
    *commands.ROUTES,
    *emojis.ROUTES,
    *interactions.ROUTES,
    *members.ROUTES,
    *reactions.ROUTES,
    *roles.ROUTES,
    *threads.ROUTES,
]


def rest_routes() -> list[web.RouteDef]:
    known = [web.route(route.method, API + route.path, route.serve) for route in ROUTES]
    return [*known, web.route("*", "/api/{anything:.*}", unknown_route)]
