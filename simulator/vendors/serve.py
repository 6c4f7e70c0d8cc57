"""Serves a company through its vendors until interrupted, then writes the truth about identities."""

import signal
import sys
from datetime import date
from pathlib import Path
from threading import Event

from simulator.company import Company
from simulator.scenario import Scenario, ScenarioError
from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings

IDENTITIES = "vendor_identities.parquet"


def serve(
    scenario: Scenario,
    data: Path,
    *,
    until: date | None = None,
    port: int = 0,
    faults: Path | None = None,
    truth: Path | None = None,
    stop: Event | None = None,
) -> None:
    """Live through history up to `until` (default: the scenario's end), then answer until `stop` is set.

    `data` gets the usage files and `requests.jsonl`. Tells its address on standard output once it answers.
    Raises ScenarioError when the truth would lie in `data`, SettingsError for a bad `faults` file.
    """
    if truth is not None and truth.absolute().is_relative_to(data.absolute()):
        raise ScenarioError("the truth must not be in the data folder: give it a folder of its own")
    settings = Settings.read(faults) if faults is not None else Settings(seed=scenario.seed)
    data.mkdir(parents=True, exist_ok=True)
    journal = data / "requests.jsonl"
    journal.unlink(missing_ok=True)
    stopped = stop or _interrupted()
    with VendorServer(Company(scenario), data, settings, port=port, journal_file=journal) as server:
        server.live(until or scenario.end)
        vendors = "".join(f"{name:>12}  {server.url_of(name)}\n" for name in sorted(server.vendors))
        sys.stdout.write(f"{vendors}Serving {server.view.today} at {server.url}\n")
        sys.stdout.flush()
        stopped.wait()
        if truth is not None:
            truth.mkdir(parents=True, exist_ok=True)
            server.identities.truth().write_parquet(truth / IDENTITIES)


def _interrupted() -> Event:
    """Set by Ctrl-C or a polite kill."""
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped
