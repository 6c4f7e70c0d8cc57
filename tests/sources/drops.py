"""A drop folder on disk, a warehouse, and the loading of one into the other."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from assets.sources import drop_folder
from assets.sources.drop_folder import TableLoad

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACCOUNTS = "account_id,name,domain\nA1,Acme,acme.com\nA2,Beta,beta.io\n"


@dataclass
class Drop:
    """A drop folder with its warehouse. `read` collects what the last load said it was reading."""

    folder: Path
    quarantine: Path
    connection: duckdb.DuckDBPyConnection
    mapping: Path | None = None
    messages: list[str] = field(default_factory=list)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, now: datetime = NOW, *, has_other_systems: bool = False) -> dict[str, TableLoad]:
        self.messages.clear()
        loads = drop_folder.load(
            self.connection,
            self.folder,
            mapping=self.mapping,
            quarantine=self.quarantine,
            now=now,
            progress=self.messages.append,
            has_other_systems=has_other_systems,
        )
        for each in loads:
            assert each.rows_in == each.rows_loaded + each.rows_duplicate + each.rows_quarantined
        return {each.table: each for each in loads}

    @property
    def files_read(self) -> list[str]:
        return [message.split(": reading")[0] for message in self.messages if ": reading" in message]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def rejected(self, table: str) -> list[tuple[int, str]]:
        return self.rows(
            f"select line, reason from raw_drop_folder._quarantine"
            f" where source_table = '{table}' order by file, line"
        )

    def changes(self, table: str) -> set[tuple[Any, ...]]:
        """(account, day) pairs that the last load changed."""
        return set(
            self.rows(
                "select account_id, changed_on::varchar from raw_tierline.changes"
                f" where table_name = '{table}' and load_id = (select max(load_id) from raw_tierline.loads)"
            )
        )
