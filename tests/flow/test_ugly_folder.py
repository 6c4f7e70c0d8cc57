"""A drop folder as customers really fill one, from its files to what a CSM is told, run by run in one home."""

import gzip
import json
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from running import ROOT, Run, command, environment, tierline

from orchestration.run import main

AS_OF = "2026-10-31"
SETTINGS = {"TIERLINE_QUALITY_MAX_QUARANTINED_RATIO": "0.6"}

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


@dataclass(frozen=True)
class Ugly:
    """The folder, and its first run."""

    folder: Path
    first: Run

    def run(self) -> Run:
        return tierline(self.first.home.root, self.folder, as_of=AS_OF, settings=SETTINGS)

    @property
    def served(self) -> str:
        return self.first.home.pointer.resolve().name

    def write_events(self, name: str, *rows: str) -> None:
        header = "event_id,occurred_at,account_id,event,feature,channel"
        (self.folder / "usage_events" / name).write_text("\n".join([header, *rows, ""]))


def _write(folder: Path) -> None:
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
    texts = {
        "accounts.csv": ACCOUNTS,
        "csms.csv": "csm_id;name;email;slack_id\ncsm_1;Ada Byron;ada@cs.example;U0ADA\n",
        "users.jsonl": "\n".join(json.dumps(user) for user in USERS),
        "features.csv": "feature,plan,is_key\nsync,pro,true\nreports,pro,true\ndashboards,pro,true\nalerts,pro,true\n",
        **_events(),
    }
    (folder / "usage_events").mkdir(parents=True)
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    with gzip.open(folder / "tickets.jsonl.gz", "wt") as file:
        file.write("\n".join(json.dumps(ticket) for ticket in tickets))


@pytest.fixture(scope="module")
def ugly(tmp_path_factory: pytest.TempPathFactory) -> Ugly:
    root = tmp_path_factory.mktemp("ugly")
    _write(root / "drop")
    run = tierline(root / "home", root / "drop", as_of=AS_OF, settings=SETTINGS)
    assert run.code == 0, run.output
    return Ugly(root / "drop", run)


def test_nothing_is_lost(ugly: Ugly) -> None:
    run = ugly.first
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


def test_an_account_that_is_seen_through_the_api_alone_is_active(ugly: Ugly) -> None:
    """A message that somebody was not seen must never reach an account that is active through the API."""
    (row,) = ugly.first.published(
        "select usage_type, recency_score, days_since_activity from marts.fct_account_health_daily"
        " where account_id = 'acc_api' and date = '2026-10-31'"
    )
    assert row == ("api", 100.0, 0)
    assert ugly.first.published("select usage_type from marts.dim_accounts where account_id = 'acc_ui'") == [
        ("ui",)
    ]


def test_a_quiet_account_reaches_its_fallback_owner(ugly: Ugly) -> None:
    """No owner, no use, an escalation: a person hears of it first, and nobody hears of the customer who left."""
    decisions = ugly.first.published(
        "select account_id, play_id, recipient, is_immediate, suppressed_by from actions.fct_action_decisions order by all"
    )
    assert ("acc_quiet", "critical_escalation", "#customer-success", True, None) in decisions
    assert "acc_gone" not in {account for account, *_ in decisions}
    new = {(play, suppressed_by) for account, play, _, _, suppressed_by in decisions if account == "acc_new"}
    assert new == {("onboarding_get_started", "no_recipient")}  # the latest step takes the welcome's place
    message = (ugly.first.home.outbox / "slack.jsonl").read_text()
    assert "שקט בע״מ" in message


def test_the_run_ends_with_what_a_person_wants_to_know(ugly: Ugly) -> None:
    run = ugly.first
    for words in (
        "Rows read", "Steps", "Checks", "Accounts per tier", "Tier crossings", "Decisions by mode",
        "Deliveries by state", "Where to look",
    ):  # fmt: skip
        assert words in run.output
    assert run.last_line.startswith(f"Done: scored through {AS_OF}")
    assert str(ugly.folder) in run.output.splitlines()[0]
    assert "\x1b" not in run.output, "no colours in a pipe"


def test_a_failing_check_leaves_the_last_snapshot_served_and_says_what_to_do(ugly: Ugly) -> None:
    served = ugly.served
    ahead = datetime.now(UTC) + timedelta(hours=20)
    ugly.write_events("ahead.csv", f"a1,{ahead:%FT%TZ},acc_ui,open,reports,ui")
    try:
        run = ugly.run()
    finally:
        ugly.write_events("ahead.csv")
    assert run.code == 1
    for words in (
        "check of raw_drop_folder.usage_events failed", "later than now", "misread date format",
        "Correct usage_events in the input", "the last snapshot stays served",
    ):  # fmt: skip
        assert words in run.last_line
    assert ugly.served == served
    assert "build models" not in run.output


def test_a_run_that_is_asked_to_stop_stops_at_once_and_says_so(ugly: Ugly) -> None:
    served, home = ugly.served, ugly.first.home.root
    process = subprocess.Popen(
        command(home, ugly.folder, as_of=AS_OF),
        cwd=ROOT,
        env=environment(home, SETTINGS),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while "build models" not in (line := process.stdout.readline()):
        assert line, "it ended before it was asked to"
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (1, "")
    assert "stopped on request" in output.rstrip().rsplit("\n", 1)[-1]
    assert ugly.served == served


def test_a_database_that_somebody_holds_gets_one_clear_line(
    ugly: Ugly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIERLINE_WAREHOUSE_WAIT_SECONDS", "0.5")
    holding = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", holding, str(ugly.first.home.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        code, last_line = _last_line_here(ugly.first.home.root, ugly.folder, monkeypatch)
        holder.communicate(b"\n")
    assert code == 1
    assert "held by another process" in last_line


def test_a_late_file_changes_only_what_it_says(ugly: Ugly) -> None:
    """Also after runs that ended badly."""
    health = "select * from marts.fct_account_health_daily where account_id {} 'acc_quiet' order by all"
    others, quiet = ugly.first.published(health.format("<>")), ugly.first.published(health.format("="))
    ugly.write_events("2026-11-late.csv", "l1,2026-10-29,acc_quiet,open,reports,ui")
    again = ugly.run()
    assert again.code == 0, again.output
    assert again.published(health.format("<>")) == others
    changed = [
        day for day, before in zip(again.published(health.format("=")), quiet, strict=True) if day != before
    ]
    assert [str(row[1]) for row in changed] == ["2026-10-29", "2026-10-30", "2026-10-31"]


def test_another_folder_is_not_mixed_in(ugly: Ugly, monkeypatch: pytest.MonkeyPatch) -> None:
    other = shutil.copytree(ugly.folder, ugly.folder.with_name("other"))
    code, last_line = _last_line_here(ugly.first.home.root, other, monkeypatch)
    assert code == 1
    assert "TIERLINE_HOME" in last_line
    assert str(ugly.folder) in last_line


def _last_line_here(home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Of the command in this process, which ends before it has much to do."""
    monkeypatch.setenv("TIERLINE_HOME", str(home))
    stream = StringIO()
    code = main(("--data", str(folder), "--as-of", AS_OF), stream)
    return code, stream.getvalue().rstrip().rsplit("\n", 1)[-1]
