"""dbt as a child that does not outlive its parent: run as a file, with dbt's own arguments.

A pipeline killed in the middle of a build must not leave a dbt behind that goes on writing to the working
database while the next run begins.
"""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any


def end_with(parent: int) -> None:
    """Exit at once, as if killed too, when `parent` is gone."""
    while os.getppid() == parent:
        time.sleep(0.1)
    os._exit(1)


def _keys_without_path(_: object) -> tuple[str, ...]:
    return ("database", "schema", "settings", "attach")


def _make_no_unheard_events() -> None:
    """dbt turns each debug event into a message and a line, once for each of its logs, before the log's level
    drops it: an eighth of the processor time of a small build."""
    from dbt_common.events.base_types import BaseEvent, EventLevel  # noqa: PLC0415
    from dbt_common.events.event_manager import EventManager  # noqa: PLC0415

    fire = EventManager.fire_event

    def fire_heard(
        self: EventManager, e: BaseEvent, level: EventLevel | None = None, *rest: Any, **named: Any
    ) -> None:
        is_debug = (level or e.level_tag()) == EventLevel.DEBUG
        if not is_debug or any(log.level == EventLevel.DEBUG for log in self.loggers):
            fire(self, e, level, *rest, **named)

    EventManager.fire_event = fire_heard  # type: ignore[method-assign]


def main() -> None:
    # Run as a file, Python looks in this folder first; dbt's profile names modules of the repository.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    # Takes seconds; the watch comes first.
    from dbt.adapters.duckdb.credentials import DuckDBCredentials  # noqa: PLC0415
    from dbt.cli.main import cli  # noqa: PLC0415

    # dbt throws a parse away when the profile has changed, and counts to that where the database lies. No
    # model asks where; so one parse, prepared at set-up, serves every home.
    DuckDBCredentials._connection_keys = _keys_without_path  # type: ignore[method-assign]
    _make_no_unheard_events()
    cli(sys.argv[1:])


if __name__ == "__main__":
    main()
