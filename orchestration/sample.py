"""A small made-up company as a drop folder, for a first run without any files of one's own."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

_ACCOUNTS = 60
_MONTHS = 6


def make_sample(folder: Path, *, end: date, tell: Callable[[str], None]) -> None:
    """Simulate a company whose last day is `end`, unless `folder` is there already. All or nothing."""
    if folder.exists():
        return
    from simulator.drop_folder import write  # noqa: PLC0415 - rarely needed

    tell(f"Making up a company of {_ACCOUNTS} accounts and {_MONTHS} months ...")
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    write(unfinished, accounts=_ACCOUNTS, months=_MONTHS, end=end)
    unfinished.replace(folder)
