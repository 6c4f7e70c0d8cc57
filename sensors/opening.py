"""Opening the ledger's database: transactions that lock when they say so, and the newest schema.

SQLite runs in WAL mode: readers never wait for the writer. Writing transactions start with
`BEGIN IMMEDIATE`, because a transaction that reads first and writes later fails at once, whatever the busy
timeout, when another writer came in between. Every commit is flushed to disk before it returns
(`synchronous=FULL`): a claim that a power cut could undo would be a message sent twice.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from sensors.locks import AdvisoryLocks, FileLocks, Locks
from sensors.schema import REVISION

BUSY_TIMEOUT_SECONDS = 30
_MIGRATIONS = Path(__file__).parent / "migrations"


class LedgerUnusableError(RuntimeError):
    """The ledger's database can't be used; the message says what to do."""


@dataclass(frozen=True)
class Database:
    """`readers` opens plain transactions; `writers` opens ones that may write. Same database."""

    readers: Engine
    writers: Engine
    locks: Locks

    def close(self) -> None:
        self.readers.dispose()
        self.writers.dispose()


def open_database(url: str, *, may_create: bool = True) -> Database:
    """Open `sqlite:///<path>`, `postgresql://…` or `postgresql+<driver>://…`; bring its schema up to date.

    Any number of processes may do so at once. Raises `LedgerUnusableError`, also where there is no ledger yet
    and it may not be made: for those who only look, at a mistyped address.
    """
    try:
        parsed = make_url(url)
        is_file = parsed.get_backend_name() == "sqlite"
        if is_file and not may_create and parsed.database and not Path(parsed.database).exists():
            raise _nothing_there(parsed)
        database = _sqlite(parsed) if is_file else _server(parsed)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise LedgerUnusableError(
            "the ledger's URL can't be used: it must look like sqlite:////path/to/ledger.db or "
            f"postgresql+<installed driver>://… ({type(error).__name__})"
        ) from None
    try:
        standing = _revision(database.readers)
        if standing is None and not may_create:
            database.close()
            raise _nothing_there(parsed)
        if standing != REVISION:
            with database.locks.wait("migration"):
                _migrate(database)
    except SQLAlchemyError as error:
        database.close()
        raise LedgerUnusableError(
            f"the ledger at {parsed.render_as_string(hide_password=True)} can't be opened: "
            f"{error.__cause__ or error}"
        ) from error
    return database


def _nothing_there(url: URL) -> LedgerUnusableError:
    return LedgerUnusableError(
        f"there is no ledger at {url.render_as_string(hide_password=True)}; `make run` makes one, and "
        "TIERLINE_HOME or TIERLINE_LEDGER_URL says where it is"
    )


def _sqlite(url: URL) -> Database:
    if not url.database or url.database == ":memory:":
        raise LedgerUnusableError("the ledger must be a file: one in memory forgets what was sent")
    path = Path(url.database).absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerUnusableError(f"the ledger can't be kept in {path.parent}: {error.strerror}") from None
    url = url.set(database=str(path))
    locks = FileLocks(path.with_name(f"{path.name}.locks"))

    def engine(begin: str) -> Engine:
        made = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
        event.listen(made, "connect", _prepare)
        event.listen(made, "begin", _beginning(begin))
        return made

    database = Database(readers=engine("BEGIN"), writers=engine("BEGIN IMMEDIATE"), locks=locks)
    with locks.wait("migration"), database.readers.connect() as connection:
        # Switching the journal's mode ignores the busy timeout, hence one process at a time.
        raw = connection.connection.driver_connection
        assert raw is not None
        if raw.execute("pragma journal_mode").fetchone()[0] != "wal":
            connection.rollback()
            raw.execute("pragma journal_mode = wal")
    return database


def _server(url: URL) -> Database:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url, pool_pre_ping=True)
    return Database(readers=engine, writers=engine, locks=AdvisoryLocks(engine))


def _prepare(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself; the "begin" listener does.
    connection.isolation_level = None
    connection.execute("pragma synchronous = full")


def _beginning(statement: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("select version_num from alembic_version")).scalar()


def _migrate(database: Database) -> None:
    # Slow to import, and needed once per ledger and version.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
    standing = _revision(database.readers)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if standing is not None and standing not in known:
        raise LedgerUnusableError(
            f"the ledger has schema {standing}, which is newer than this Tierline knows ({REVISION}); "
            "update Tierline, or point TIERLINE_LEDGER_URL elsewhere"
        )
    with database.writers.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
