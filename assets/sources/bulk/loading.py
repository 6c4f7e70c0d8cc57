"""A load of units of events: what has changed replaces what stood, batch by batch, each in one transaction.

Killed at any moment, the warehouse holds the batches before, and the next load goes on from there: which
units are done is known from `raw_tierline.files` alone.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from assets.sources import load_log
from assets.sources.bulk import judging, quarantine, staging, standing, traits
from assets.sources.bulk.schema import TRAITS, EventTable
from assets.sources.bulk.settings import UsageSettings
from assets.sources.bulk.shrinking import ShrinkGuard, ShrunkUnitsError
from assets.sources.bulk.staging import Export
from assets.sources.connector import Places, TableLoad, Tell
from assets.sources.load_log import FileState, RowCounts
from warehouse.working import open_warehouse

# Lines with more kinds of unread keys than this are kept whole in `extra`.
_EXTRA_KEYS_MOST = 100
_NOTHING = RowCounts(0, 0, 0, 0)
# A refused unit is looked at again next time, whatever is known of it.
_REFUSED = FileState(0, 0, "unreadable", "unreadable")


@dataclass
class BulkLoad:
    """One load of one system's events. `known`: state of every unit read before; `guard`: which of those may
    not be replaced by what came."""

    connection: duckdb.DuckDBPyConnection
    system: str
    table: EventTable
    load_id: int
    now: datetime
    tell: Tell
    known: dict[str, FileState]
    due: set[str]
    guard: ShrinkGuard
    read: int = 0
    unchanged: int = 0
    passed_over: int = 0
    counts: RowCounts = field(default_factory=lambda: _NOTHING)
    values: int = 0

    @property
    def schema(self) -> str:
        return f"raw_{self.system}"

    @property
    def quarantine(self) -> str:
        return f"{self.schema}.{self.table.quarantine}"

    def is_known(self, unit: str, stamp: str) -> bool:
        """Whether the unit has not changed by its cheap mark, and need not be read again for another
        reason."""
        known = self.known.get(unit)
        return known is not None and known.stamp == stamp and unit not in self.due

    def is_refused(self, unit: str) -> bool:
        """Whether nothing of the unit could be read the last time."""
        return self.known.get(unit) == _REFUSED

    def take(self, export: Export, states: Mapping[str, FileState] | None = None) -> None:
        """Load the export's units; those whose content is the known one are only noted, those that shrank
        too far are refused.

        `states`: what identifies each unit; without, its content does (vendors' exports, whose bytes vary),
        and the moment it was read stands as `modified_ns`. Raises `UnreadableUnitError`; nothing is then
        changed.
        """
        staging.stage(self.connection, export)
        try:
            found = dict(states) if states is not None else self._states_by_content(export)
            while shrunk := self._settle(found, export):
                self.tell(f"{self.system}: {len(shrunk)} units came with far fewer events, not loaded")
                staging.leave_out(self.connection, list(shrunk))
                found = {unit: state for unit, state in found.items() if unit not in shrunk}
        finally:
            for each in (staging, standing, traits):
                each.clear(self.connection)
        self.known.update(found)
        self.due -= found.keys()

    def refuse(self, unit: str, reason: str) -> None:
        """Note a unit of which nothing can be read: one row in the quarantine; what it gave before stays."""
        self.tell(f"{self.system}: {unit}: not loaded: {reason}")
        with self._transaction():
            stands = load_log.counts_of_files(self.connection, self.system, self.table.name, [unit])
            standing_before = stands.get(unit, _NOTHING)
            if self.is_refused(unit):
                standing_before = standing_before.plus(RowCounts(-1, 0, 0, -1))
            quarantine.add_unit(
                self.connection,
                self.quarantine,
                self.table.name,
                unit=unit,
                reason=reason,
                load_id=self.load_id,
            )
            counts = {unit: (_REFUSED, standing_before.plus(RowCounts(1, 0, 0, 1)))}
            load_log.record_files(self.connection, self.system, self.table.name, counts, load_id=self.load_id)
            refused = RowCounts(1, 0, 0, 1)
            self._log(_utc_now(), files_read=1, files_unchanged=0, counts=refused)
        self.known[unit] = _REFUSED

    def pass_over(self, units: int) -> None:
        """So many units were seen to be unchanged without being read. By one thread at a time, not only
        that of `take`."""
        self.passed_over += units

    def result(self) -> list[TableLoad]:
        counts = self.counts
        events = [
            TableLoad(
                self.table.name,
                counts.rows_in,
                counts.rows_loaded,
                counts.rows_duplicate,
                counts.rows_quarantined,
            ),
        ]
        return [*events, TableLoad(TRAITS, self.values, self.values, 0, 0)] if self.table.traits else events

    def _states_by_content(self, export: Export) -> dict[str, FileState]:
        read_ns = int(self.now.timestamp()) * 1_000_000_000
        contents = staging.content_of_units(self.connection)
        return {
            unit: FileState(0, read_ns, contents.get(unit, staging.EMPTY), contents.get(unit, staging.EMPTY))
            for unit in export.unit_names
        }

    def _is_same(self, unit: str, state: FileState) -> bool:
        known = self.known.get(unit)
        return known is not None and known.sha256 == state.sha256 and unit not in self.due

    def _settle(self, found: Mapping[str, FileState], export: Export) -> set[str]:
        """Note the units that are the same and replace the others, in one transaction; or return those that
        shrank too far, and change nothing."""
        started_at = _utc_now()
        same = [unit for unit, state in found.items() if self._is_same(unit, state)]
        staging.leave_out(self.connection, same)
        changed = {unit: state for unit, state in found.items() if unit not in set(same)}
        known = [unit for unit in changed if unit in self.known]
        stands = load_log.counts_of_files(self.connection, self.system, self.table.name, known)
        try:
            with self._transaction():
                for unit in same:
                    load_log.touch_file(self.connection, self.system, self.table.name, unit, found[unit])
                counts, values = self._replace(changed, export) if changed else ({}, 0)
                self.guard.judge(stands, counts)
                total = _total(counts.values())
                self._log(started_at, files_read=len(changed), files_unchanged=len(same), counts=total)
        except ShrunkUnitsError as shrunk:
            return shrunk.units
        self.values += values
        return set()

    def _replace(self, changed: Mapping[str, FileState], export: Export) -> tuple[dict[str, RowCounts], int]:
        """What each unit gives now, and the number of traits seen."""
        units, lines = list(changed), staging.lines_of_units(self.connection)
        extra_keys = staging.unread_keys(self.connection, self.table.read_keys, _EXTRA_KEYS_MOST)
        replaced = standing.replace(
            self.connection,
            self.schema,
            self.table,
            units=units,
            had_rows=any(unit in self.known for unit in units),
            fit=judging.fit(self.table, source="staged", extra_keys=extra_keys, now=self.now),
            source=self.system,
            load_id=self.load_id,
        )
        taken = standing.counts(self.connection, self.schema, self.table, replaced.first_row)
        counts = {
            unit: RowCounts(lines.get(unit, 0), loaded, duplicate, lines.get(unit, 0) - loaded - duplicate)
            for unit in units
            for loaded, duplicate in [taken.get(unit, (0, 0))]
        }
        quarantine.clear(self.connection, self.quarantine, self.table.name, units)
        if quarantined := sum(count.rows_quarantined for count in counts.values()):
            self._reject(export, replaced.first_row, extra_keys, expected=quarantined)
        values = traits.note(self.connection, self.schema, self.table, replaced.first_row)
        files = {unit: (changed[unit], counts[unit]) for unit in units}
        load_log.record_files(self.connection, self.system, self.table.name, files, load_id=self.load_id)
        if replaced.flipped:
            load_log.move_duplicates(self.connection, self.system, self.table.name, replaced.flipped)
        return counts, values

    def _reject(
        self, export: Export, first_row: int, extra_keys: tuple[str, ...] | None, *, expected: int
    ) -> None:
        lines = standing.rejected_lines(self.schema, self.table, first_row)
        judged = judging.judged(self.table, source=lines, extra_keys=extra_keys, now=self.now)
        rejected = (
            f"select judged.*, staged.json from ({judged}) as judged inner join staged on staged.unit = _file"
        )
        quarantine.add_lines(
            self.connection,
            self.quarantine,
            self.table.name,
            rejected=f"{rejected} and staged.line = _line",
            load_id=self.load_id,
            expected=expected,
        )
        if texts := staging.broken_lines(self.connection, export):
            quarantine.add_texts(self.connection, self.quarantine, self.table.name, texts)

    def _log(self, started_at: datetime, *, files_read: int, files_unchanged: int, counts: RowCounts) -> None:
        self.read += files_read
        self.unchanged += files_unchanged
        self.counts = self.counts.plus(counts)
        load_log.record_load(
            self.connection,
            self.load_id,
            self.system,
            self.table.name,
            started_at=started_at,
            finished_at=_utc_now(),
            files_read=files_read,
            files_unchanged=files_unchanged,
            counts=counts,
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.execute("begin transaction")
        try:
            yield
            self.connection.execute("commit")
        except BaseException:
            self.connection.execute("rollback")
            raise

    def finish(self) -> None:
        """Note a load that found nothing to read, so that it is known to have been tried. Raises
        `ShrunkExportError`."""
        if not self.read:
            unchanged = self.unchanged + self.passed_over
            with self._transaction():
                self._log(_utc_now(), files_read=0, files_unchanged=unchanged, counts=_NOTHING)
        self.guard.raise_for_refused()


@contextmanager
def bulk_load(
    warehouse: Path,
    system: str,
    table: EventTable,
    settings: UsageSettings,
    *,
    places: Places,
    now: datetime,
    tell: Tell,
) -> Iterator[BulkLoad]:
    """A load into the warehouse; at the end, however it ends, the quarantine is exported."""
    with open_warehouse(warehouse) as connection:
        load = begun(connection, system, table, now=now, tell=tell)
        load.guard = ShrinkGuard(system, settings.shrink_limit, settings.shrink_rows)
        load.due |= quarantine.units_drifted(connection, system, table.name, settings.drift_limit)
        try:
            yield load
            load.finish()
        finally:
            quarantine.export(connection, load.quarantine, table.name, places.quarantine / system)


def begun(
    connection: duckdb.DuckDBPyConnection, system: str, table: EventTable, *, now: datetime, tell: Tell
) -> BulkLoad:
    """A load on a connection that is open; the raw tables are there afterwards. The time zone must be UTC."""
    schema = f"raw_{system}"
    load_log.prepare(connection)
    standing.prepare(connection, schema, table)
    rejected = f"{schema}.{table.quarantine}"
    quarantine.prepare(connection, rejected)
    known = load_log.known_files(connection, system)
    return BulkLoad(
        connection,
        system,
        table,
        load_log.next_load_id(connection),
        now,
        tell,
        {unit: state for (name, unit), state in known.items() if name == table.name},
        quarantine.units_due(connection, rejected, table.name, now),
        ShrinkGuard(system),
    )


def _total(counts: Collection[RowCounts]) -> RowCounts:
    total = _NOTHING
    for each in counts:
        total = total.plus(each)
    return total


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
