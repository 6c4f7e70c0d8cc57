"""The suites over the raw tables, run by Great Expectations on a database the real load filled."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from dagster import AssetCheckEvaluation, AssetCheckSeverity, AssetKey, DagsterInstance

from assets.checks.rules import Bounds
from assets.checks.suites import RULES, rules_of
from assets.checks.tolerance import Tolerance
from assets.checks.validation import Verdict, raw_tables
from assets.raw_checks import CHECK, failed_raw_checks
from assets.sources import load_log
from assets.sources.drop.contract import TABLES
from assets.sources.drop_folder import load
from assets.sources.registry import SYSTEMS, connector
from assets.systems import LEDGER, LEDGER_TABLES

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
TOLERANCE = Tolerance(
    max_quarantined_ratio=0.1, max_duplicate_ratio=0.1, max_future_ratio=0.01, clock_skew_minutes=60
)
FILES = {
    "accounts.csv": "account_id,name,status,segment,arr,currency,configuration\n"
    + "".join(f'a{n},Ünïcode {n},active,smb,1200,EUR,"{{""sso"": true}}"\n' for n in range(20)),
    "usage_events.csv": "event_id,account_id,event,occurred_at,channel\n"
    + "".join(f"e{n},a{n % 20},login,2026-03-0{n % 9 + 1} 10:00,ui\n" for n in range(200)),
    "features.csv": "feature,plan,is_key\nreports,,true\nexport,pro,false\n",
    "survey_responses.csv": "response_id,account_id,submitted_at,kind,score\nr1,a1,2026-03-01,nps,9\n",
    "tickets.csv": "ticket_id,account_id,created_at,solved_at\nt1,a1,2026-03-01 08:00,2026-03-01 09:00\n",
}

QUARANTINED = """
    update raw_tierline.files set rows_in = {rows_in}, rows_quarantined = 200, rows_loaded = {rows_in} - 200
    where table_name = 'usage_events';
    insert into _quarantine by name select 'usage_events' as source_table from range(200)
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("input")
    for name, content in FILES.items():
        (folder / name).write_text(content)
    warehouse = tmp_path_factory.mktemp("with space 100%") / "warehouse.duckdb"
    connection = duckdb.connect(str(warehouse))
    load(connection, folder, quarantine=folder.parent / "quarantine", now=NOW)
    connection.close()
    return warehouse


@pytest.fixture
def warehouse(loaded: Path, tmp_path: Path) -> Iterator[Path]:
    yield Path(shutil.copy(loaded, tmp_path / "warehouse.duckdb"))


def _check(warehouse: Path, table: str) -> Verdict:
    (verdict,) = raw_tables(warehouse, [table], Bounds(NOW, TOLERANCE), mandatory="accounts")
    return verdict


def test_every_table_of_the_contract_has_a_suite() -> None:
    assert set(RULES) == set(TABLES)


@pytest.mark.parametrize("system", [*SYSTEMS, LEDGER])
def test_every_table_of_every_system_has_a_suite(system: str) -> None:
    tables = LEDGER_TABLES if system == LEDGER else connector(system).table_names
    assert set(rules_of(system)) == set(tables)


def test_a_system_that_loses_rows_or_rejects_many_is_noticed(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        load_log.prepare(connection)
        connection.execute("create schema raw_github")
        connection.execute("create table raw_github.code_commits (repository varchar)")
    bounds = Bounds(NOW, TOLERANCE)
    (nothing,) = raw_tables(warehouse, ["code_commits"], bounds, system="github")
    assert nothing.outcome == "not given"
    with duckdb.connect(str(warehouse)) as connection:
        connection.executemany(
            "insert into raw_tierline.loads by name select ? as load_id, 'github' as source,"
            " 'code_commits' as table_name, ? as rows_in, ? as rows_loaded, 0 as rows_duplicate,"
            " ? as rows_quarantined",
            [(1, 100, 100, 0), (2, 10, 4, 6), (3, 0, 0, 0), (4, 7, 5, 1)],
        )
    (verdict,) = raw_tables(warehouse, ["code_commits"], bounds, system="github")
    assert verdict.outcome == "failed"
    assert {broken.rule for broken in verdict.broken if "for every load" in broken.rule}
    assert {broken.rule for broken in verdict.broken if "10% of the rows of the last load" in broken.rule}


def test_a_good_load_passes_and_what_was_not_given_says_so(loaded: Path) -> None:
    outcomes = {
        verdict.table: verdict.outcome for verdict in raw_tables(loaded, TABLES, Bounds(NOW, TOLERANCE))
    }
    given = {name.partition(".")[0] for name in FILES}
    assert outcomes == {table: "passed" if table in given else "not given" for table in TABLES}


def test_the_database_is_free_for_dbt_when_the_checks_are_done(warehouse: Path) -> None:
    assert _check(warehouse, "accounts").outcome == "passed"
    opening = f"import duckdb; duckdb.connect({str(warehouse)!r})"
    subprocess.run([sys.executable, "-c", opening], check=True, timeout=60)


@pytest.mark.parametrize(
    ("table", "damage", "outcome", "rule"),
    [
        ("accounts", "insert into accounts by name select * from accounts where account_id = 'a1'",
         "failed", "account_id is unique"),
        ("accounts", "update accounts set name = null where account_id = 'a1'", "failed", "name is given"),
        ("accounts", "update accounts set segment = 'tiny'", "failed", "segment is one of"),
        ("accounts", "update accounts set arr = -1 where account_id = 'a1'", "failed", "arr is at least 0"),
        ("accounts", "update accounts set currency = 'eur'", "warned", "ISO 4217"),
        ("accounts", "update accounts set configuration = '{\"sso\": tr' where account_id = 'a1'",
         "warned", "begins as JSON is whole"),
        ("accounts", "update accounts set status = 'churned' where account_id = 'a1'",
         "warned", "says when it churned"),
        ("accounts", "delete from accounts", "failed", "accounts has rows"),
        ("accounts", "delete from accounts where account_id = 'a1'", "failed", "as many rows loaded"),
        ("usage_events", "update usage_events set account_id = 'stranger' where event_id = 'e1'",
         "failed", "account_id names a row of accounts"),
        ("usage_events", "update usage_events set occurred_at = '2026-03-10 12:00' where event_id = 'e1'",
         "warned", "occurred_at is not later than now"),
        ("usage_events", "update usage_events set occurred_at = '2026-03-10 12:00' where event_id like 'e1%'",
         "failed", "later than now in at most 1%"),
        ("usage_events", "update usage_events set _is_duplicate = true where event_id = 'e1'",
         "failed", "as many rows duplicate"),
        ("usage_events", "update raw_tierline.files set rows_in = rows_in + 1 where file like 'usage%'",
         "failed", "rows in = loaded + duplicate + quarantined"),
        ("usage_events", QUARANTINED.format(rows_in=400),
         "warned", "at most 10% of the rows are quarantined"),
        ("usage_events", "delete from usage_events; " + QUARANTINED.format(rows_in=200),
         "warned", "usage_events has rows"),
        ("features", "insert into features by name select * from features where feature = 'reports'",
         "failed", "feature, plan together are unique"),
        ("survey_responses", "update survey_responses set score = 11", "failed", "between 0 and 10"),
        ("tickets", "update tickets set solved_at = created_at - interval 1 hour",
         "warned", "solved_at is not before created_at"),
        ("tickets", "alter table tickets drop column handled_by", "failed", "handled_by is one of"),
    ],
)  # fmt: skip
def test_each_rule_notices_what_it_is_for(
    warehouse: Path, table: str, damage: str, outcome: str, rule: str
) -> None:
    connection = duckdb.connect(str(warehouse))
    connection.execute("use raw_drop_folder")
    connection.execute(damage)
    connection.close()
    verdict = _check(warehouse, table)
    assert verdict.outcome == outcome
    assert any(rule in broken.rule for broken in verdict.broken), verdict.broken


def test_clocks_of_others_may_be_a_little_ahead(warehouse: Path) -> None:
    connection = duckdb.connect(str(warehouse))
    soon = NOW.replace(tzinfo=None) + timedelta(minutes=50)
    connection.execute("update raw_drop_folder.usage_events set occurred_at = ?", [soon])
    connection.close()
    assert _check(warehouse, "usage_events").outcome == "passed"


def test_only_the_last_evaluation_of_a_blocking_check_holds_up_publishing() -> None:
    instance = DagsterInstance.ephemeral()

    def record(table: str, *, passed: bool, severity: AssetCheckSeverity) -> None:
        instance.report_runless_asset_event(
            AssetCheckEvaluation(
                asset_key=AssetKey(["raw_drop_folder", table]),
                check_name=CHECK,
                passed=passed,
                severity=severity,
                metadata={},
            )
        )

    record("tickets", passed=False, severity=AssetCheckSeverity.WARN)
    record("accounts", passed=False, severity=AssetCheckSeverity.ERROR)
    keys = [AssetKey(["raw_drop_folder", table]) for table in ("tickets", "accounts")]
    assert failed_raw_checks(instance, keys) == ["raw_drop_folder.accounts"]
    record("accounts", passed=True, severity=AssetCheckSeverity.ERROR)
    assert failed_raw_checks(instance, keys) == []
