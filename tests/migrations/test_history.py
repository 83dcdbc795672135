"""The database that the migrations make is the one that the models describe."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

from bot.records.database import open_database
from bot.records.models import Record
from migrations import FOLDER, upgrade


def tables(connection: Connection) -> dict[str, list[str]]:
    """Every table and index with its text, however that was wrapped and quoted.

    In parts, sorted: SQLite writes a column that was added later behind the constraints.
    """
    rows = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL AND name NOT LIKE 'alembic%'")
    )
    texts = {name: "".join(sql.split()).replace('"', "") for name, sql in rows}
    return {name: sorted(text.removesuffix(")").split(",")) for name, text in texts.items()}


def test_migrations_make_what_the_models_describe(tmp_path: Path) -> None:
    migrated = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    described = create_engine(f"sqlite:///{tmp_path / 'described.db'}")
    with migrated.begin() as connection:
        upgrade(connection)
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Record.metadata) == []
        with described.begin() as other:
            Record.metadata.create_all(other)
            assert tables(connection) == tables(other)


def test_every_migration_can_be_taken_back(tmp_path: Path) -> None:
    with create_engine(f"sqlite:///{tmp_path / 'a.db'}").begin() as connection:
        upgrade(connection)
        config = Config(FOLDER / "alembic.ini")
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]


async def test_two_bots_that_start_at_once_migrate_one_after_the_other(tmp_path: Path) -> None:
    async def start() -> None:
        async with open_database("sqlite:///athanor.db", tmp_path, upgrade):
            pass

    await asyncio.gather(start(), start(), start())
