"""A drop folder as customers really fill one, from its files to what a CSM is told."""

import gzip
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from running import Run, tierline

WriteFiles = Callable[[Mapping[str, str]], Path]

ACCOUNTS = (
    "\ufeffaccount_id,name,domain,plan,contract_started_on,renewal_on,arr,currency,csm_id,wants_human,status,churned_on,CRM Owner\r\n"
    'acc_ui,"Müller & Söhne, GmbH 🚀",mueller.example,pro,2026-01-01,2027-01-01,12000,EUR,csm_1,false,active,,Zoë\r\n'
    "acc_api,Headless Ltd,headless.example,pro,2026-01-01,2027-01-01,30000,USD,csm_1,false,active,,\r\n"
    "acc_quiet,שקט בע״מ,quiet.example,pro,2026-01-01,2027-01-01,9000,USD,,false,active,,\r\n"
    "acc_new,Brand New,new.example,pro,2026-10-28,2027-10-28,9000,USD,csm_1,false,active,,\r\n"
    "acc_gone,Gone Inc,gone.example,pro,2026-01-01,,0,USD,csm_1,false,churned,2026-09-30,\r\n"
    "acc_bad,Bad Date,bad.example,pro,31/31/2026,2027-01-01,9000,USD,csm_1,false,active,,\r\n"
    ",No Key,none.example,pro,2026-01-01,2027-01-01,1,USD,csm_1,false,active,,\r\n"
)
USERS = [
    {"user_id": "u1", "account_id": "acc_ui", "email": "ann@mueller.example"},
    {"user_id": "u2", "account_id": "acc_api", "email": "bot@headless.example"},
    {"user_id": "u3", "account_id": "nobody", "email": "ghost@ghost.example"},
]


def _events() -> dict[str, str]:
    """Daily API use, use by e-mail, by domain; one file of each ugliness."""
    api = [f"api_{day},2026-10-{day:02d}T08:00:00Z,acc_api,,,call,sync,api,1" for day in range(1, 32)]
    header = "event_id,occurred_at,account_id,user_id,email,event,feature,channel,quantity"
    return {
        "usage_events/2026-10-a.csv": "\n".join([header, *api]) + "\n",
        "usage_events/2026-10-b.csv": "\r\n".join(
            [
                header,
                "e1,2026-10-30T10:00:00+02:00,,,ANN@mueller.example,open,reports,ui,1",
                "e2,2026-10-30 10:05:00,acc_ui,u1,,open,dashboards,UI,2",
                "e2,2026-10-30 10:05:00,acc_ui,u1,,open,dashboards,ui,2",
                "e3,not a time,acc_ui,u1,,open,reports,ui,1",
                "e4,2026-10-30,acc_nowhere,,,open,reports,ui,1",
                "e5,2026-10-30,acc_ui,u1,,open,reports,carrier pigeon,1",
                "e6,2026-10-30,acc_ui,u1,,open,reports,ui,-1",
                "e7,2026-10-30,acc_ui",
                "",
            ]
        ),
        "usage_events/2026-10-c.jsonl": '{"event_id": "j1", "occurred_at": "2026-10-29", "domain": "mueller.example", '
        '"event": "open", "feature": "alerts", "browser": "Firefox"}\n{"event_id": "j2", "occurred_at": \n',
        "usage_events/2026-10-d.csv": "",
        "usage_events/2026-10-e.csv": header + "\n",
    }


@pytest.fixture
def folder(write_files: WriteFiles) -> Path:
    tickets = [
        {
            "ticket_id": "t1",
            "account_id": "acc_quiet",
            "created_at": "2026-10-30T09:00:00Z",
            "is_escalated": True,
        },
        {
            "ticket_id": "t2",
            "requester_email": "ann@mueller.example",
            "created_at": "2026-10-31",
            "handled_by": "ai",
        },
    ]
    folder = write_files(
        {
            "accounts.csv": ACCOUNTS,
            "csms.csv": "csm_id;name;email;slack_id\ncsm_1;Ada Byron;ada@cs.example;U0ADA\n",
            "users.jsonl": "\n".join(json.dumps(user) for user in USERS),
            "features.csv": "feature,plan,is_key\nsync,pro,true\nreports,pro,true\ndashboards,pro,true\nalerts,pro,true\n",
            **_events(),
        }
    )
    with gzip.open(folder / "tickets.jsonl.gz", "wt") as file:
        file.write("\n".join(json.dumps(ticket) for ticket in tickets))
    return folder


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Run:
    run = tierline(
        tmp_path / "home",
        folder,
        as_of="2026-10-31",
        settings={"TIERLINE_QUALITY_MAX_QUARANTINED_RATIO": "0.6"},
    )
    assert run.code == 0, run.output
    return run


def test_an_ugly_folder_is_read_scored_and_acted_on(run: Run, folder: Path) -> None:
    _nothing_is_lost(run)
    _api_only_account_is_active(run)
    _quiet_account_reaches_its_fallback_owner(run)
    _late_file_changes_only_what_it_says(run, folder)
    _another_folder_is_not_mixed_in(run, folder)


def _nothing_is_lost(run: Run) -> None:
    quarantined = {
        path.stem: [json.loads(line) for line in path.open()]
        for path in (run.home.quarantine / "drop_folder").glob("*.jsonl")
    }
    reasons = {(row["file"], row["line"]): row["reason"] for rows in quarantined.values() for row in rows}
    assert "contract_started_on" in reasons["accounts.csv", 7]
    assert "account_id" in reasons["accounts.csv", 8]
    assert "nobody" in reasons["users.jsonl", 3]
    b = "usage_events/2026-10-b.csv"
    for line, word in [
        (5, "not a time"),
        (6, "acc_nowhere"),
        (7, "carrier pigeon"),
        (8, "quantity"),
        (9, ""),
    ]:
        assert word in reasons[b, line]
    assert ("usage_events/2026-10-c.jsonl", 2) in reasons
    rows = {
        line.split()[0]: [int(number.replace(",", "")) for number in line.split()[1:]]
        for line in run.output.split("Rows read")[1].split("Steps")[0].splitlines()
        if line.split() and line.split()[-1].replace(",", "").isdigit()
    }
    assert all(given == loaded + duplicate + bad for given, loaded, duplicate, bad in rows.values())
    assert rows["usage_events"] == [41, 34, 1, 6]
    assert rows["accounts"] == [7, 5, 0, 2]


def _api_only_account_is_active(run: Run) -> None:
    """A message that somebody was not seen must never reach an account that is active through the API."""
    (row,) = run.published(
        "select usage_type, recency_score, days_since_activity from marts.fct_account_health_daily"
        " where account_id = 'acc_api' and date = '2026-10-31'"
    )
    assert row == ("api", 100.0, 0)
    assert run.published("select usage_type from marts.dim_accounts where account_id = 'acc_ui'") == [("ui",)]


def _quiet_account_reaches_its_fallback_owner(run: Run) -> None:
    """No owner, no use, an escalation: a person hears of it first, and nobody hears of the customer who left."""
    decisions = run.published(
        "select account_id, play_id, recipient, is_immediate, suppressed_by from actions.fct_action_decisions order by all"
    )
    assert ("acc_quiet", "critical_escalation", "#customer-success", True, None) in decisions
    assert "acc_gone" not in {account for account, *_ in decisions}
    new = {(play, suppressed_by) for account, play, _, _, suppressed_by in decisions if account == "acc_new"}
    assert new == {("onboarding_get_started", "no_recipient")}  # the latest step takes the welcome's place
    message = (run.home.outbox / "slack.jsonl").read_text()
    assert "שקט בע״מ" in message


def _late_file_changes_only_what_it_says(run: Run, folder: Path) -> None:
    health = "select * from marts.fct_account_health_daily where account_id {} 'acc_quiet' order by all"
    others, quiet = run.published(health.format("<>")), run.published(health.format("="))
    header = "event_id,occurred_at,account_id,event,feature,channel"
    (folder / "usage_events/2026-11-late.csv").write_text(
        f"{header}\nl1,2026-10-29,acc_quiet,open,reports,ui\n"
    )
    again = tierline(
        run.home.root, folder, as_of="2026-10-31", settings={"TIERLINE_QUALITY_MAX_QUARANTINED_RATIO": "0.6"}
    )
    assert again.code == 0, again.output
    assert again.published(health.format("<>")) == others
    changed = [
        day for day, before in zip(again.published(health.format("=")), quiet, strict=True) if day != before
    ]
    assert [str(row[1]) for row in changed] == ["2026-10-29", "2026-10-30", "2026-10-31"]


def _another_folder_is_not_mixed_in(run: Run, folder: Path) -> None:
    other = tierline(run.home.root, shutil.copytree(folder, folder.with_name("other")), as_of="2026-10-31")
    assert other.code == 1
    assert "TIERLINE_HOME" in other.last_line
    assert str(folder) in other.last_line
