"""What the published snapshot says today against sending a decided action: `actions.fct_delivery_stops`.

Between decision and sending a customer may leave, opt out or ask for people, and a night may fall. Which
guards are looked at again, for whom and in which words is policy (`delivery_guards`); this only reads it.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from sensors.decisions import SnapshotUnreadableError
from warehouse.snapshots import newest_beside, open_snapshot

STOPS, WINDOWS = "fct_delivery_stops", "fct_sending_windows"


@dataclass(frozen=True)
class Stop:
    """A guard against one action. `effect`: `suppress`, `wait` or `delay`. `recipient`: if it goes there.
    `on_news`: only once the ledger has news of one of these kinds of that address; empty: it holds."""

    guard_id: str
    effect: str
    recipient: str | None
    words: str
    on_news: frozenset[str] = frozenset()


class DeliveryStops:
    """The stops of one opened snapshot; without one, or in one from before stops were published: none."""

    def __init__(self, connection: duckdb.DuckDBPyConnection | None = None) -> None:
        self._connection = connection if connection is not None and _holds_stops(connection) else None
        # Snapshots of before the news that matters was published only know what stood when they were built.
        self._news = "on_news" if self._connection and _tells_news(self._connection) else "null"

    def follow(self) -> None:
        """Turn to the newest published snapshot; these stay what they are."""

    def of(self, action_ids: Sequence[str]) -> dict[str, list[Stop]]:
        """The stops of these actions, the first to be named first."""
        if self._connection is None or not action_ids:
            return {}
        rows = self._connection.cursor().execute(
            f"select action_id, guard_id, effect, recipient, words, {self._news} from actions.{STOPS}"
            " where action_id in (select unnest(?)) order by priority, guard_id",
            [list(action_ids)],
        )
        found: dict[str, list[Stop]] = {}
        for action_id, guard_id, effect, recipient, words, news in rows.fetchall():
            stop = Stop(guard_id, effect, recipient, words, frozenset((news or "").split()))
            found.setdefault(action_id, []).append(stop)
        return found

    def opens_at(self, account_id: str | None, now: datetime) -> datetime | None:
        """When people next work where the account is: `now` or before when they do already; None: unknown."""
        if self._connection is None:
            return None
        opening = (
            self._connection.cursor()
            .execute(
                f"select min(opens_at) from actions.{WINDOWS} where account_id = ? and closes_at > ?",
                [account_id, now.astimezone(UTC).replace(tzinfo=None)],
            )
            .fetchone()
        )
        at = opening[0] if opening else None
        return at.replace(tzinfo=UTC) if isinstance(at, datetime) else None


class NewestStops(DeliveryStops):
    """The stops of the newest published snapshot, however long a delivery takes: `follow` opens it once the
    pointer beside the opened version names another."""

    def __init__(self, snapshot: Path) -> None:
        self._version: Path | None = None
        self._opened = ExitStack()
        self._turn_to(snapshot.resolve())

    def follow(self) -> None:
        """Raises `SnapshotUnreadableError`."""
        newest = newest_beside(self._version) if self._version else None
        if newest is not None and newest != self._version:
            self._turn_to(newest)

    def close(self) -> None:
        self._opened.close()

    def _turn_to(self, version: Path) -> None:
        with _readable(version), ExitStack() as opened:
            super().__init__(opened.enter_context(open_snapshot(version)))
            before, self._opened = self._opened, opened.pop_all()
            before.close()
        self._version = version


@contextmanager
def open_stops(snapshot: Path | None) -> Iterator[DeliveryStops]:
    """Open a snapshot's stops; they stay open while this lasts. Raises `SnapshotUnreadableError`."""
    if snapshot is None:
        yield DeliveryStops()
        return
    with _readable(snapshot):
        stops = NewestStops(snapshot)
        try:
            yield stops
        finally:
            stops.close()


@contextmanager
def _readable(snapshot: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise SnapshotUnreadableError(
            f"what stops deliveries can't be read from {snapshot.name}; publish a new snapshot with "
            f"`make run`: {error}"
        ) from error


def _holds_stops(connection: duckdb.DuckDBPyConnection) -> bool:
    found = connection.cursor().execute(
        "select count(*) from information_schema.tables"
        " where table_schema = 'actions' and table_name in (?, ?)",
        [STOPS, WINDOWS],
    )
    return found.fetchone() == (2,)


def _tells_news(connection: duckdb.DuckDBPyConnection) -> bool:
    found = connection.cursor().execute(
        "select count(*) from information_schema.columns"
        " where table_schema = 'actions' and table_name = ? and column_name = 'on_news'",
        [STOPS],
    )
    return found.fetchone() == (1,)
