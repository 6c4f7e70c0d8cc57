"""Dagster's SQLite event log, with connections that are kept.

Dagster makes a new engine for every event: it opens the file, compiles the statement, and closing folds the
write-ahead log back, some 10 ms in all. A build logs about a thousand events.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event

# One file for the index and one per run; a daemon that lives for months sees many runs.
_KEPT_ENGINES = 4


def _engine_of(conn_string: str) -> Engine:
    engine = create_engine(
        conn_string,
        pool_size=1,
        connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _sync_at_checkpoints)
    return engine


def _sync_at_checkpoints(connection: Any, _: object) -> None:
    """With a write-ahead log a power cut can then cost the last events of a run, never the file; each event
    does not wait for the disk."""
    connection.execute("pragma synchronous = normal")


class KeptConnections(SqliteEventLogStorage):
    """Same files, same tables, same calls; named in `dagster.yaml`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> "KeptConnections":
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        # The lock lets one thread at a time use the connections, which SQLite's driver asks for.
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> Engine:
        engine = self._engines.pop(shard, None) or _engine_of(self.conn_string_for_shard(shard))
        self._engines[shard] = engine
        while len(self._engines) > _KEPT_ENGINES:
            _, oldest = self._engines.popitem(last=False)
            oldest.dispose()
        return engine

    def dispose(self) -> None:
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()
