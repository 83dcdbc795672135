"""The scenes of a training, from its form to what was learned, and of trainings that go wrong."""

from collections.abc import Sequence

from bot.local_discord.person import File
from bot.local_discord.wire import Json
from pipeline.bench.lessons import PINK_HEART, SEEN_BACKGROUNDS, as_png
from tests.end_to_end.browsing import PATIENCE
from tests.end_to_end.scenes import as_it_is, dismiss, inside, show_train_form, showing
from tests.end_to_end.theatre import Theatre

HEARTS = [
    File(f"{number}-{it} background.png", as_png(PINK_HEART.drawn(background=it)))
    for number, it in enumerate(SEEN_BACKGROUNDS, start=1)
]
END = {"blown": "no earlier snapshot", "spoiled": "is learned"}
WRONG = {
    "blown": ("5", "炸炉"),
    "spoiled": ("1e-9", "废丹"),
}  # rates, and what the watch calls them


async def play_training(theatre: Theatre) -> None:
    """Something is taught: first it is only shown what would be learned."""
    await theatre.play(
        "train", "`/train start`: some pictures and a name are enough", show_train_form
    )
    preview = await asked_for(theatre, "zuk", HEARTS[:-1])
    await theatre.play(
        "train_preview", "What would be learned and how long it takes, before it begins", as_it_is
    )
    in_thread = inside("channel-Training zuk")
    hint = await said_in(theatre, preview["id"], "may reply to this message")
    await theatre.you.write("", channel=preview["id"], reply_to=hint, files=HEARTS[-1:])
    await said_in(theatre, preview["id"], "Added: ")
    await theatre.play(
        "train_thread", "Its thread: a reply with more pictures adds them to the preview", in_thread
    )
    thread = await lit(theatre, preview, "zuk")
    await said_in(theatre, thread, "Good")
    await theatre.play("training", "Its thread: how far it is, and what can be done", in_thread)
    await theatre.play(
        "trainings",
        "`/train list`; `/train resume` and `/train pick` go back to a snapshot",
        showing("train list"),
        dismiss,
    )
    await said_in(theatre, thread, "is learned")
    await theatre.play("trained", "What was learned: before and after, and to be used", in_thread)
    for verdict, (rate, word) in WRONG.items():
        preview = await asked_for(theatre, verdict, advanced=f"learning_rate: {rate}")
        thread = await lit(theatre, preview, verdict)
        await said_in(theatre, thread, word)
        await theatre.play(
            verdict,
            f"A training that is {verdict} ({word}): what the watch says, and what can be done",
            inside(f"channel-Training {verdict}"),
        )
        await said_in(theatre, thread, END[verdict])


async def asked_for(
    theatre: Theatre, name: str, files: Sequence[File] = HEARTS, **options: str
) -> Json:
    """Fill in the form; gives the preview."""
    you = theatre.you
    form = await you.slash("train start", **options)
    await you.modal(form)
    said = {"name": name, "subject": "heart", "method": ["textual_inversion"], "preset": ["quick"]}
    sent = await you.submit(form, {"files": [*files], **said})
    return await you.answer(sent, until=lambda it: it["attachments"], patience=PATIENCE)


async def lit(theatre: Theatre, preview: Json, name: str) -> str:
    """Confirm it; gives the id of its thread."""
    await theatre.you.press(preview, "Confirm")
    lit = await theatre.you.wait_for_message(
        lambda it: "lit the furnace" in it["content"] and f"**{name}**" in it["content"],
        patience=PATIENCE,
    )
    return str(lit["thread"]["id"])


async def said_in(theatre: Theatre, thread: str, words: str) -> Json:
    """Wait until somebody says so there."""
    return await theatre.you.wait_for_message(
        lambda it: words in it["content"], channel=thread, patience=PATIENCE
    )
