"""The pipeline's own record of its runs: one row per run of the models, and the systems that it read.

A row without `completed_at` is a run that failed or was killed; the next one simply does its work again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

_TABLE = "raw_tierline.runs"
_CONNECTIONS = "raw_tierline.connections"


class NoOpenRunError(RuntimeError):
    """The newest run is not the one that was to be completed."""


class EarlierDayError(ValueError):
    """A day before the last one scored was asked for; the models only go forward."""


@dataclass(frozen=True)
class Run:
    """`through_load` is the newest load the run can see; None before the first load."""

    run_id: int
    as_of: date
    through_load: int | None


def open_run(
    connection: duckdb.DuckDBPyConnection, *, as_of: date, now: datetime, connected: Collection[str] = ()
) -> Run:
    """Append a run that scores up to and including `as_of`. The models read the newest row.

    `connected`: the systems it reads; of others nothing new is expected. None named: of all that ever were.

    Raises `EarlierDayError` when a later day is scored already: earlier days are then in the history.
    """
    _prepare(connection)
    scored_through = last_scored_day(connection)
    if scored_through is not None and as_of < scored_through:
        raise EarlierDayError(
            f"this home is scored through {scored_through}, so AS_OF={as_of} would go back; the marts hold"
            " that day's history, or set TIERLINE_HOME to an empty folder to score it on its own"
        )
    row = connection.execute(
        f"insert into {_TABLE} (run_id, as_of, started_at, through_load)"
        f" select coalesce((select max(run_id) from {_TABLE}), 0) + 1, ?, ?, {_newest_load(connection)}"
        " returning run_id, through_load",
        [as_of, _naive(now)],
    ).fetchone()
    assert row is not None
    if connected:
        connection.executemany(
            f"insert into {_CONNECTIONS} values (?, ?)", [[row[0], system] for system in sorted(connected)]
        )
    return Run(run_id=row[0], as_of=as_of, through_load=row[1])


def complete_run(connection: duckdb.DuckDBPyConnection, *, as_of: date, now: datetime) -> int:
    """Mark the newest run as whole: models built, checks passed, snapshot published. Returns its id.

    Raises `NoOpenRunError` when the newest run is for another day or was completed already, which means
    two pipelines worked on one database at the same time.
    """
    row = connection.execute(
        f"select run_id, as_of, completed_at from {_TABLE} order by run_id desc limit 1"
    ).fetchone()
    if row is None or row[1] != as_of or row[2] is not None:
        raise NoOpenRunError(
            f"the newest run is not an open one for {as_of}: another pipeline used this database meanwhile;"
            " run again when it is done"
        )
    connection.execute(f"update {_TABLE} set completed_at = ? where run_id = ?", [_naive(now), row[0]])
    return int(row[0])


def last_scored_day(connection: duckdb.DuckDBPyConnection) -> date | None:
    """The latest day a whole run has scored; None before the first."""
    _prepare(connection)
    row = connection.execute(f"select max(as_of) from {_TABLE} where completed_at is not null").fetchone()
    return row[0] if row else None


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists raw_tierline")
    connection.execute(
        f"create table if not exists {_TABLE} ("
        "run_id bigint, as_of date, started_at timestamp, through_load bigint, completed_at timestamp)"
    )
    connection.execute(f"create table if not exists {_CONNECTIONS} (run_id bigint, system varchar)")


def _newest_load(connection: duckdb.DuckDBPyConnection) -> str:
    loads = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'raw_tierline' and table_name = 'loads'"
    ).fetchone()
    return "(select max(load_id) from raw_tierline.loads)" if loads and loads[0] else "null"


def _naive(moment: datetime) -> datetime:
    """UTC without a zone, as every timestamp in the warehouse is kept."""
    return moment.astimezone(UTC).replace(tzinfo=None)
