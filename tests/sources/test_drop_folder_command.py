"""The command people try their folder with, before anything is loaded."""

import subprocess
import sys
from pathlib import Path

from drops import Drop

ROOT = Path(__file__).parents[2]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "assets.sources.drop_folder", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_says_what_is_there_and_fails_for_what_would_not_load(drop: Drop) -> None:
    drop.write("users.csv", "user_id,account_id,Shoe Size\nu1,A1,44\n")
    drop.write("people.xlsx", "")
    fine = command("--check", str(drop.folder))
    assert (fine.returncode, fine.stderr) == (0, "")
    assert "users: users.csv: has user_id, account_id" in fine.stdout
    assert "kept in extra: Shoe Size" in fine.stdout
    assert "tickets: not given" in fine.stdout
    assert "not read: people.xlsx" in fine.stdout

    drop.write("tickets.csv", "ticket_id\nt1\n")
    drop.write("features.sql", "select nothing from 'users.csv'")
    broken = command("--check", str(drop.folder))
    assert broken.returncode == 1
    assert (
        "tickets: tickets.csv: would not load: the file lacks created_at, one of account_id" in broken.stdout
    )
    assert "features: features.sql: would not load: features.sql: Binder Error" in broken.stdout


def test_sample_prints_rows_and_reasons_and_leaves_nothing_behind(drop: Drop) -> None:
    drop.write("users.csv", "user_id,account_id\nu1,A1\nu2,A9\n")
    before = sorted(drop.folder.parent.rglob("*"))
    shown = command("--sample", str(drop.folder))
    assert shown.returncode == 0, shown.stderr
    assert "users: 2 in = 1 loaded + 0 duplicate + 1 quarantined" in shown.stdout
    assert '{"user_id": "u1", "account_id": "A1"' in shown.stdout
    assert "rejected 1 times: unknown account 'A9' (first in users.csv, line 3)" in shown.stdout
    assert sorted(drop.folder.parent.rglob("*")) == before


def test_a_folder_without_accounts_is_explained_in_one_line(tmp_path: Path) -> None:
    for action in ("--check", "--sample"):
        said = command(action, str(tmp_path))
        assert said.returncode == 1
        assert said.stderr.startswith("AccountsMissingError: ")
        assert "Traceback" not in said.stderr
