"""A small bot on unmodified hikari, whose decoders are strict: a command, a button, a modal."""

import hikari


def make_bot(url: str, token: str) -> hikari.GatewayBot:
    """`/draw` answers with the file it was given, and its button asks for a name."""
    bot = hikari.GatewayBot(
        token,
        rest_url=f"{url}/api/v10",
        intents=hikari.Intents.GUILDS | hikari.Intents.GUILD_MESSAGES,
        banner=None,
        logs=None,
    )

    @bot.listen(hikari.StartedEvent)
    async def register(event: hikari.StartedEvent) -> None:
        draw = bot.rest.slash_command_builder("draw", "Draw something")
        for kind, name in (
            (hikari.OptionType.STRING, "what"),
            (hikari.OptionType.ATTACHMENT, "file"),
        ):
            option = hikari.CommandOption(type=kind, name=name, description=name, is_required=True)
            draw.add_option(option)
        await bot.rest.set_application_commands(await bot.rest.fetch_application(), [draw])

    @bot.listen(hikari.InteractionCreateEvent)
    async def answer(event: hikari.InteractionCreateEvent) -> None:
        match event.interaction:
            case hikari.CommandInteraction() as command:
                await draw_it(bot, command)
            case hikari.ComponentInteraction() as press:
                row = bot.rest.build_modal_action_row().add_text_input("name", "Name")
                await press.create_modal_response("Name it", press.custom_id, component=row)
            case hikari.ModalInteraction() as modal:
                name = modal.components[0].components[0].value
                await modal.create_initial_response(
                    hikari.ResponseType.MESSAGE_CREATE, f"named {name}"
                )

    return bot


async def draw_it(bot: hikari.GatewayBot, command: hikari.CommandInteraction) -> None:
    await command.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
    assert command.resolved
    [file] = command.resolved.attachments.values()
    row = bot.rest.build_message_action_row()
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "name", label="Name it")
    drawn = hikari.Bytes(await file.read(), "drawn.txt")
    await command.edit_initial_response("here", attachment=drawn, component=row)
    posted = await bot.rest.create_message(command.channel_id, "posted")
    await bot.rest.add_reaction(posted.channel_id, posted, "⭐")
    thread = await bot.rest.create_message_thread(posted.channel_id, posted, "talk")
    for number in range(7):  # more than the channel takes at once
        await bot.rest.edit_message(posted.channel_id, posted, f"edit {number}")
    await bot.rest.create_message(thread, "in it")
