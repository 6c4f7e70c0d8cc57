"""The simulated company through its vendors' APIs: what a plain `make run` does, small."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from running import ROOT, Run, environment, state

from orchestration.definitions import MANIFEST
from orchestration.simulated_systems import SIMULATED
from warehouse.home import Home

SMALL = {"TIERLINE_SIMULATED_ACCOUNTS": "15", "TIERLINE_SIMULATED_MONTHS": "3", "TIERLINE_RUN_RETRIES": "0"}
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)

if not MANIFEST.exists():
    pytest.skip("the dbt manifest is not prepared; `make setup` does it", allow_module_level=True)


@dataclass(frozen=True)
class Plain:
    """A home, and the first run in it."""

    home: Home
    first: Run

    def run(self, **settings: str) -> Run:
        return _run(self.home, **settings)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def ledger(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.home.ledger)) as connection:
            return connection.execute(query).fetchall()


def _run(home: Home, **settings: str) -> Run:
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.run"],
        cwd=ROOT,
        env=environment(home.root, SMALL | settings),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return Run(done.returncode, done.stdout + done.stderr, home)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Plain:
    home = Home(tmp_path_factory.mktemp("plain"))
    # A company whose last day came and went: the vendors live on before they are read.
    kept = {"accounts": 15, "months": 3, "history_end": YESTERDAY, "lived_until": YESTERDAY}
    begun = {
        name: value - timedelta(days=2) if isinstance(value, date) else value for name, value in kept.items()
    }
    (home.root / "simulated").mkdir()
    (home.root / "simulated" / "company.json").write_text(json.dumps(begun, default=str))
    return Plain(home, _run(home))


def test_every_system_is_read_and_everything_is_scored_through_yesterday(plain: Plain) -> None:
    run = plain.first
    assert run.code == 0, run.output
    assert str(YESTERDAY) in run.last_line
    assert {system for (system,) in plain.rows("select distinct source from raw_tierline.loads")} >= {
        *SIMULATED,
        "drop_folder",
    }
    assert run.published("select count(*) > 10, bool_and(tier <> 'unknown') from marts.fct_account_health_daily"
                         f" where date = '{YESTERDAY}'") == [(True, True)]  # fmt: skip
    assert plain.rows(
        "select count(*) from raw_tierline.loads"
        " where rows_in <> rows_loaded + rows_duplicate + rows_quarantined"
    ) == [(0,)]


def test_the_summary_tells_rows_of_each_table_and_how_old_they_are(plain: Plain) -> None:
    output = plain.first.output
    for name in ("zendesk.tickets", "hubspot.companies", "segment.events", "subscriptions"):
        row = next(line.split() for line in output.splitlines() if line.strip().startswith(f"{name} "))
        read, loaded, duplicate, quarantined = (int(cell.replace(",", "")) for cell in row[1:])
        assert loaded > 0
        assert read == loaded + duplicate + quarantined
    assert "as fresh as expected, 0 stale" in output


def test_the_apps_that_feed_one_channel_are_told_apart(plain: Plain) -> None:
    assert plain.rows(
        "select system, channel, list(distinct source order by source) from intermediate.int_usage_sources_daily"
        " group by all"
    ) == [("mixpanel", "mobile", ["android", "iphone"])]


def test_no_account_is_counted_twice_though_several_systems_know_it(plain: Plain) -> None:
    known = plain.rows("select count(*) from intermediate.int_account_records")[0][0]
    accounts = plain.first.published("select count(*) from marts.dim_accounts")[0][0]
    assert isinstance(accounts, int)
    assert accounts <= 15
    assert isinstance(known, int)
    assert known > 2 * accounts


def test_the_vendors_are_gone_with_the_run_and_knew_no_secret_of_ours(plain: Plain) -> None:
    address = (plain.home.root / "simulated" / "address.txt").read_text()
    port = address.rpartition(":")[2]
    assert f":{port}" not in "".join(_command_lines())
    logs = "".join(path.read_text() for path in (plain.home.root / "logs").iterdir())
    assert "simulated-zendesk" not in logs + plain.first.output


def test_what_was_delivered_stands_at_the_vendors_once_and_nothing_else_does(plain: Plain) -> None:
    delivered = plain.ledger("select channel, action_id from deliveries where state = 'delivered'")
    assert f"What the vendors recorded: {len(delivered)} of {len(delivered)} delivered, 0 more" in (
        plain.first.output
    )
    assert delivered, "something was delivered at all"
    assert _outbox(plain.home) == []
    journal = _journal(plain.home)
    for crm, method, path in (
        ("hubspot", "POST", "/objects/tasks"),
        ("salesforce", "PATCH", "/sobjects/Task/"),
    ):
        made = [each for each in journal if each["vendor"] == crm and each["method"] == method
                and path in each["path"] and each["status"] == 201]  # fmt: skip
        wanted = {action_id for channel, action_id in delivered if channel == crm}
        assert len(made) == len(wanted)
        shown = [task["path"] + task["body"] for task in made]
        assert wanted == {each for each in wanted if any(each in task for task in shown)}


def test_every_score_stands_in_the_crms_that_have_the_account(plain: Plain) -> None:
    wanted = plain.first.published(
        "select system, account_id, external_id from actions.fct_account_attributes"
        " where system in ('hubspot', 'salesforce') order by all"
    )
    assert {system for system, *_ in wanted} == {"hubspot", "salesforce"}
    synced = plain.ledger(
        "select system, account_id, external_id from account_syncs where acknowledged_at is not null"
    )
    assert sorted(synced) == wanted
    written = "".join(
        each["body"] for each in _journal(plain.home)
        if each["status"] == 200 and each["path"].endswith(("companies/batch/update", "composite/sobjects"))
    )  # fmt: skip
    assert all(f'"{external_id}"' in written for _, _, external_id in wanted)
    assert "tierline_health_score" in written
    assert "Tierline_Health_Score__c" in written


def test_again_with_one_system_down_nothing_is_new_and_the_run_says_so_at_its_end(plain: Plain) -> None:
    tables = ("marts.fct_account_health_daily", "actions.fct_action_decisions", "marts.fct_usage_daily")
    sent = "select action_id, channel, delivered_at from deliveries where state = 'delivered' order by 1"
    before, delivered, served = state(plain.home, tables), plain.ledger(sent), plain.home.pointer.resolve()
    vendors = plain.home.root / "simulated" / "vendors.json"
    settings = json.loads(vendors.read_text())
    vendors.write_text(json.dumps({**settings, "secrets": {"zendesk": "another"}}))
    run = plain.run()
    vendors.write_text(json.dumps(settings))
    assert run.code == 1
    assert run.last_line.startswith("Failed: load zendesk: ")
    assert "Everything else was done" in run.last_line
    assert "warning: not read: load zendesk" in run.output
    assert plain.home.pointer.resolve() != served, "what stands is scored and published"
    assert state(plain.home, tables) == before
    assert plain.ledger(sent) == delivered
    assert "What the vendors recorded: 0 of 0 delivered, 0 more" in run.output
    assert "0 sent now, 0 decisions new" in run.output


def _command_lines() -> list[str]:
    return [
        path.read_bytes().decode(errors="replace")
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if path.parent.name != str(os.getpid()) and path.exists()
    ]


def _journal(home: Home) -> list[dict[str, Any]]:
    """Every request that the vendors of the last run answered."""
    with (home.root / "simulated" / "vendors" / "requests.jsonl").open() as file:
        return [json.loads(line) for line in file]


def _outbox(home: Home) -> list[str]:
    return sorted(
        json.loads(line)["action_id"] for path in home.outbox.glob("*.jsonl") for line in path.open()
    )
