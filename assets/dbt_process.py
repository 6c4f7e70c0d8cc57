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


def main() -> None:
    # Run as a file, Python looks in this folder first; dbt's profile names modules of the repository.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    from dbt.cli.main import cli  # noqa: PLC0415 - takes seconds; the watch comes first

    cli(sys.argv[1:])


if __name__ == "__main__":
    main()
