"""The bot of the page's scenes: everything that a bot can put before a person, without a model."""

import asyncio
from typing import Any

import discord
from discord import app_commands, ui

from tests.bot.local_discord.library_bot import LibraryBot, picture

SELECT_TEXT = "Nothing chosen yet"


class Choices(ui.View):
    """One select of every kind; what is chosen is said in the message."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    async def tell(self, interaction: discord.Interaction, chosen: list[str]) -> None:
        await interaction.response.edit_message(content=f"chosen: {', '.join(chosen) or 'nothing'}")

    @ui.select(
        custom_id="one",
        placeholder="One shape",
        options=[
            discord.SelectOption(label="Square", value="1:1", description="as wide as high"),
            discord.SelectOption(label="Wide", value="3:2", emoji="🖼️"),
        ],
    )
    async def one(self, interaction: discord.Interaction, select: "ui.Select[Choices]") -> None:
        await self.tell(interaction, select.values)

    @ui.select(
        custom_id="some",
        placeholder="Two or three",
        min_values=2,
        max_values=3,
        options=[discord.SelectOption(label=one) for one in ("red", "green", "blue", "grey")],
    )
    async def some(self, interaction: discord.Interaction, select: "ui.Select[Choices]") -> None:
        await self.tell(interaction, select.values)

    @ui.select(cls=ui.UserSelect, custom_id="who", placeholder="Somebody")
    async def who(self, interaction: discord.Interaction, select: "ui.UserSelect[Choices]") -> None:
        await self.tell(interaction, [user.display_name for user in select.values])

    @ui.select(cls=ui.RoleSelect, custom_id="role", placeholder="A role")
    async def role(
        self, interaction: discord.Interaction, select: "ui.RoleSelect[Choices]"
    ) -> None:
        await self.tell(interaction, [role.name for role in select.values])

    @ui.select(cls=ui.ChannelSelect, custom_id="place", placeholder="A channel", min_values=0)
    async def place(
        self, interaction: discord.Interaction, select: "ui.ChannelSelect[Choices]"
    ) -> None:
        await self.tell(interaction, [place.name for place in select.values])


class Survey(ui.Modal, title="A survey"):
    """A modal with every kind of field that has no test elsewhere."""

    about: ui.TextDisplay[Any] = ui.TextDisplay("Say **what** you like.")
    words: ui.Label["Survey"] = ui.Label(
        text="In your words",
        description="A sentence or two",
        component=ui.TextInput(
            custom_id="words", style=discord.TextStyle.long, default="as before", max_length=60
        ),
    )
    shape: ui.Label["Survey"] = ui.Label(
        text="Shape",
        component=ui.RadioGroup(
            custom_id="shape",
            options=[discord.RadioGroupOption(label=one) for one in ("round", "square")],
        ),
    )
    colours: ui.Label["Survey"] = ui.Label(
        text="Colours",
        component=ui.CheckboxGroup(
            custom_id="colours",
            max_values=2,
            options=[discord.CheckboxGroupOption(label=one) for one in ("red", "green", "blue")],
        ),
    )
    sure: ui.Label["Survey"] = ui.Label(text="Sure?", component=ui.Checkbox(custom_id="sure"))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        fields = (self.words, self.shape, self.colours, self.sure)
        words, shape, colours, sure = (one.component for one in fields)
        assert isinstance(words, ui.TextInput)
        assert isinstance(shape, ui.RadioGroup)
        assert isinstance(colours, ui.CheckboxGroup)
        assert isinstance(sure, ui.Checkbox)
        await interaction.response.send_message(
            f"{words.value} / {shape.value} / {'+'.join(colours.values)} / {sure.value}"
        )


class ScriptedBot(LibraryBot):
    """`/ponder` answers when `may_answer` is set: a test decides how long the bot thinks."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.may_answer = asyncio.Event()

    async def setup_hook(self) -> None:
        self.add_view(Choices())
        self.tree.add_command(choices)
        self.tree.add_command(survey)
        self.tree.add_command(whisper)
        self.tree.add_command(ponder)
        self.tree.add_command(whose)
        await super().setup_hook()


@app_commands.command(description="Selects of every kind")
async def choices(interaction: discord.Interaction) -> None:
    await interaction.response.send_message(SELECT_TEXT, view=Choices())


@app_commands.command(name="ask_me", description="A modal with every kind of field")
async def survey(interaction: discord.Interaction) -> None:
    await interaction.response.send_modal(Survey())


@app_commands.command(description="Say something to one person alone")
async def whisper(interaction: discord.Interaction, private: bool, whom: discord.Member) -> None:
    await interaction.response.send_message(f"psst, {whom.mention}", ephemeral=private)


@app_commands.command(description="Think for a while")
async def ponder(interaction: discord.Interaction) -> None:
    await interaction.response.defer()
    bot = interaction.client
    assert isinstance(bot, ScriptedBot)
    await bot.may_answer.wait()
    files = [picture(colour, 48) for colour in ("red", "green", "blue")]
    await interaction.edit_original_response(content="I have it", attachments=files)


@app_commands.context_menu(name="Whose is it")
async def whose(interaction: discord.Interaction, user: discord.User) -> None:
    await interaction.response.send_message(f"It is {user.display_name}'s", ephemeral=True)
