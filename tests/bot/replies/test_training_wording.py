"""What is said of trainings, and what their buttons' ids say."""

from dataclasses import replace

import pytest

from bot.locales import Texts
from bot.records.models import KeptSnapshot, LearnedPicture, Training, TrainingState
from bot.replies import training_wording as wording
from bot.replies.training_buttons import (
    TrainingAction,
    TrainingButtonId,
    read_training_button_id,
)
from bot.replies.training_reply import Overfull, Stage, TrainingResult, TrainingStatus
from pipeline import ClassPictures, FurnaceReport, Waiting

TRAINING = "abcdef0123456789abcdef01"


def training(state: TrainingState = TrainingState.RUNNING, rate: str = "0.005") -> Training:
    method = {"kind": "lora"}
    return Training(
        id=TRAINING,
        state=state,
        request={"name": "zu_k", "method": method, "num_steps": 1500, "learning_rate": rate},
        pictures=[LearnedPicture(index=0)],
        user_id=1,
        guild_id=2,
        channel_id=3,
        thread_id=4,
        is_direct=False,
        message_id=5,
        num_done=1200,
    )


def status_of(**values: object) -> TrainingStatus:
    usual = {"stage": Stage.RUNNING, "num_done": 0, "num_total": 1500}
    return TrainingStatus(**usual | values)  # type: ignore[arg-type]


def said(texts: Texts, **values: object) -> list[str]:
    return wording.status(texts, training(), status_of(**values)).splitlines()


def test_a_status_says_what_how_far_and_how_long(texts: Texts) -> None:
    report = FurnaceReport("a", 300, "good", "It is.", 0.1, None, 1.0, None, is_best=True)
    lines = said(
        texts,
        stage=Stage.RUNNING,
        num_done=375,
        loss=0.12345,
        seconds_left=240.0,
        report=report,
        notes=("Going on after step 300.",),
    )
    assert lines == [
        r"🔥 **zu\_k** · LoRA · 1 picture · 1,500 steps at 0.005",
        "▰▰▰▱▱▱▱▱▱▱▱▱ 25 % · step 375 of 1,500 · loss 0.123 · about 4 min left",
        "🟢 Good: It is.",
        "-# Going on after step 300.",
    ]


@pytest.mark.parametrize(
    ("place", "link"),
    [
        ({}, "2/4/5"),
        ({"thread_id": None}, "2/3/5"),
        ({"is_direct": True}, "@me/4/5"),
        ({"thread_id": None, "guild_id": None}, "@me/3/5"),
    ],
)
def test_a_row_links_to_where_the_training_is_talked_about(
    texts: Texts, place: dict[str, object], link: str
) -> None:
    told = training()
    for name, value in place.items():
        setattr(told, name, value)
    assert f"https://discord.com/channels/{link})" in wording.row(texts, told, None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"stage": Stage.RUNNING}, "Getting ready"),
        ({"class_pictures": ClassPictures("a", 12, 100)}, "12 of 100 are made"),
        ({"class_pictures": ClassPictures("a", 100, 100)}, "the model loaded"),
        ({"stage": Stage.WAITING, "waiting": Waiting("a", 2, None)}, "place 3."),
        ({"stage": Stage.WAITING, "waiting": Waiting("a", 2, 60.0)}, "begins in about 60 s"),
        ({"stage": Stage.PAUSED, "num_done": 7}, "Paused at step 7 of 1,500"),
    ],
)
def test_a_status_without_steps_says_why(
    texts: Texts, values: dict[str, object], expected: str
) -> None:
    assert expected in said(texts, **values)[1]


@pytest.mark.parametrize(
    ("state", "values", "expected"),
    [
        (TrainingState.RUNNING, {"num_done": 9}, "step 9 of 1,500"),
        (
            TrainingState.RUNNING,
            {"num_done": 9, "seconds_left": 240.0},
            "step 9 of 1,500 · about 4 min left",
        ),
        (
            TrainingState.ACCEPTED,
            {"stage": Stage.WAITING, "waiting": Waiting("a", 0, None)},
            "In the queue, place 1.",
        ),
        (TrainingState.ACCEPTED, None, "getting ready"),
        (TrainingState.PAUSED, {"num_done": 1200}, "paused at step 1,200 of 1,500"),
        (TrainingState.DONE, None, "done after 1,200 steps"),
    ],
)
def test_a_list_says_of_each_how_far_it_is(
    texts: Texts, state: TrainingState, values: dict[str, object] | None, expected: str
) -> None:
    now = None if values is None else status_of(**values)
    assert wording.standing(texts, training(state), now) == expected
    assert "https://discord.com/channels/2/4/5" in wording.row(texts, training(state), now)


@pytest.mark.parametrize(
    ("verdict", "rate", "expected"),
    [
        ("blown", "0.05:20, 80", "0.005:20, 8"),
        ("spoiled", "1e-9", "1e-08"),
        (None, "5e-3:100, 1e-3", "0.005:100, 0.001"),
        ("blown", ", ".join(f"0.5:{step}" for step in range(1000, 1100)), "0.05"),
    ],
)
def test_another_rate_is_proposed_after_what_went_wrong(
    verdict: str | None, rate: str, expected: str
) -> None:
    gone_wrong = training(rate=rate)
    gone_wrong.told_verdict = verdict
    assert wording.other_rate(gone_wrong) == expected


def test_a_snapshot_says_what_the_watch_thought_of_it(texts: Texts) -> None:
    kept = KeptSnapshot(num_steps=1200, verdict="good", is_best=True)
    assert wording.snapshot(texts, kept) == "step 1,200 · 🟢 Good · the best so far"


def test_what_is_said_fits_into_a_message_however_long_its_parts_are(texts: Texts) -> None:
    report = FurnaceReport("a", 300, "good", "r" * 9000, 0.1, None, 1.0, None, is_best=True)
    long = training(rate="0.5:1000, " * 99 + "0.1")
    long.request["name"] = "_" * 64
    status = status_of(
        num_done=5, loss=0.5, seconds_left=5.0, report=report, notes=("n" * 9000,) * 3
    )
    for said in (
        wording.status(texts, long, status),
        wording.failed(texts, long, "f" * 9000),
        wording.ended(texts, long, "f" * 9000, status.notes),
        wording.warning(texts, long, replace(report, verdict="blown")),
    ):
        assert len(said) <= 2000


@pytest.mark.parametrize(
    ("kind", "to_be_copied"),
    [("textual_inversion", "`my_cat-2`"), ("lora", "`my_cat <lora:my_cat-2:1>`")],
)
def test_what_is_to_be_copied_stands_there_as_it_is_written(
    texts: Texts, kind: str, to_be_copied: str
) -> None:
    learned = Training(id="run", user_id=1, request={"name": "my_cat", "method": {"kind": kind}})
    # It may have been renamed since: what heeds a word heeds the one that it was learned by.
    result = TrainingResult(name="my_cat-2", num_steps=30, files=[])
    said = wording.done(texts, learned, result, is_shown=False, has_thread=False)
    assert to_be_copied in said
    assert "`run/my_cat`" in said
    assert r"**my\_cat-2** is learned" in said


@pytest.mark.parametrize("number", [None, 0, 12])
@pytest.mark.parametrize("action", TrainingAction)
def test_a_button_is_read_from_its_id(action: TrainingAction, number: int | None) -> None:
    button = TrainingButtonId(TRAINING, action, number)
    assert read_training_button_id(button.custom_id) == button
    assert len(button.custom_id) <= 100


@pytest.mark.parametrize(
    "custom_id",
    [
        "",
        "training:",
        f"training:{TRAINING}",
        f"training:{TRAINING}:explode",
        f"training:{TRAINING}:use\n",
        f"training:{TRAINING.upper()}:use",
        f"job:{TRAINING}:use",
    ],
)
def test_other_ids_are_no_buttons_of_trainings(custom_id: str) -> None:
    assert read_training_button_id(custom_id) is None


def test_the_end_says_so_where_its_user_keeps_more_than_they_may(texts: Texts) -> None:
    result = TrainingResult(name="zuk", num_steps=9, files=[], overfull=Overfull(5100.5, 5000))
    said = wording.done(texts, training(), result, is_shown=True, has_thread=False)
    assert "You keep 5,100.5 MB now and may keep 5,000 MB. What was learned stays yours" in said
    assert said.endswith("delete something with `/artifact delete`.")
