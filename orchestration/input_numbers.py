"""The figures of the summary about what came in: rows, whose they are, how old they are."""

from dataclasses import dataclass, field

import duckdb

from assets.drop_folder import SYSTEM as DROP_FOLDER
from assets.freshness import Feed, feeds
from warehouse.home import Home
from warehouse.working import WarehouseBusyError, open_warehouse


@dataclass(frozen=True)
class TableRows:
    """Where a raw table's rows went: rows_in = loaded + duplicate + quarantined.

    Of the drop folder what its files give at present, of a system all that was ever read.
    """

    system: str
    table: str
    rows_in: int
    loaded: int
    duplicate: int
    quarantined: int

    @property
    def name(self) -> str:
        return self.table if self.system == DROP_FOLDER else f"{self.system}.{self.table}"


@dataclass(frozen=True)
class Conflicts:
    """Ids, references or domains (`kind`) that lead to several accounts; `example` is one of them."""

    kind: str
    count: int
    example: str


@dataclass(frozen=True)
class Unmatched:
    """Rows of a system's entity, and how many of them belong to no account."""

    system: str
    entity: str
    rows: int
    unmatched: int
    example: str


@dataclass(frozen=True)
class Identity:
    """What could not be settled about who is who."""

    conflicts: list[Conflicts] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)


def table_rows(home: Home) -> list[TableRows]:
    """Per raw table that was given rows; none while others hold the database."""
    if not home.warehouse.exists():
        return []
    counted = (
        "sum(rows_in)::bigint as rows_in, sum(rows_loaded)::bigint, sum(rows_duplicate)::bigint,"
        " sum(rows_quarantined)::bigint"
    )
    try:
        with open_warehouse(home.warehouse, wait_seconds=1) as connection:
            rows = connection.execute(
                f"select source, table_name, {counted} from raw_tierline.files"
                f" where source = '{DROP_FOLDER}' group by all"
                f" union all select source, table_name, {counted} from raw_tierline.loads"
                f" where source <> '{DROP_FOLDER}' group by all having sum(rows_in) > 0"
                " order by 1, 2"
            ).fetchall()
    except (duckdb.CatalogException, WarehouseBusyError):
        return []
    return [TableRows(*row) for row in rows]


def identity(snapshot: duckdb.DuckDBPyConnection) -> Identity:
    try:
        conflicts = snapshot.execute(
            "select kind, count(*), min_by(case kind when 'product id overruled'"
            " then concat(example_record, ' says ', token, ' and is ', account_ids)"
            " else concat(token, ' leads to ', coalesce(account_ids, 'no account')) end, token)"
            " from marts.fct_identity_conflicts group by kind order by kind"
        ).fetchall()
        unmatched = snapshot.execute(
            "select system, entity, rows_matched + rows_unmatched, rows_unmatched, coalesce(example, '')"
            " from marts.fct_unmatched_records where rows_unmatched > 0 order by system, entity"
        ).fetchall()
    except duckdb.CatalogException:  # the snapshot of a version before these
        return Identity()
    return Identity([Conflicts(*row) for row in conflicts], [Unmatched(*row) for row in unmatched])


def known_feeds(snapshot: duckdb.DuckDBPyConnection) -> list[Feed]:
    try:
        return feeds(snapshot)
    except (duckdb.CatalogException, duckdb.BinderException):  # the snapshot of a version before these
        return []
