"""The simulated company behind a plain `make run`: its vendors, in a process of their own."""

import fcntl
import json
import os
import re
import socket
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from orchestration.processes import Child, start, stop
from orchestration.reconciliation import Reconciled, reconcile
from orchestration.settings import REPOSITORY, Settings, read_settings
from orchestration.simulated_destinations import simulated_destinations, unconfigured_channels
from orchestration.simulated_systems import VENDOR_SETTINGS, simulated_environment

_READY_SECONDS = 180.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.1
_SERVING = re.compile(r"^Serving \S+ at \S+$", flags=re.MULTILINE)


class SimulationError(RuntimeError):
    """The simulated vendors did not start, or ended by themselves."""


@dataclass(frozen=True)
class Company:
    """Which company a home simulates. The same figures make the same company, so they never change.

    `history_end`: the last day of the history it begins with. `lived_until`: the last day that was read; what
    changed later shows as changed later, so whoever asks for changes gets it.
    """

    accounts: int
    months: int
    history_end: date
    lived_until: date


class Simulation:
    """Use as a context manager: whatever ends the block ends the vendors that it started.

    `launch` begins, `live_on` waits for the vendors to answer. While `make up` serves them, `make run` asks
    the same ones.
    """

    def __init__(self, settings: Settings, *, tell: Callable[[str], None]) -> None:
        self._settings, self._tell = settings, tell
        self._folder = settings.state.root / "simulated"
        self._held = ExitStack()
        self._child: Child | None = None
        self._url = ""
        self._today: date | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            stop([self._child], patience_seconds=_STOP_SECONDS)
        self._held.close()

    def launch(self, *, yesterday: date) -> None:
        """Start the vendors' process, and return at once. `yesterday`: where a new company's history ends."""
        company = self._company(yesterday)
        if not self._is_ours():
            self._url = self._address.read_text()
            self._tell(f"The simulated company is served at {self._url} already")
            return
        port = _free_port()
        self._url = f"http://127.0.0.1:{port}"
        self._address.write_text(self._url)
        self._tell(
            f"Simulating a company of {company.accounts:,} accounts over {company.months} months,"
            " and its vendors ..."
        )
        vendors = self._folder / "vendors.json"
        if not vendors.exists():  # whoever wants to see faults or limits writes them there
            vendors.write_text(json.dumps(VENDOR_SETTINGS))
        logs = self._settings.state.root / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TIERLINE_")}
        self._child = start(
            "simulated vendors",
            [
                *(sys.executable, "-m", "orchestration.vendor_process", "serve", "--one-of-each", "--ahead"),
                *("--data", str(self._folder / "vendors"), "--drop-folder", str(self._drop_folder)),
                *("--accounts", str(company.accounts), "--months", str(company.months)),
                *("--end", company.history_end.isoformat(), "--until", company.lived_until.isoformat()),
                *("--port", str(port), "--faults", str(vendors)),
            ],
            environment={**inherited, "PYTHONPATH": str(REPOSITORY)},
            folder=REPOSITORY,
            log=logs / "simulated-vendors.log",
        )

    def connected(self) -> Settings:
        """The settings of a run that reads the vendors, and the folder of what none of them carries."""
        given = self._settings.model_copy(update={"data": self._drop_folder})
        return given.connected_to(read_settings(self.environment()).systems)

    def environment(self) -> dict[str, str]:
        """The same as variables, for other processes."""
        return {**simulated_environment(self._url), "TIERLINE_DATA": str(self._drop_folder)}

    def live_on(self, *, yesterday: date) -> None:
        """Wait for the vendors, and let the company live until `yesterday`. Raises `SimulationError`."""
        if self._today is not None and self._today >= yesterday:
            return
        if self._today is None:
            started = time.monotonic()
            self._wait()
            self._today = date.fromisoformat(self._ask("GET", "/_simulator/")["today"])
            self._tell(f"    its vendors answer, after another {time.monotonic() - started:.0f} s")
        if self._today < yesterday:
            days = (yesterday - self._today).days
            self._tell(f"    it lives on until {yesterday}")
            self._today = date.fromisoformat(
                self._ask("POST", "/_simulator/advance", {"days": days})["today"]
            )

    def reached(self, settings: Settings) -> Settings:
        """`settings` with the vendors as destinations of the channels nobody configured, once they answer.

        Where others serve the company, those go on with it after this run, and nothing is sent there: what
        they do after a message would not be what the next one to begin there does.
        """
        if self._child is None:
            return settings
        relay = self._ask("GET", "/_simulator/")["smtp_relay"]
        made = simulated_destinations(settings, url=self._url, relay=relay)
        paces = ("slack_per_second", "email_per_second", "to_hubspot_per_second", "to_salesforce_per_second")
        unhurried = {name: None for name in paces if name not in settings.model_fields_set}
        checked = Settings.model_validate({**settings.model_dump(exclude_unset=True), **made, **unhurried})
        return checked.connected_to(settings.systems)

    def reconciled(self, *, since: datetime) -> Reconciled | None:
        """What this run delivered against what the vendors recorded; None when they were sent nothing."""
        if self._child is None:
            return None
        return reconcile(
            self._settings.ledger_address,
            unconfigured_channels(self._settings),
            lambda vendor: list(self._ask("GET", f"/_simulator/requests?vendor={vendor}")),
            since=since,
        )

    def settle(self) -> None:
        """Everything up to today was read: the next time the company begins there."""
        if self._today is not None:
            self._keep(replace(self._company(self._today), lived_until=self._today))

    @property
    def _drop_folder(self) -> Path:
        return self._folder / "drop_folder"

    @property
    def _address(self) -> Path:
        return self._folder / "address.txt"

    @property
    def _note(self) -> Path:
        return self._folder / "company.json"

    def _company(self, yesterday: date) -> Company:
        try:
            kept = json.loads(self._note.read_text())
        except FileNotFoundError:
            given = self._settings
            made = Company(given.simulated_accounts, given.simulated_months, yesterday, yesterday)
            self._keep(made)
            return made
        days = {name: date.fromisoformat(kept[name]) for name in ("history_end", "lived_until")}
        return Company(**{**kept, **days})

    def _keep(self, company: Company) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._note.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(asdict(company), default=str))
        unfinished.replace(self._note)

    def _is_ours(self) -> bool:
        """Whether nobody else serves the company; then nobody will while we do."""
        file = self._held.enter_context((self._folder / "serving.lock").open("w"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _wait(self) -> None:
        child, deadline = self._child, time.monotonic() + _READY_SECONDS
        while child is not None and not _SERVING.search(child.log.read_text()):
            if not child.is_running:
                raise SimulationError(f"the simulated vendors ended by themselves; see {child.log}")
            if time.monotonic() > deadline:
                raise SimulationError(
                    f"the simulated vendors did not answer within {_READY_SECONDS:.0f} s; see {child.log}"
                )
            time.sleep(_POLL_SECONDS)

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}{path}", method=method, data=data)  # noqa: S310 - our own
        try:
            with urllib.request.urlopen(request, timeout=_READY_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except OSError as error:
            raise SimulationError(f"the simulated vendors do not answer ({error}); run again") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
