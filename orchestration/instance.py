"""Dagster's instance under the home folder: runs, events, schedule state, for `make run` and `make up`."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter

from assets.resources import WAREHOUSE_POOL
from warehouse.home import Home
from warehouse.working import WarehouseBusyError

# A run of this command carries it, so that a later one knows whose death to record.
COMMAND_TAG = "tierline/command"
_ACTIVE = [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED]

# One run at a time holds the pool: the working database has one writer, and a run of the models must not
# find another run's rows in the middle of its work.
_YAML = """\
# Written by Tierline at every start; changes here are lost.
telemetry:
  enabled: false
concurrency:
  pools:
    default_limit: 1
    granularity: run
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
freshness:
  enabled: true
event_log_storage:
  module: orchestration.event_storage
  class: KeptConnections
  config:
    base_dir: {events}
local_artifact_storage:
  module: dagster._core.storage.root
  class: LocalArtifactStorage
  config:
    base_dir: {folder}
"""


class AlreadyWorkingError(RuntimeError):
    """The same command already runs on this home."""


def prepare(home: Home) -> Path:
    """Write `dagster.yaml` and return the folder to use as `DAGSTER_HOME`."""
    home.create()
    # JSON's strings are YAML's too. The events are where Dagster would put them itself.
    content = _YAML.format(
        folder=json.dumps(str(home.dagster)), events=json.dumps(str(home.dagster / "history" / "runs"))
    )
    target = home.dagster / "dagster.yaml"
    if not target.exists() or target.read_text() != content:
        written = target.with_name(f".{target.name}.{os.getpid()}")
        written.write_text(content)
        written.replace(target)
    return home.dagster


@contextmanager
def open_instance(home: Home) -> Iterator[DagsterInstance]:
    folder = prepare(home)
    # Read by Dagster wherever it looks for its instance by itself.
    os.environ["DAGSTER_HOME"] = str(folder)
    with DagsterInstance.from_config(str(folder)) as instance:
        yield instance


@contextmanager
def only_run(home: Home, instance: DagsterInstance) -> Iterator[None]:
    """Be the only `make run` in this home. Raises `AlreadyWorkingError`.

    Runs that a killed process left behind as running are recorded as failed, or they would hold up the queue.
    """
    with _lock(home, "run") as got:
        if not got:
            raise AlreadyWorkingError(
                f"another `make run` works in {home.root}; wait for it, or set another TIERLINE_HOME"
            )
        with _lock(home, "up") as is_down:
            _bury(instance, [run for run in _active(instance) if is_down or COMMAND_TAG in run.tags])
        yield


@contextmanager
def only_service(home: Home, instance: DagsterInstance) -> Iterator[None]:
    """Be the only `make up` in this home. Raises `AlreadyWorkingError`."""
    with _lock(home, "up") as got:
        if not got:
            raise AlreadyWorkingError(
                f"another `make up` serves {home.root}; use that one, or set TIERLINE_HOME to another folder"
            )
        with _lock(home, "run") as is_idle:
            _bury(instance, [run for run in _active(instance) if is_idle or COMMAND_TAG not in run.tags])
        yield


def wait_for_turn(
    instance: DagsterInstance, *, seconds: float, tell: Callable[[str], None], pause: float = 1.0
) -> None:
    """Wait until no other run holds the working database. Raises `WarehouseBusyError` after `seconds`."""
    deadline = time.monotonic() + seconds
    told = False
    while runs := _holders(instance):
        run = runs[0]
        if time.monotonic() >= deadline:
            raise WarehouseBusyError(
                f"the run {run.run_id[:8]} ({run.job_name}) of `make up` has held the working database for"
                f" {seconds:.0f} s; wait until it is done, or stop it in Dagster"
            )
        if not told:
            tell(f"waiting for the run {run.run_id[:8]} ({run.job_name}) of `make up` to end ...")
            told = True
        time.sleep(pause)


def _holders(instance: DagsterInstance) -> list[DagsterRun]:
    """Runs in progress that may write to the working database."""
    return [
        run
        for run in _active(instance)
        if run.run_op_concurrency and WAREHOUSE_POOL in (run.run_op_concurrency.all_pools or ())
    ]


def _active(instance: DagsterInstance) -> list[DagsterRun]:
    return list(instance.get_runs(filters=RunsFilter(statuses=_ACTIVE)))


def _bury(instance: DagsterInstance, dead: Iterable[DagsterRun]) -> None:
    for run in dead:
        instance.report_run_failed(
            run, "The process that ran this is gone; the next run does its work again."
        )


@contextmanager
def _lock(home: Home, name: str) -> Iterator[bool]:
    """Whether nobody else holds the lock `name`. It is the operating system's: it ends with its process."""
    with (home.dagster / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
