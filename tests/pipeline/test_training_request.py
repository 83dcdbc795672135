"""What can be asked of training, and what is refused with which sentence."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.errors import InvalidRequest
from pipeline.training.dataset import open_for_training
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
        ({"name": "tensorboard"}, "The name `tensorboard` is one that the run itself needs"),
        ({"name": "𠀀" * 60}, "is too long for a file: take a shorter one"),
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


@pytest.mark.parametrize("suffix", [".bmp", ".tif", ".gif", ".avif", ".jfif"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_pictures_of_every_kind_that_can_be_opened_are_learned_from(
    tmp_path: Path, suffix: str, mode: str
) -> None:
    path = tmp_path / f"1-a cat{suffix}"
    picture = Image.new(mode, (64, 48), "black")
    picture.save(path, "JPEG" if suffix == ".jfif" else None)
    [read] = read_training_folder(tmp_path)
    assert read.caption == "a cat"
    opened = open_for_training(read)
    assert (opened.size, opened.getpixel((5, 5))) == ((64, 48), (0, 0, 0))


def test_a_tiff_of_16_bits_keeps_its_greys(tmp_path: Path) -> None:
    Image.new("I;16", (64, 64), 128 * 256).save(tmp_path / "a.tif")
    Image.new("CMYK", (64, 64)).save(tmp_path / "b.tif")
    opened = [open_for_training(each) for each in read_training_folder(tmp_path)]
    assert [each.getpixel((5, 5)) for each in opened] == [(128, 128, 128), (255, 255, 255)]


def test_of_a_moving_picture_the_first_frame_is_learned_from(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("white", "black")]
    for suffix in (".gif", ".tiff"):
        frames[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=frames[1:])
    opened = [open_for_training(each) for each in read_training_folder(tmp_path)]
    assert [each.getpixel((5, 5)) for each in opened] == [(255, 255, 255)] * 2


@pytest.mark.parametrize("suffix", [".tif", ".avif"])
def test_a_picture_that_lies_on_its_side_is_learned_from_upright(
    tmp_path: Path, suffix: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (64, 48)).save(tmp_path / f"a{suffix}", exif=exif)
    [read] = read_training_folder(tmp_path)
    assert open_for_training(read).size == (48, 64)


def test_a_picture_of_a_kind_that_cannot_be_opened_is_not_passed_over_silently(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.png").write_bytes(PICTURE.content)
    (tmp_path / "b.heic").write_bytes(b"whatever")
    with pytest.raises(InvalidRequest, match=r"b\.heic`: .* save it as PNG or JPEG"):
        read_training_folder(tmp_path)
    (tmp_path / "b.heic").rename(tmp_path / "b.bmp")
    with pytest.raises(InvalidRequest, match=r"b\.bmp`: The picture cannot be read"):
        read_training_folder(tmp_path)


def test_files_that_a_system_hides_are_no_pictures_to_learn_from(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PICTURE.content)
    (tmp_path / "._a.png").write_bytes(b"what macOS writes on other disks")
    assert len(read_training_folder(tmp_path)) == 1


def test_a_picture_that_turns_out_to_be_damaged_is_named(tmp_path: Path) -> None:
    noise = Image.effect_noise((64, 64), 50)
    noise.save(tmp_path / "broken.png")
    content = (tmp_path / "broken.png").read_bytes()
    (tmp_path / "broken.png").write_bytes(content[: len(content) // 2])
    [picture] = read_training_folder(tmp_path)
    with pytest.raises(InvalidRequest, match=r"broken\.png`: The picture is damaged"):
        open_for_training(picture)


def test_where_a_picture_was_read_from_makes_no_other_run() -> None:
    moved = TrainingPicture(content=PICTURE.content, caption=PICTURE.caption, file="elsewhere/a")
    assert request_of(pictures=(moved,)).fingerprint == request_of().fingerprint


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
