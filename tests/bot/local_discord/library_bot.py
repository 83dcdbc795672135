"""A small bot on unmodified discord.py that uses what a bot of pictures uses."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import discord
from discord import app_commands, ui
from discord.ext import commands
from PIL import Image

from tests.bot.local_discord.conftest import TOKEN


def picture(colour: str, size: int = 32) -> discord.File:
    buffer = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(buffer, "PNG")
    buffer.seek(0)
    return discord.File(buffer, f"{colour}.png", description=f"a {colour} square")


class Again(ui.DynamicItem[ui.Button[ui.View]], template=r"again:(?P<colour>\w+)"):
    """A button that carries all it needs in its id, and so outlives the bot."""

    def __init__(self, colour: str) -> None:
        super().__init__(ui.Button(label="Again", custom_id=f"again:{colour}"))
        self.colour = colour

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: ui.Item[ui.View], match: "object"
    ) -> "Again":
        assert isinstance(item, ui.Button)
        return cls(str(item.custom_id).partition(":")[2])

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.followup.send(f"again {self.colour}", file=picture(self.colour))


class Naming(ui.Modal, title="Name it"):
    """A modal with a text, a choice and a file."""

    name: ui.Label["Naming"] = ui.Label(
        text="Name", component=ui.TextInput(custom_id="name", max_length=20)
    )
    size: ui.Label["Naming"] = ui.Label(
        text="Size",
        component=ui.Select(
            custom_id="size",
            options=[discord.SelectOption(label="small"), discord.SelectOption(label="large")],
        ),
    )
    file: ui.Label["Naming"] = ui.Label(
        text="From", component=ui.FileUpload(custom_id="file", required=False)
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        name, size, file = (one.component for one in (self.name, self.size, self.file))
        assert isinstance(name, ui.TextInput)
        assert isinstance(size, ui.Select)
        assert isinstance(file, ui.FileUpload)
        num_bytes = [len(await one.read()) for one in file.values]
        await interaction.response.send_message(
            f"{name.value} {size.values[0]} {num_bytes}", ephemeral=True
        )


class LibraryBot(commands.AutoShardedBot):
    """Registers its commands at login, as the real one does."""

    def __init__(self, **options: object) -> None:
        super().__init__(
            command_prefix="!",
            intents=discord.Intents(guilds=True, guild_messages=True),
            guild_ready_timeout=0.05,
            **options,  # type: ignore[arg-type]
        )
        self.resumed = asyncio.Event()
        self.was_ready = asyncio.Event()
        self.num_ready = 0

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Again)
        self.tree.add_command(paint)
        self.tree.add_command(name_it)
        self.tree.add_command(look)
        self.tree.add_command(gallery)
        await self.tree.sync()

    async def on_ready(self) -> None:
        self.num_ready += 1
        self.was_ready.set()

    async def on_shard_resumed(self, shard_id: int) -> None:
        self.resumed.set()


@app_commands.command(description="Paint a square")
@app_commands.describe(colour="its colour", size="its side", image="a picture to start from")
async def paint(
    interaction: discord.Interaction,
    colour: str,
    size: app_commands.Range[int, 8, 64] = 32,
    image: discord.Attachment | None = None,
) -> None:
    await interaction.response.defer()
    await interaction.edit_original_response(content="half way")
    read = len(await image.read()) if image else 0
    view = ui.View(timeout=None).add_item(Again(colour))
    await interaction.edit_original_response(
        content=f"{colour} {size} {read}", attachments=[picture(colour, size)], view=view
    )
    await interaction.followup.send("done")


@paint.autocomplete("colour")
async def suggest_colour(
    interaction: discord.Interaction, typed: str
) -> list[app_commands.Choice[str]]:
    names = ["red", "green", "blue"]
    return [app_commands.Choice(name=one, value=one) for one in names if one.startswith(typed)]


@app_commands.command(description="Give a name")
async def name_it(interaction: discord.Interaction) -> None:
    await interaction.response.send_modal(Naming())


@app_commands.context_menu(name="Look at it")
async def look(interaction: discord.Interaction, message: discord.Message) -> None:
    sizes = [f"{one.width}x{one.height}" for one in message.attachments]
    await interaction.response.send_message(f"{message.content} {sizes}")


@app_commands.command(description="Show a gallery")
async def gallery(interaction: discord.Interaction) -> None:
    await interaction.response.defer(ephemeral=True)
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=0xFF8800)
    container.add_item(ui.TextDisplay("**Two squares**"))
    items = [discord.MediaGalleryItem(f"attachment://{one}.png") for one in ("red", "blue")]
    container.add_item(ui.MediaGallery(*items))
    view = ui.LayoutView().add_item(container)
    await interaction.edit_original_response(
        view=view, attachments=[picture("red"), picture("blue")]
    )


@asynccontextmanager
async def running(
    kind: type[LibraryBot] = LibraryBot, **options: object
) -> AsyncIterator[LibraryBot]:
    """The bot online until the block ends."""
    bot = kind(**options)
    task = asyncio.create_task(bot.start(TOKEN))
    try:
        async with asyncio.timeout(15):
            await bot.was_ready.wait()
        yield bot
    finally:
        await bot.close()
        with suppress(asyncio.CancelledError):
            await task
