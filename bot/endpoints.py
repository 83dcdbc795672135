"""Where discord.py finds Discord: at Discord, unless a local one is configured.

discord.py has no setting for this; these three class attributes carry the world's address.
"""

import discord
import yarl


def point_to(api_url: str) -> None:
    """Send everything that discord.py says to the server at `api_url`."""
    url = yarl.URL(api_url)
    gateway = url.with_scheme("wss" if url.scheme == "https" else "ws") / "gateway"
    discord.http.Route.BASE = str(url / "api" / "v10")
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = gateway
    discord.asset.Asset.BASE = str(url / "cdn")
