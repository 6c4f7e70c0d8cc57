"""A load of the drop folder, table by table: what has changed is read, judged and replaces what stood."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from assets.sources import load_log
from assets.sources.drop import identity, judging, mapping, quarantine, reading, standing
from assets.sources.drop.contract import TABLES
from assets.sources.drop.files import Fingerprint, Found, Input, regular_files, sha256
from assets.sources.drop.formats import Formats
from assets.sources.drop.lines import UnreadableFileError
from assets.sources.drop.mapping import MappedRows
from assets.sources.drop.schema import Table
from assets.sources.drop.standing import SOURCE
from assets.sources.load_log import FileState

# Tables that say who is who: when they change, rows of others may belong to someone else.
_IDENTITY_TABLES = ("csms", "accounts", "users")
# Of a whole load; they would hold memory for as long as the connection lives.
_TEMPORARY_TABLES = (
    *("records", "quoted_lines", "key_sets", "judged", "touched", "effective_before", "contested"),
    *("replaced_files", "identity", "identity_before", "identity_changes"),
)


@dataclass(frozen=True)
class TableLoad:
    """A table after a load: what was read, and what stands (rows_in = loaded + duplicate + quarantined)."""

    table: str
    files_read: int
    files_unchanged: int
    rows_in: int
    rows_loaded: int
    rows_duplicate: int
    rows_quarantined: int


@dataclass
class Load:
    """One load: what it was given, what it knows of earlier ones, and what it has found out so far.

    `accounts_elsewhere`: the folder has no accounts and need not; other systems do.
    `mapped`: results of mappings by table. `due`: (table, file) whose rows from the future have come of age.
    """

    connection: duckdb.DuckDBPyConnection
    folder: Path
    found: Found
    formats: Formats
    working: Path
    now: datetime
    progress: Callable[[str], None]
    accounts_elsewhere: bool = False
    load_id: int = 0
    known: Mapping[tuple[str, str], FileState] = field(default_factory=dict)
    mapped: dict[str, MappedRows] = field(default_factory=dict)
    due: set[tuple[str, str]] = field(default_factory=set)
    has_new_identities: bool = False
    content_hashes: dict[Path, str] = field(default_factory=dict)

    def sha256(self, path: Path) -> str:
        """Mappings share the folder's files: each is hashed once a load."""
        if path not in self.content_hashes:
            self.content_hashes[path] = sha256(path)
        return self.content_hashes[path]

    def fingerprint(self, source: Input) -> Fingerprint:
        recipe = self.formats.text
        paths = [source.path]
        if source.form == "sql":
            recipe += source.path.read_text("utf-8", "surrogateescape")
            paths = regular_files(self.folder, hidden=True)
        return Fingerprint(paths, folder=self.folder, recipe=recipe, sha256=self.sha256)


def load_tables(load: Load) -> list[TableLoad]:
    """Load every table of the contract, in the order in which they refer to each other."""
    connection = load.connection
    prepare(connection)
    load.load_id = load_log.next_load_id(connection)
    load.known = load_log.known_files(connection, SOURCE)
    _report_vanished(load)
    changed = {each: state for each in load.found.inputs if (state := _changed_state(load, each)) is not None}
    _run_mappings(load, [each for each in changed if each.form == "sql"])
    identity.refresh(connection, name="identity_before")
    identity.refresh(connection)
    load.due = quarantine.files_due(connection, load.now)
    loads = [_load_table(load, table, changed) for table in TABLES.values()]
    for name in _TEMPORARY_TABLES:
        connection.execute(f"drop table if exists temp.{name}")
    return loads


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the schemas and all tables, empty, where they are not there yet."""
    load_log.prepare(connection)
    standing.prepare(connection, TABLES.values())
    connection.execute(quarantine.DDL)


def _changed_state(load: Load, source: Input) -> FileState | None:
    """The file's new state if its content differs from what was read before, else None."""
    known = load.known.get((source.table, source.name))
    try:
        fingerprint = load.fingerprint(source)
        if known is not None and known.stamp == fingerprint.stamp:
            return None
        state = fingerprint.state
    except OSError:
        # Reading it will say what is wrong with it.
        return FileState(0, 0, "unreadable", "unreadable")
    if known is not None and known.sha256 == state.sha256:
        load_log.touch_file(load.connection, SOURCE, source.table, source.name, state)
        return None
    return state


def _load_table(load: Load, table: Table, changed: Mapping[Input, FileState]) -> TableLoad:
    connection = load.connection
    started_at = _utc_now()
    inputs = load.found.of(table.name)
    states = {each: changed[each] for each in inputs if each in changed}
    again = {file for name, file in load.due if name == table.name}
    if load.has_new_identities:
        again |= identity.files_to_read_again(connection, table)
    for each in inputs:
        if each.name in again and each not in states:
            states[each] = load.known[(table.name, each.name)]
    _run_mappings(load, [each for each in states if each.form == "sql"])
    taken_over = [
        name for name in load.found.superseded.get(table.name, ()) if (table.name, name) in load.known
    ]
    if states or taken_over:
        _replace(load, table, states, taken_over)
        if table.name in _IDENTITY_TABLES:
            identity.refresh(connection)
            load.has_new_identities = identity.note_changes(connection)
    files_unchanged = len(inputs) - len(states)
    load_log.record_load(
        connection,
        load.load_id,
        SOURCE,
        table.name,
        started_at=started_at,
        finished_at=_utc_now(),
        files_read=len(states),
        files_unchanged=files_unchanged,
        counts=load_log.standing_counts(connection, SOURCE, table.name, load_id=load.load_id),
    )
    counts = load_log.standing_counts(connection, SOURCE, table.name)
    return TableLoad(
        table.name,
        len(states),
        files_unchanged,
        counts.rows_in,
        counts.rows_loaded,
        counts.rows_duplicate,
        counts.rows_quarantined,
    )


def _replace(load: Load, table: Table, states: Mapping[Input, FileState], taken_over: list[str]) -> None:
    judging.prepare(load.connection, table)
    replaced = set(taken_over)
    unreadable = set()
    for number, (source, state) in enumerate(states.items(), start=1):
        load.progress(f"{source.name}: reading (file {number} of {len(states)} of {table.name})")
        load_log.record_file(load.connection, SOURCE, table.name, source.name, state, load_id=load.load_id)
        try:
            _judge_file(load, table, source)
            replaced.add(source.name)
        except (UnreadableFileError, OSError) as error:
            load.progress(f"{source.name}: not loaded: {error}")
            quarantine.add_whole_file(load.connection, table.name, source.name, str(error), load.load_id)
            unreadable.add(source.name)
    for name in taken_over:
        standing.forget(load.connection, table.name, name)
    standing.apply(load.connection, table, replaced, load.load_id)
    standing.count_files(load.connection, table, unreadable)


def _judge_file(load: Load, table: Table, source: Input) -> None:
    formats = load.formats.tables[table.name]
    rows = reading.stage(
        load.connection, table, source, formats, folder=load.folder, working=load.working, mapped=load.mapped
    )
    if rows is not None:
        reading.refuse_missing_columns(rows)
    quarantine.clear_file(load.connection, table.name, source.name)
    if rows is not None:
        judging.judge(
            load.connection,
            table,
            rows,
            formats,
            file=source.name,
            load_id=load.load_id,
            now=load.now,
            accounts_elsewhere=load.accounts_elsewhere,
        )
        quarantine.add_rejected_rows(load.connection, table.name, source.name, rows.raw_sql, load.load_id)


def _run_mappings(load: Load, sources: list[Input]) -> None:
    pending = {each.table: each.path for each in sources if each.table not in load.mapped}
    if not pending:
        return
    load.progress(f"mapping {', '.join(f'{table}.sql' for table in pending)}")
    for table, rows in mapping.run(load.folder, pending, working=load.working).items():
        reading.check_mapped_columns(TABLES[table], rows)
        load.mapped[table] = rows


def _report_vanished(load: Load) -> None:
    present = {(each.table, each.name) for each in load.found.inputs}
    present |= {(table, name) for table, names in load.found.superseded.items() for name in names}
    for table, name in sorted(set(load.known) - present):
        load.progress(f"{name}: no longer in the folder; the rows it gave {table} stay")


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
