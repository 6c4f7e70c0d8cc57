"""Rejected rows judged again: what is fit by the rules of today is loaded, unless the key has come since."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from assets.sources.api.judging import Judge
from assets.sources.api.payloads import parsed
from assets.sources.api.tables import Table

# Of rows of `_quarantine` some at a time, in the order of their keys.
Stored = Iterable[pa.Table]


@dataclass(frozen=True)
class TakenUp:
    """Rows of `_quarantine` that are fit now, and their payloads in the same order."""

    stored: pa.Table | None
    payloads: list[Any]

    def resolved(self, moment: datetime, but: Iterable[str]) -> pa.Table | None:
        """The rows with the moment they were resolved at; without keys that are rejected once more."""
        if self.stored is None:
            return None
        again = set(but)
        kept = [key not in again for key in self.stored["key"].to_pylist()]
        rows = self.stored.filter(pa.array(kept, pa.bool_()))
        moments = pa.array([moment] * rows.num_rows, pa.timestamp("us"))
        return rows.set_column(rows.schema.get_field_index("resolved_at"), "resolved_at", moments)


def taken_up(table: Table, stored: Stored, now: datetime, most: int) -> TakenUp:
    """At most about `most` rows; the others are taken up by the next load."""
    fit: list[pa.Table] = []
    payloads: list[Any] = []
    for rows, given in _fit(table, stored, now):
        fit.append(rows)
        payloads += given
        if len(payloads) >= most:
            break
    return TakenUp(pa.concat_tables(fit) if fit else None, payloads)


def picked(stored: Stored, keys: Collection[str]) -> TakenUp:
    """Of these keys alone; nothing of them is judged again."""
    wanted = pa.array(sorted(keys), pa.string())
    found = [rows.filter(pc.is_in(rows["key"], wanted)) for rows in stored]
    return TakenUp(pa.concat_tables(found) if found else None, [])


def by_key(stored: Stored) -> dict[str, Any]:
    """The payloads, parsed."""
    return {
        key: parsed(text.encode())
        for rows in stored
        for key, text in zip(rows["key"].to_pylist(), rows["payload"].to_pylist(), strict=True)
    }


def _fit(table: Table, stored: Stored, now: datetime) -> Iterator[tuple[pa.Table, list[Any]]]:
    for rows in stored:
        payloads = [parsed(text.encode()) for text in rows["payload"].to_pylist()]
        judge = Judge(table, now)
        judge.add(payloads)
        positions = judge.fit_positions()
        judge.close()
        if positions:
            yield rows.take(positions), [payloads[position] for position in positions]
