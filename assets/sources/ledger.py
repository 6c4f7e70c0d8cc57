"""The action ledger: what became of decided actions. Runs alone: `python -m assets.sources.ledger --help`.

deliveries       →  raw_ledger.deliveries       (those whose history went on)
delivery_events  →  raw_ledger.delivery_events  (only ever appended to)
knowledge_events  →  raw_ledger.knowledge_events  (only ever appended to)
address_events  →  raw_ledger.address_events  (only ever appended to)
reply_events  →  raw_ledger.reply_events  (only ever appended to)

The ledger is an outside source like any other: its tables are known by their names in the database only.
They are read in one transaction, so that a delivery stands as the last of its events says.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, NoSuchTableError, SQLAlchemyError

from assets.sources.api.connector import ApiConnector
from assets.sources.api.errors import ApiError
from assets.sources.api.settings import ApiSettings
from assets.sources.api.streams import Page, Reading, Stream
from assets.sources.api.tables import Table, at, flag, identifier, on, text, whole_number

SYSTEM = "ledger"
# Numbers of events are given out before they are committed: one may appear after a later one was read.
_COMMITTED_LATE = timedelta(minutes=10)
# What the present attempt needs changes without leaving a trace in the history.
_OPERATIONAL = ("claimed_by", "claimed_at", "lease_expires_at", "next_attempt_at", "message_hash")
# The words of messages stay in the ledger.
_MESSAGES = ("edits", "approved_content")

DELIVERIES = Table(
    "deliveries",
    key=("action_id",),
    columns=(
        identifier("action_id", required=True),
        identifier("channel", required=True),
        identifier("state", required=True),
        whole_number("attempts", required=True, minimum=0),
        whole_number("attempts_forgiven", minimum=0),
        at("first_attempt_at"),
        at("delivered_at"),
        text("destination_ref"),
        text("last_error"),
        identifier("account_id"),
        identifier("play_id"),
        identifier("activity"),
        identifier("mode"),
        identifier("template_id"),
        text("recipient"),
        text("recipient_name"),
        text("reason"),
        identifier("suppressed_by"),
        text("suppressed_reason"),
        flag("is_immediate"),
        whole_number("priority"),
        on("decided_for"),
        at("sla_due_at"),
        on("policy_valid_from"),
        text("facts"),
        identifier("snapshot_version"),
        at("created_at", required=True),
        at("published_at"),
        identifier("destination"),
        at("send_after_at"),
        at("expires_at"),
        at("approved_at"),
        text("approved_by"),
        identifier("approved_hash"),
        identifier("message_kind"),
    ),
    ignored=(*_OPERATIONAL, *_MESSAGES),
)
DELIVERY_EVENTS = Table(
    "delivery_events",
    key=("event_id",),
    columns=(
        whole_number("event_id", required=True),
        identifier("action_id", required=True),
        at("changed_at", "at", required=True),
        identifier("from_state"),
        identifier("to_state", required=True),
        whole_number("attempt"),
        text("who"),
        text("detail"),
    ),
    changed_at="changed_at",
    overlap=_COMMITTED_LATE,
)
KNOWLEDGE_EVENTS = Table(
    "knowledge_events",
    key=("event_id",),
    columns=(
        whole_number("event_id", required=True),
        identifier("candidate_id", required=True),
        at("changed_at", "at", required=True),
        identifier("verdict", required=True),
        text("who"),
        text("why"),
        text("question"),
        text("answer"),
    ),
    changed_at="changed_at",
    overlap=_COMMITTED_LATE,
)
ADDRESS_EVENTS = Table(
    "address_events",
    key=("event_id",),
    columns=(
        whole_number("event_id", required=True),
        identifier("email", required=True),
        at("changed_at", "at", required=True),
        identifier("kind", required=True),
        identifier("action_id"),
        text("detail"),
    ),
    changed_at="changed_at",
    overlap=_COMMITTED_LATE,
    ignored=("origin",),
)
REPLY_EVENTS = Table(
    "reply_events",
    key=("event_id",),
    columns=(
        whole_number("event_id", required=True),
        identifier("action_id", required=True),
        at("changed_at", "at", required=True),
        identifier("kind", required=True),
        text("author"),
        at("replied_at", required=True),
    ),
    changed_at="changed_at",
    overlap=_COMMITTED_LATE,
    ignored=("origin",),
)
# What delivery writes beside its deliveries, in the order of the cursor.
_SAID = (KNOWLEDGE_EVENTS, ADDRESS_EVENTS, REPLY_EVENTS)


class LedgerUnreadableError(ApiError):
    """The ledger's database can't be read; the message says what to do."""


class LedgerSettings(ApiSettings):
    """`url`: `sqlite:////path/to/ledger.db` or `postgresql+<installed driver>://user:password@host/database`."""

    base_url: str = ""
    url: SecretStr
    page_size: int = 5_000


def _stream(settings: LedgerSettings) -> Stream:
    def read(reading: Reading) -> Iterator[Page]:
        with _transaction(settings) as connection:
            if connection is None:
                where = _url(settings).render_as_string(hide_password=True)
                reading.leave_out(
                    f"there is no ledger at {where} yet; a run that delivers makes one, and if there should "
                    "be one, correct TIERLINE_LEDGER_URL"
                )
                return
            deliveries, events = (
                _reflected(connection, "deliveries"),
                _reflected(connection, "delivery_events"),
            )
            last, *said_until = _read_until(reading)
            while rows := _rows(connection, _after(events, last, settings.page_size)):
                last = rows[-1]["event_id"]
                acted = sorted({row["action_id"] for row in rows})
                changed = _rows(connection, sa.select(deliveries).where(deliveries.c.action_id.in_(acted)))
                yield Page({"delivery_events": rows, "deliveries": changed}, [last, *said_until])
            last = _settled(connection, events, last)
            for place, table in enumerate(_SAID):
                # A ledger that no delivery has brought up to date yet has no such table.
                if not sa.inspect(connection).has_table(table.name):
                    continue
                said = _reflected(connection, table.name)
                while rows := _rows(connection, _after(said, said_until[place], settings.page_size)):
                    said_until[place] = rows[-1]["event_id"]
                    yield Page({table.name: rows}, [last, *said_until])
                said_until[place] = _settled(connection, said, said_until[place])
            yield Page({}, [last, *said_until])

    return Stream("ledger", (DELIVERIES.name, DELIVERY_EVENTS.name, *(table.name for table in _SAID)), read)


def _read_until(reading: Reading) -> list[int]:
    """The last event read of deliveries, and of each table in `_SAID`; earlier versions kept fewer."""
    cursor = reading.cursor
    kept = [int(str(number)) for number in cursor] if isinstance(cursor, list) else [int(str(cursor or 0))]
    return kept + [0] * (1 + len(_SAID) - len(kept))


def _after(events: sa.Table, last: int, most: int) -> sa.Select[Any]:
    return sa.select(events).where(events.c.event_id > last).order_by(events.c.event_id).limit(most)


def _settled(connection: sa.Connection, events: sa.Table, last: int) -> int:
    """The event from which the next reading goes on."""
    if connection.dialect.name == "sqlite" or last == 0:
        # One writer at a time: numbers are committed in order.
        return last
    newest: datetime = connection.execute(sa.select(sa.func.max(events.c.at))).scalar_one()
    settled = sa.select(sa.func.max(events.c.event_id)).where(events.c.at < newest - _COMMITTED_LATE)
    return int(connection.execute(settled).scalar_one() or 0)


@contextmanager
def _transaction(settings: LedgerSettings) -> Iterator[sa.Connection | None]:
    """One look at the database, which nobody's writing changes; None where there is no file yet."""
    url = _url(settings)
    if url.get_backend_name() == "sqlite" and not (file := Path(url.database or "")).is_file():
        if not file.parent.is_dir():
            raise LedgerUnreadableError(
                f"there is no folder {file.parent} for a ledger to be in; correct TIERLINE_LEDGER_URL"
            )
        yield None
        return
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        shown = url.render_as_string(hide_password=True)
        raise LedgerUnreadableError(
            f"the ledger at {shown} can't be read ({type(error).__name__}); check TIERLINE_LEDGER_URL, and "
            "that the database answers"
        ) from None
    finally:
        engine.dispose()


def _url(settings: LedgerSettings) -> sa.URL:
    try:
        url = sa.make_url(settings.url.get_secret_value())
    except ArgumentError as error:
        raise _unusable(error) from None
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _engine(url: sa.URL) -> sa.Engine:
    try:
        if url.get_backend_name() != "sqlite":
            return sa.create_engine(url, isolation_level="REPEATABLE READ")
        # Read-only: this never makes a ledger, nor changes one.
        path = quote(str(Path(url.database or "").absolute()))
        engine = sa.create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise _unusable(error) from None
    # The driver itself begins no transaction for reading.
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _unusable(error: Exception) -> LedgerUnreadableError:
    return LedgerUnreadableError(
        "TIERLINE_LEDGER_URL must look like sqlite:////path/to/ledger.db or "
        f"postgresql+<installed driver>://… ({type(error).__name__})"
    )


def _reflected(connection: sa.Connection, name: str) -> sa.Table:
    try:
        return sa.Table(name, sa.MetaData(), autoload_with=connection)
    except NoSuchTableError:
        raise LedgerUnreadableError(
            f"the database at TIERLINE_LEDGER_URL has no table {name}: it is no ledger, or one never used"
        ) from None


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> Sequence[Mapping[str, Any]]:
    return [dict(row) for row in connection.execute(query).mappings()]


CONNECTOR = ApiConnector(
    SYSTEM,
    LedgerSettings,
    (DELIVERIES, DELIVERY_EVENTS, *_SAID),
    lambda settings: [_stream(settings)],
)

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
