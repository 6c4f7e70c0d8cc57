"""`make run`: the whole pipeline once, in this process, with a summary at the end.

Exit codes: 0 all done; 1 a step or a blocking check failed, or a system could not be read (the rest is done
all the same); 2 the command or its settings make no sense. The
last line on standard output then says what failed and what to do; the whole account is in the log.
"""

import argparse
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NoReturn, TextIO

from assets.as_of import FIRST_DAY
from orchestration.inputs import Input, InputMissingError, MixedCompaniesError, choose
from orchestration.progress import Progress
from orchestration.settings import SettingsError, read_settings
from sensors.channels.channel import ChannelMisconfiguredError
from sensors.channels.checking import check_destinations
from sensors.environment import IncompleteChannelError
from warehouse.home import Home
from warehouse.writing import NotWritableError, writing_to

DONE, FAILED, MISUSED = 0, 1, 2
_KEPT_LOGS = 20
_STOPPED = "stopped on request; the next run does the unfinished work again"


class UsageError(ValueError):
    """The command line makes no sense."""


@dataclass(frozen=True)
class Arguments:
    data: Path | None
    mapping: Path | None
    as_of: date | None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `make help`")


def parse(arguments: Sequence[str], *, today: date) -> Arguments:
    """Raises `UsageError`."""
    parser = _Parser(prog="python -m orchestration.run", description="Run the whole pipeline once.")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="drop folder to read")
    parser.add_argument("--mapping", type=Path, metavar="FOLDER", help="SQL mappings over it")
    parser.add_argument("--as-of", metavar="YYYY-MM-DD", help="last day to score")
    given = parser.parse_args(arguments)
    return Arguments(given.data, given.mapping, _day(given.as_of, today) if given.as_of else None)


def main(arguments: Sequence[str], stream: TextIO) -> int:
    """Run once, writing for a person to `stream`. Returns the exit code."""
    tell = Progress(stream)
    now = datetime.now(UTC)
    try:
        given = parse(arguments, today=now.date())
        settings = read_settings(data=given.data, mapping=given.mapping)
        # A channel that is incomplete or can't work is better known now than after the run.
        check_destinations(settings.channels(), settings.operations().channels())
        source = choose(settings)
    except (
        UsageError,
        SettingsError,
        IncompleteChannelError,
        ChannelMisconfiguredError,
        InputMissingError,
        MixedCompaniesError,
    ) as error:
        tell(f"Not started: {error}")
        return MISUSED
    tell(f"Tierline reads {source.origin}; state is kept in {settings.state.root}")
    try:
        log = _log_file(settings.state, now)
    except NotWritableError as error:
        tell(f"Not started: {error}")
        return MISUSED
    with log.open("w", buffering=1) as file, redirect_stdout(file), redirect_stderr(file):
        failure = _until_done_or_stopped(lambda: _attempt(source, stream, given.as_of, now))
    if failure is not None:
        tell(f"Failed: {' '.join(failure.split())} (full account: {log})")
        return FAILED
    return DONE


def _attempt(source: Input, stream: TextIO, as_of: date | None, now: datetime) -> str | None:
    try:
        # Takes seconds to import, so not before the first line is out.
        from orchestration.attempt import attempt  # noqa: PLC0415

        return attempt(source, stream, as_of=as_of, now=now)
    except BaseException as error:  # whatever ends this thread must be told
        traceback.print_exc()
        return _told(error)


def _until_done_or_stopped(work: Callable[[], str | None]) -> str | None:
    """Do `work` in a thread of its own, so that Ctrl-C and SIGTERM are answered here and at once.

    On the main thread Dagster takes the signals over, and a long query holds them up. What is under way when
    the process ends is undone by whoever opens it next, as after any crash.
    """
    outcome: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: outcome.put(_STOPPED))
    threading.Thread(target=lambda: outcome.put(work()), daemon=True).start()
    return outcome.get()


def _told(error: BaseException) -> str:
    """Our own errors say what to do; others are named, and their place is in the log."""
    if type(error).__module__.partition(".")[0] in ("assets", "orchestration", "sensors", "warehouse"):
        return str(error)
    return f"unexpected {type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"AS_OF={text} is not a day; write it as YYYY-MM-DD") from None
    if not FIRST_DAY <= day <= today:
        raise UsageError(f"AS_OF={text} is out of range; it can be {FIRST_DAY} to {today} (UTC)")
    return day


def _log_file(home: Home, now: datetime) -> Path:
    folder = home.create().root / "logs"
    with writing_to(f"TIERLINE_HOME={home.root}"):
        folder.mkdir(exist_ok=True)
        for old in sorted(folder.glob("run-*.log"))[: -_KEPT_LOGS + 1]:
            old.unlink(missing_ok=True)
    return folder / f"run-{now:%Y-%m-%dT%H%M%S}Z-{os.getpid()}.log"


if __name__ == "__main__":
    code = main(sys.argv[1:], sys.stdout)
    sys.stdout.flush()
    # Everything is closed and flushed. Leaving without the interpreter's teardown saves a second of it, and
    # the database library's complaints about objects other libraries hold on to.
    os._exit(code)
