"""What can be asked of training, and what is refused with which sentence."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.errors import InvalidRequest
from pipeline.training_folder import read_class_folder, read_training_folder
from pipeline.training_request import TrainingPicture, TrainingRequest
from tests.pipeline.pictures import encoded

PICTURE = TrainingPicture(content=encoded(Image.new("RGB", (64, 64))), caption="a, b")


def request_of(**values: Any) -> TrainingRequest:
    return TrainingRequest(**{"name": "x", "pictures": (PICTURE,), **values})


def test_a_method_may_be_named_as_people_name_it_and_has_its_usual_numbers() -> None:
    for name in ("TI", "emb", "textual inversion", "textual-inversion"):
        assert request_of(method=name).method.kind == "textual_inversion"
    assert request_of(method="lora").learning_rate == "1e-4"
    assert request_of(method={"kind": "lora", "rank": "4"}, num_steps=7).num_steps == 7


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "../x"}, "The name `../x` cannot be taken"),
        ({"name": ".x"}, "no dot in front"),
        ({"name": " "}, "1 to 64 characters"),
        ({"name": "state"}, "The name `state` is one that the run itself needs"),
        ({"name": "samples"}, "The name `samples` is one that the run itself needs"),
        ({"learning_rate": " , "}, "The learning rate `,` says nothing"),
        ({"learning_rate": "-0.1"}, "take numbers from 0 up"),
        ({"learning_rate": "nan"}, "take numbers from 0 up"),
        ({"pictures": ()}, "Training needs 1 to 1,000 pictures."),
        ({"width": 100}, "take a multiple of 64 from 64 to"),
        ({"template": "a dog"}, "lines of your own with [name] or [filewords]"),
        ({"method": {"kind": "lora", "rank": 0}}, "rank: input should be greater than"),
        (
            {"method": {"kind": "lora", "trains_unet": False, "trains_text_encoder": False}},
            "A LoRA needs something to train",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(values: Any, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        request_of(**values)
    assert sentence in refused.value.message


def test_what_is_wrong_with_both_sides_is_said_once() -> None:
    with pytest.raises(InvalidRequest) as refused:
        request_of(width=100, height=100)
    assert refused.value.message.count("A training size of 100 pixels") == 1


def test_a_picture_that_shows_next_to_nothing_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="A picture of 3 x 3 pixels shows too little"):
        TrainingPicture(content=encoded(Image.new("RGB", (3, 3))))


def test_a_run_is_another_when_its_pictures_or_settings_are() -> None:
    other = TrainingPicture(content=PICTURE.content, caption="b, a")
    same = [request_of(), request_of(num_steps=5, learning_rate="1", user="me")]
    others = [request_of(seed=1), request_of(pictures=(other,)), request_of(method="lora")]
    assert len({each.fingerprint for each in same}) == 1
    assert len({each.fingerprint for each in [*same, *others]}) == 4


def test_captions_come_from_text_files_else_from_names(tmp_path: Path) -> None:
    for name in ("01-a cat", "2 собака", "third"):
        (tmp_path / f"{name}.png").write_bytes(PICTURE.content)
    (tmp_path / "third.txt").write_text(" 猫, كلب\n", "utf-8")
    (tmp_path / "notes.md").write_text("no picture", "utf-8")
    captions = [each.caption for each in read_training_folder(tmp_path)]
    assert captions == ["a cat", "собака", " 猫, كلب\n"]


def test_a_file_at_fault_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(PICTURE.content[:20])
    with pytest.raises(InvalidRequest, match=r"broken\.png`: The picture cannot be read"):
        read_training_folder(tmp_path)


def test_a_caption_begins_without_the_mark_that_editors_put_before_it(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PICTURE.content)
    (tmp_path / "a.txt").write_text("a cat", "utf-8-sig")
    assert [each.caption for each in read_training_folder(tmp_path)] == ["a cat"]


def test_pictures_of_a_class_have_only_the_captions_that_stand_in_text_files(
    tmp_path: Path,
) -> None:
    for name in ("00001-8f3a12b4", "IMG_0031"):
        (tmp_path / f"{name}.png").write_bytes(PICTURE.content)
    (tmp_path / "IMG_0031.txt").write_text("a brown dog", "utf-8")
    assert [each.caption for each in read_class_folder(tmp_path)] == ["", "a brown dog"]


@pytest.mark.parametrize("method", ["lora", "dreambooth"])
def test_pictures_of_a_class_that_nothing_would_be_done_with_are_refused(method: str) -> None:
    with pytest.raises(InvalidRequest, match="are for DreamBooth with a class prompt"):
        request_of(method=method, class_pictures=(PICTURE,))
