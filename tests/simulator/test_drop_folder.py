"""The drop folder a simulated company leaves: complete, consistent, and without the truth."""

import gzip
import hashlib
import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from simulator import drop_folder
from simulator.__main__ import main
from simulator.scenario import ScenarioError
from simulator.tables import TABLES
from tests.simulator.conftest import END, Simulated

KEYS = {
    "accounts": "account_id",
    "users": "user_id",
    "features": "(feature, plan)",
    "usage_events": "event_id",
    "tickets": "ticket_id",
    "ai_conversations": "conversation_id",
    "survey_responses": "response_id",
    "subscriptions": "subscription_id",
    "invoices": "invoice_id",
    "opportunities": "opportunity_id",
    "csms": "csm_id",
    "csm_activities": "activity_id",
    "code_changes": "(repository, path, commit_sha)",
}
REFERENCES = [
    ("users", "account_id", "accounts", "account_id"),
    ("accounts", "csm_id", "csms", "csm_id"),
    ("accounts", "parent_account_id", "accounts", "account_id"),
    ("accounts", "plan", "features", "plan"),
    ("usage_events", "account_id", "accounts", "account_id"),
    ("usage_events", "user_id", "users", "user_id"),
    ("usage_events", "email", "users", "email"),
    ("usage_events", "domain", "accounts", "domain"),
    ("usage_events", "feature", "features", "feature"),
    ("tickets", "account_id", "accounts", "account_id"),
    ("tickets", "requester_email", "users", "email"),
    ("ai_conversations", "account_id", "accounts", "account_id"),
    ("ai_conversations", "ticket_id", "tickets", "ticket_id"),
    ("survey_responses", "email", "users", "email"),
    ("subscriptions", "account_id", "accounts", "account_id"),
    ("invoices", "account_id", "accounts", "account_id"),
    ("opportunities", "account_id", "accounts", "account_id"),
    ("csm_activities", "csm_id", "csms", "csm_id"),
    ("csm_activities", "account_id", "accounts", "account_id"),
    ("csms", "manager_id", "csms", "csm_id"),
]


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_company(tmp_path: Path) -> None:
    def write(name: str, seed: int) -> dict[str, str]:
        truth = tmp_path / f"{name}-truth"
        drop_folder.write(tmp_path / name, accounts=15, months=1, seed=seed, end=END, truth=truth)
        return _digests(tmp_path / name) | _digests(truth)

    first, again, other = write("first", 3), write("again", 3), write("other", 4)
    assert first == again
    assert set(first) == set(other)
    # what does not come from the seed: the catalogue, the staff, the effects
    same = {Path(name).name.split(".")[0] for name in first if first[name] == other[name]}
    assert same == {"features", "csms", "effects"}


def test_packed_lines_are_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("first", "again"):
        drop_folder.write(tmp_path / name, accounts=10, months=1, end=END, file_format="jsonl")
    assert _digests(tmp_path / "first") == _digests(tmp_path / "again") != {}


def test_all_tables_of_the_contract_are_there_with_rows(company: Simulated) -> None:
    assert set(company.rows) == set(KEYS)
    assert all(company.rows.values()), company.rows


def test_usage_comes_one_file_a_day_and_each_holds_its_own_day(company: Simulated) -> None:
    files = sorted(path.stem for path in (company.folder / "usage_events").iterdir())
    first = date(2025, 11, 1)
    assert files == [(first + timedelta(days=n)).isoformat() for n in range((END - first).days + 1)]
    strays = company.value(f"""
        select count(*) from read_parquet('{company.folder}/usage_events/*.parquet', filename = true)
        where not contains(filename, strftime(occurred_at, '%Y-%m-%d'))
    """)
    assert strays == 0


@pytest.mark.parametrize(("table", "key"), KEYS.items())
def test_keys_are_unique_and_never_null(company: Simulated, table: str, key: str) -> None:
    assert company.value(f"select count(*) - count(distinct {key}) from {table}") == 0


@pytest.mark.parametrize(("table", "column", "other", "key"), REFERENCES)
def test_references_lead_somewhere(company: Simulated, table: str, column: str, other: str, key: str) -> None:
    found = company.value(f"""
        select count(*) from {table}
        where {column} is not null and {column} not in (select {key} from {other} where {key} is not null)
    """)
    assert found == 0


def test_every_event_names_exactly_one_that_it_belongs_to(company: Simulated) -> None:
    assert company.value("select count(*) from events where resolved_account_id is null") == 0
    assert company.value("select count(*) from usage_events") == company.value("select count(*) from events")
    named = "(account_id is not null)::int + (user_id is not null)::int + (email is not null)::int"
    assert (
        company.value(f"select count(*) from usage_events where {named} + (domain is not null)::int <> 1")
        == 0
    )
    for column in ("account_id", "user_id", "email", "domain"):
        assert company.value(f"select count({column}) from usage_events") > 0


def test_no_account_does_anything_before_its_start_or_after_it_is_gone(company: Simulated) -> None:
    moments = {
        "select resolved_account_id as account_id, occurred_at as moment from events": "usage",
        "select account_id, created_at as moment from tickets": "tickets",
        "select account_id, started_at as moment from ai_conversations": "conversations",
        "select account_id, started_at as moment from csm_activities": "activities",
        "select account_id, created_at as moment from users": "users",
        "select account_id, created_at as moment from opportunities": "opportunities",
        "select account_id, started_on::timestamp as moment from subscriptions": "subscriptions",
        "select account_id, issued_on::timestamp as moment from invoices": "invoices",
    }
    for query, name in moments.items():
        found = company.value(f"""
            select count(*) from ({query}) as happenings join accounts using (account_id)
            where moment < date_trunc('second', signed_up_at) or moment >= churned_on + interval 1 day
        """)
        assert found == 0, name


def test_nobody_works_before_joining_or_after_leaving(company: Simulated) -> None:
    found = company.value("""
        select count(*) from usage_events join users using (user_id)
        where event <> 'page_probed'
            and (occurred_at < created_at or occurred_at > deactivated_at)
    """)
    assert found == 0


def test_nothing_in_the_folder_lies_in_the_future(company: Simulated) -> None:
    for table, schema in TABLES.items():
        for column, kind in schema.items():
            if "Datetime" in str(kind):
                late = company.value(f"select count(*) from {table} where {column} >= date '{END}' + 1")
                assert late == 0, (table, column)
    assert company.value(f"select count(*) from accounts where churned_on > date '{END}'") == 0
    assert company.value(f"select count(*) from subscriptions where ended_on > date '{END}'") == 0
    assert company.value("select count(*) from tickets where status <> 'solved' and solved_at is null") > 0


def test_an_account_has_one_running_subscription_which_is_its_arr(company: Simulated) -> None:
    found = company.value("""
        select count(*) from accounts left join (
            select account_id, sum(mrr) * 12 as arr, count(*) as running from subscriptions
            where ended_on is null group by account_id
        ) as paid using (account_id)
        where status = 'active' and contract_started_on is not null
            and (running is distinct from 1 or abs(paid.arr - accounts.arr) > 0.05)
    """)
    assert found == 0
    assert (
        company.value("""
        select count(*) from accounts join subscriptions using (account_id)
        where status = 'churned' and ended_on is null
    """)
        == 0
    )


def test_lines_hold_the_same_as_parquet(tmp_path: Path) -> None:
    for file_format in drop_folder.FORMATS:
        drop_folder.write(tmp_path / file_format, accounts=12, months=1, end=END, file_format=file_format)
    sql = duckdb.connect()
    for table in ("accounts", "tickets", "usage_events/2026-10-14"):
        packed = (tmp_path / "jsonl" / f"{table}.jsonl.gz").read_bytes()
        lines = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
        rows = sql.sql(f"select * from '{tmp_path}/parquet/{table}.parquet'").pl().to_dicts()
        assert len(lines) == len(rows)
        for line, row in zip(lines, rows, strict=True):
            shown = {
                key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row.items()
            }
            assert {key: str(value).removesuffix("Z") for key, value in line.items()} == {
                key: str(value) for key, value in shown.items()
            }


def test_the_truth_never_gets_into_the_drop_folder(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="must not be in the drop folder"):
        drop_folder.write(tmp_path / "drop", accounts=5, months=1, end=END, truth=tmp_path / "drop" / "truth")


def test_a_folder_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    out = tmp_path / "drop"
    drop_folder.write(out, accounts=5, months=1, end=END)
    with pytest.raises(ScenarioError, match="already"):
        drop_folder.write(out, accounts=5, months=1, end=END)
    drop_folder.write(out, accounts=6, months=1, end=END, replace=True)
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"notes\.txt"):
        drop_folder.write(out, accounts=5, months=1, end=END, replace=True)
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_what_solved_tickets_were_rated_stands_among_the_survey_responses(company: Simulated) -> None:
    rated = "select count(*), sum(csat) from tickets where csat is not null"
    given = "select count(*), sum(score) from survey_responses where kind = 'csat'"
    assert company.sql.execute(rated).fetchall() == company.sql.execute(given).fetchall()
    assert company.value("select count(*) from survey_responses where kind = 'csat'") > 100


@pytest.mark.parametrize(
    "command",
    [("drop-folder",), ("drop-folder", "new", "--truth"), ("serve", "--data"), ("pictures", "--out")],
)
def test_a_folder_that_can_not_be_written_to_gets_one_clear_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "file"
    file.write_text("kept")
    size = () if command[0] == "pictures" else ("--accounts", "20", "--months", "2")
    for place in (file, file / "x"):
        assert main([*command, str(place), *size]) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and said.startswith(f"{file}") and "can't be written to" in said
    assert file.read_text() == "kept"
