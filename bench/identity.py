"""Identity against the simulator's truth: precision and recall over pairs of account records.

A pair is right when the models put both records under one account and they are one customer's. The company is
seen through eight vendors; `--wrong` sets the share of ids that are another account's and of wrong domains,
`--mistyped` that of ids that are nobody's.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from assets.runs import open_run
from assets.sources.connector import Places
from assets.sources.registry import connector
from assets.sources.settings import read_settings
from orchestration.simulated_systems import simulated_environment
from simulator.company import Company
from simulator.scenario import Scenario
from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings
from warehouse.home import Home
from warehouse.working import open_warehouse

END = date(2026, 10, 31)
ROOT = Path(__file__).resolve().parents[1]
SYSTEMS = ("salesforce", "hubspot", "zendesk", "intercom", "zipchat", "segment", "mixpanel", "delighted")
# Mixpanel's and Delighted's account ids are the company's own.
PAIRS = """
with truth as (
    select vendor as system, vendor_id as record_id, company_id
    from read_parquet(?)
    where company_id like 'acc%'
),
records as (
    select
        identity.system, identity.record_id, identity.account_id,
        coalesce(
            truth.company_id, case when identity.record_id like 'acc%' then identity.record_id end
        ) as company_id
    from intermediate.int_account_identity as identity
    left join truth using (system, record_id)
),
pairs as (
    select one.company_id = other.company_id as is_one, one.account_id = other.account_id as is_called_one
    from records as one
    inner join records as other
        on (one.system, one.record_id) < (other.system, other.record_id)
        and (one.company_id = other.company_id or one.account_id = other.account_id)
)
select
    (select count(*) from records),
    count(*) filter (is_one and is_called_one) / count(*) filter (is_called_one),
    count(*) filter (is_one and is_called_one) / count(*) filter (is_one)
from pairs
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument(
        "--wrong", type=float, default=None, help="share of wrong ids and domains, such as 0.05"
    )
    parser.add_argument("--mistyped", type=float, default=0.0, help="share of ids that are nobody's")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.create()
        truth = _load(home, given.accounts, _noise(given.wrong, given.mistyped))
        _build(home)
        with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
            row = warehouse.execute(PAIRS, [str(truth)]).fetchone()
    assert row is not None
    records, precision, recall = row
    sys.stdout.write(f"{records} account records: precision {precision:.4f}, recall {recall:.4f}\n")


def _noise(wrong: float | None, mistyped: float) -> dict[str, float]:
    of_both = {} if wrong is None else {"external_id_wrong": wrong, "domain_wrong": wrong}
    return of_both | {"external_id_mistyped": mistyped}


def _load(home: Home, accounts: int, noise: dict[str, float]) -> Path:
    unlimited = {system: {"requests": 0, "seconds": 60} for system in SYSTEMS}
    settings = Settings.of({"split": "one_of_each", "limits": unlimited, "noise": noise})
    company = Company(Scenario(end=END, accounts=accounts, months=3, intensity=0.05))
    truth = home.root / "identities.parquet"
    with VendorServer(company, home.root / "vendors", settings) as server:
        server.live(END)
        environment = simulated_environment(server.url)
        for system in SYSTEMS:
            found = connector(system)
            found.load(
                home.warehouse,
                read_settings(system, found.settings_type, environment),
                places=Places(home.root / "dlt", home.quarantine),
                now=datetime.now(UTC),
                tell=lambda _: None,
            )
        server.identities.truth().write_parquet(truth)
    return truth


def _build(home: Home) -> None:
    with open_warehouse(home.warehouse) as connection:
        open_run(connection, as_of=END, now=datetime.now(UTC))
    subprocess.run(  # noqa: S603 -- our own command
        [
            *(
                sys.executable,
                "-m",
                "dbt.cli.main",
                "--quiet",
                "build",
                "--exclude-resource-type",
                "unit_test",
            ),
            *("test", "--select", "+int_account_identity"),
        ],
        cwd=ROOT / "dbt_project",
        env={
            **os.environ,
            "TIERLINE_WAREHOUSE": str(home.warehouse),
            "DBT_TARGET_PATH": str(home.root / "target"),
        },
        check=True,
    )


if __name__ == "__main__":
    main()
