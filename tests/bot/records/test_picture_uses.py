"""What the records say of the use of pictures."""

from bot.records.models import Record


def test_whatever_else_comes_to_name_a_file_is_asked_before_one_is_deleted() -> None:
    # A new one belongs into `PictureUses`, unless it names no picture.
    tables = Record.metadata.sorted_tables
    columns = (str(column) for table in tables for column in table.columns)
    assert {it for it in columns if it.endswith("hash")} == {
        "jobs.init_hash",
        "jobs.mask_hash",
        "generated_images.file_hash",
        "training_pictures.file_hash",
        "artifacts.preview_hash",
        "artifacts.file_hash",  # of what was learned
        "artifact_uses.file_hash",
    }
