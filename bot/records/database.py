"""The way to the database: units of work on SQLite or PostgreSQL, by the same code.

Nobody commits but the unit of work itself: leaving `writing()` commits, an exception rolls back.
A reading session cannot be handed to a repository that writes; mypy sees to it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from functools import wraps
from pathlib import Path
from typing import Any, NewType, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import RecordsUnavailable, StartError

ReadSession = NewType("ReadSession", AsyncSession)
WriteSession = NewType("WriteSession", ReadSession)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
BUSY_TIMEOUT = 10_000  # milliseconds


def uninterrupted(
    work: Callable[Arguments, Coroutine[Any, Any, Result]],
) -> Callable[Arguments, Coroutine[Any, Any, Result]]:
    """Let a unit of work come to its end even when whoever waits for it is cancelled.

    Cut off in the middle, a connection would keep its transaction, and with it SQLite's lock.
    """

    @wraps(work)
    async def whole(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        task = asyncio.create_task(work(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task})
            raise

    return whole


class Database:
    """Opens units of work."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = async_sessionmaker(engine, expire_on_commit=False)
        # A transaction that reads first and writes later may find SQLite locked halfway through,
        # where waiting no longer helps. Taking the write lock at the start, it waits its turn.
        self._writing = async_sessionmaker(
            engine.execution_options(begin="BEGIN IMMEDIATE"), expire_on_commit=False
        )
        # SQLite lets those in who happen to ask at the right moment, and turns away whoever was
        # unlucky for too long: in a crowd, somebody always is. Here they come in as they came.
        is_sqlite = engine.dialect.name == "sqlite"
        self._turn: AbstractAsyncContextManager[None] = (
            asyncio.Lock() if is_sqlite else nullcontext()
        )

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ReadSession]:
        """A unit of work that only looks."""
        with _reachable():
            async with self._reading() as session:
                yield ReadSession(session)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[WriteSession]:
        """A unit of work that is on disk when it ends, whole or not at all."""
        with _reachable():
            async with self._turn, self._writing.begin() as session:
                yield WriteSession(ReadSession(session))

    async def change(self, work: Callable[[Connection], None]) -> None:
        """Run something that needs a plain connection, such as a migration."""
        engine = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        async with engine.begin() as connection:
            await connection.run_sync(work)


@asynccontextmanager
async def open_database(
    address: str, folder: Path, migrate: Callable[[Connection], None]
) -> AsyncIterator[Database]:
    """The database at `address`, brought up to date; relative SQLite files start at `folder`.

    Raises `StartError` where it cannot be reached or written.
    """
    url = _with_driver(address, folder)
    is_sqlite = url.get_backend_name() == "sqlite"
    # A server may have closed a connection that has long been idle; a file does not.
    engine = create_async_engine(url, pool_pre_ping=not is_sqlite)
    try:
        if is_sqlite:
            _prepare_sqlite(engine)
        database = Database(engine)
        try:
            await database.change(migrate)
        except (OSError, SQLAlchemyError) as error:
            cause = getattr(error, "orig", None) or error
            raise StartError(
                f"The database `{url.render_as_string()}` cannot be used: {cause}. "
                "Check [database] url in the config."
            ) from error
        yield database
    finally:
        await engine.dispose()


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (OSError, OperationalError, InterfaceError) as error:
        raise RecordsUnavailable from error


def _with_driver(address: str, folder: Path) -> URL:
    try:
        url = make_url(address)
        url = url.set(drivername=DRIVERS[url.get_backend_name()])
    except (ArgumentError, KeyError) as error:
        raise StartError(
            f"[database] url = `{address}` is no address: write `sqlite:///data/athanor.db` or "
            "`postgresql://user:password@host/database`."
        ) from error
    if url.get_backend_name() != "sqlite":
        return url
    file = folder / (url.database or "athanor.db")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(
            f"The folder `{file.parent}` of the database cannot be made: {error.strerror}."
        ) from error
    return url.set(database=str(file))


def _prepare_sqlite(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # The driver would begin transactions by rules of its own; `begin` below does it instead.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
        cursor.execute("PRAGMA journal_mode = WAL")
        # WAL's usual NORMAL may lose the last commits with the power: a job, or an answer.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
