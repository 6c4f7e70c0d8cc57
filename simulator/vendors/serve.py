"""Serves a company through its vendors until interrupted, then writes the rest of the truth."""

import shutil
import signal
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event

from simulator.company import Company
from simulator.drop_folder import write_own_tables
from simulator.scenario import Scenario, ScenarioError
from simulator.truth import Truth
from simulator.vendors.segment_archive import FOLDER
from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings
from simulator.vendors.split import Split

IDENTITIES = "vendor_identities.parquet"


def serve(
    scenario: Scenario,
    data: Path,
    *,
    until: date | None = None,
    port: int = 0,
    faults: Path | None = None,
    truth: Path | None = None,
    own_tables: Path | None = None,
    one_of_each: bool = False,
    ahead: bool = False,
    stop: Event | None = None,
) -> None:
    """Live through history up to `until` (default: the scenario's end), then answer until `stop` is set.

    `data` gets the usage files and `requests.jsonl`, `own_tables` the tables that no vendor carries, anew
    with every day, `truth` what really goes on and who is who. Tells its address on standard output once it
    answers. `ahead`: what takes long to answer is then made at once, before somebody asks.
    Raises ScenarioError when the truth would lie in `data`, SettingsError for a bad `faults` file.
    """
    for shown in (data, own_tables):
        if truth is not None and shown is not None and truth.absolute().is_relative_to(shown.absolute()):
            raise ScenarioError(f"the truth must not be in {shown}: give it a folder of its own")
    settings = Settings.read(faults) if faults is not None else Settings(seed=scenario.seed)
    if one_of_each and settings.split is None:
        settings = replace(settings, split=Split.of("one_of_each", settings.seed))
    data.mkdir(parents=True, exist_ok=True)
    journal = data / "requests.jsonl"
    if journal.exists():  # what another company left here would be seen as this one's
        for name in ("usage", FOLDER):
            shutil.rmtree(data / name, ignore_errors=True)
        journal.unlink()
    stopped = stop or _interrupted()
    company = Company(scenario)
    with VendorServer(company, data, settings, port=port, journal_file=journal) as server:
        known = Truth(company, truth) if truth is not None else None
        if known is not None:
            server.view.after_step.append(known.step)
        server.live(until or scenario.end)
        if own_tables is not None:
            write_own_tables(company, own_tables)
            server.view.after_day.append(lambda _: write_own_tables(company, own_tables))
        vendors = "".join(f"{name:>12}  {server.url_of(name)}\n" for name in sorted(server.vendors))
        vendors += "{:>12}  {}:{}\n".format("mail relay", *server.smtp_address)
        sys.stdout.write(f"{vendors}Serving {server.view.today} at {server.url}\n")
        sys.stdout.flush()
        if ahead:
            server.prepare()
        stopped.wait()
        if truth is not None and known is not None:
            known.close()
            server.identities.truth().write_parquet(truth / IDENTITIES)


def _interrupted() -> Event:
    """Set by Ctrl-C or a polite kill."""
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped
