"""dbt as a child that does not outlive its parent: run as a file, with dbt's own arguments.

A pipeline killed in the middle of a build must not leave a dbt behind that goes on writing to the working
database while the next run begins.
"""

import os
import sys
import threading
import time
from pathlib import Path


def end_with(parent: int) -> None:
    """Exit at once, as if killed too, when `parent` is gone."""
    while os.getppid() == parent:
        time.sleep(0.1)
    os._exit(1)


def _keys_without_path(_: object) -> tuple[str, ...]:
    return ("database", "schema", "settings", "attach")


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
    cli(sys.argv[1:])


if __name__ == "__main__":
    main()
