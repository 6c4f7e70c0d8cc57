"""The command line of every connector against its vendor, as a person tries it first."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assets.sources.command import main
from assets.sources.registry import SYSTEMS, connector
from assets.sources.settings import variable
from simulator.company import Company
from simulator.scenario import Scenario
from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings
from simulator.vendors.view import View

GIVEN: dict[str, dict[str, str]] = {
    "salesforce": {"client_id": "app", "client_secret": "simulated-salesforce"},
    "hubspot": {"access_token": "simulated-hubspot", "searches_per_second": "10000"},
    "zendesk": {"email": "admin@vendor.example", "api_token": "simulated-zendesk"},
    "intercom": {"access_token": "simulated-intercom"},
    "zipchat": {"api_key": "simulated-zipchat", "chat_ids": "1"},
    "segment": {"token": "simulated-segment"},
    "mixpanel": {"api_secret": "simulated-mixpanel"},
    "amplitude": {"api_key": "key", "secret_key": "simulated-amplitude"},
    "pendo": {"integration_key": "simulated-pendo"},
    "delighted": {"api_key": "simulated-delighted"},
    "gainsight": {"access_key": "simulated-gainsight"},
    "churnzero": {"username": "ana@vendor.example", "api_key": "simulated-churnzero"},
    "totango": {"app_token": "simulated-totango"},
    "github": {"token": "simulated-github", "listings": "product/core"},
    "gitlab": {"token": "simulated-gitlab", "listings": "product/core"},
    "bitbucket": {"token": "simulated-bitbucket", "listings": "product/core"},
}
PATHS = {"zipchat": "/api/integrations/backend_api/v1", "churnzero": "/public/v1"}
UNLIMITED = {system: {"requests": 0, "seconds": 1} for system in GIVEN}


@pytest.fixture(scope="module")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorServer]:
    folder = tmp_path_factory.mktemp("vendors")
    company = Company(Scenario(end=date(2026, 10, 31), accounts=6, csms=2, months=2, seed=7))
    View(company, folder).live(date(2026, 10, 20))
    with VendorServer(company, folder, Settings.of({"limits": UNLIMITED})) as server:
        yield server


def environment(system: str, vendors: VendorServer, folder: Path) -> dict[str, str]:
    if system == "git_repository":
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
        author = ["-c", "user.name=Ana", "-c", "user.email=ana@vendor.example"]
        commit = ["git", "-C", str(folder), *author, "commit", "-q", "--allow-empty", "-m", "Begin"]
        subprocess.run(commit, check=True)
        return {"folders": json.dumps({"acme/api": str(folder)})}
    base_url = vendors.url_of(system) + PATHS.get(system, "")
    return {"base_url": base_url, "backoff_seconds": "0.01", "max_attempts": "2", **GIVEN[system]}


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_can_be_checked_and_sampled(
    system: str,
    vendors: VendorServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for field, value in environment(system, vendors, tmp_path).items():
        monkeypatch.setenv(variable(system, field), value)

    def run(*arguments: str) -> tuple[Any, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(connector(system), arguments)
        shown = capsys.readouterr()
        return ended.value.code, shown.out, shown.err

    code, shown, complaints = run("--check")
    assert (code, complaints) == (0, "")
    assert shown.count("\nok ") == len(shown.splitlines()) - 1 > 0
    code, shown, complaints = run("--sample", "--rows", "2")
    assert (code, "rejected" in complaints) == (0, False)
    sampled = {line.partition(":")[0] for line in shown.splitlines() if line[:1].isalpha()}
    assert sampled == set(connector(system).table_names)


def test_what_nobody_foresaw_is_told_on_one_line_without_the_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        system, table_names = "totango", ()
        settings_type = connector("totango").settings_type

        def check(self, settings: Any) -> None:
            raise RuntimeError(f"sent\n{settings.app_token.get_secret_value()}")

    monkeypatch.setenv("TIERLINE_TOTANGO_APP_TOKEN", "s3cret-token")
    with pytest.raises(SystemExit) as ended:
        main(Broken(), ["--check"])  # type: ignore[arg-type]
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert re.fullmatch(r"Unexpected RuntimeError in test_command_line\.py, line \d+: sent \*\*\*\n", told)
