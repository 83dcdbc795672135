"""The database's history. It knows `bot.records.models` and nothing else."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

FOLDER = Path(__file__).parent
LOCK = 4_617_811  # any number that nobody else locks in this database


def upgrade(connection: Connection) -> None:
    """Bring the database up to date, within the transaction that is open.

    Two processes at once take turns: SQLite's write lock is held already, PostgreSQL's is taken
    here, and the second one finds nothing left to do.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    config = Config(FOLDER / "alembic.ini")
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
