"""Archives that somebody sent: looked through before anything is unpacked."""

import re
import struct
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from bot.errors import Refusal, sentence
from bot.intake.training_zips import MAX_FILES, TrainingZip
from bot.locales import Texts

PICTURE = b"not looked at here"


def zipped(*files: tuple[str, bytes], compression: int = ZIP_DEFLATED) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", compression) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return content.getvalue()


def encrypted(content: bytes) -> bytes:
    """The archive with its files' flags set, as every program sees them first."""
    at = content.index(b"PK\x01\x02") + 8
    return content[:at] + struct.pack("<H", 1) + content[at + 2 :]


def listing(size: int) -> bytes:
    """The end of an archive whose list has that size, told in the record for large archives."""
    record = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, size, 0)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, 0, 1)
    return record + locator + b"PK\x05\x06" + bytes(18)


def claiming(content: bytes, size: int) -> bytes:
    """The archive whose list says another size of every file than is true."""
    entries = content.split(b"PK\x01\x02")
    told = [it[:20] + struct.pack("<I", size) + it[24:] for it in entries[1:]]
    return b"PK\x01\x02".join([entries[0], *told])


# Each is below the limits, all together are not; what they hold nobody needs to know.
TOO_MUCH = claiming(zipped(*((f"{it}.png", b"x") for it in range(1000))), 2**20 - 1)
# Whoever looks for the last mark of an end finds one within the end.
HIDDEN = b"PK\x05\x06" + bytes(8) + struct.pack("<I", 2**30) + b"PK\x05\x06" + bytes(2)
MANY = zipped(*((f"{number}", b"") for number in range(10_000)), compression=ZIP_STORED)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (zipped(("a.png", PICTURE), ("b.zip", b"")), r"another archive in it, `b\.zip`"),
        (zipped(("../../x.png", PICTURE)), r"leads out of it, `\.\./\.\./x\.png`"),
        (zipped(("..\\x.png", PICTURE)), "leads out of it"),
        (zipped(("/etc/x.png", PICTURE)), "leads out of it"),
        (zipped(("C:\\x.png", PICTURE)), "leads out of it"),
        (MANY, "has 10,000 files in it; up to 2,000 are taken"),
        (zipped(("a.png", bytes(30 * 2**20))), r"`a\.png` in it would unpack to 30 MiB out of"),
        (claiming(zipped(("a.png", b"ab")), 2**31), "would unpack to 2,048 MiB"),
        (zipped(("a.png", bytes(21 * 2**20)), compression=ZIP_STORED), "of more than 20 MiB in it"),
        (TOO_MUCH, "would unpack to more than 400 MiB"),
        (encrypted(zipped(("a.png", PICTURE))), "needs a password"),
        (zipped(("a.png", PICTURE), compression=ZIP_BZIP2), "packed in a way that is not taken"),
        (zipped(("a.png", PICTURE))[:-30], "is damaged or no zip at all"),
        (b"PK\x05\x06" + bytes(8) + struct.pack("<I", 2**30) + bytes(6), "too many files in it"),
        (listing(2**30), "too many files in it"),
        (HIDDEN, "too many files in it"),
        (b"", "is damaged or no zip at all"),
    ],
)
def test_what_is_wrong_with_an_archive_is_said_in_a_sentence_before_it_is_unpacked(
    content: bytes, said: str, texts: Texts
) -> None:
    with pytest.raises(Refusal) as caught:
        TrainingZip(BytesIO(content), "pack.zip")
    found = sentence(caught.value, texts, "")
    assert found.startswith("pack.zip ")
    assert re.search(said, found)


def test_an_archive_that_lies_about_a_file_gives_no_more_of_it_than_it_says(texts: Texts) -> None:
    content = zipped(("a.png", bytes(2**22)))
    archive = TrainingZip(BytesIO(claiming(content, 2**10)), "pack.zip")
    with pytest.raises(Refusal) as caught:
        archive.read("a.png")
    assert "is damaged" in sentence(caught.value, texts, "")


def test_a_damaged_file_in_a_sound_list_is_found_when_it_is_read(texts: Texts) -> None:
    content = bytearray(zipped(("a.png", b"x" * 50), compression=ZIP_STORED))
    content[40] ^= 1
    archive = TrainingZip(BytesIO(content), "pack.zip")
    with pytest.raises(Refusal):
        archive.read("a.png")


def test_files_are_read_in_the_order_of_their_names_without_what_systems_leave_behind() -> None:
    names = ("b/2.png", "a.png", "__MACOSX/a.png", ".hidden.png", "b/Thumbs.db", "b/")
    archive = TrainingZip(BytesIO(zipped(*((it, it.encode()) for it in names))), "pack.zip")
    assert archive.names == ["a.png", "b/2.png"]
    assert archive.read("b/2.png") == b"b/2.png"


def test_as_many_files_as_are_said_to_be_taken_are(texts: Texts) -> None:
    files = ((f"{number}.png", b"x") for number in range(MAX_FILES))
    assert len(TrainingZip(BytesIO(zipped(*files)), "pack.zip").names) == MAX_FILES
