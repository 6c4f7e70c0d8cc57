"""`python -m simulator serve` in a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import polars as pl

from tests.simulator.vendors.test_simulated_zendesk import LOGIN

ROOT = Path(__file__).parents[3]
SMALL = ["--accounts", "8", "--months", "1", "--end", "2026-10-31"]


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "simulator", "serve", *arguments]


def test_the_command_serves_until_it_is_stopped_and_then_writes_who_is_who(tmp_path: Path) -> None:
    data, truth = tmp_path / "data", tmp_path / "truth"
    folders = ["--data", str(data), "--truth", str(truth), "--drop-folder", str(tmp_path / "drop")]
    arguments = _command(*folders, "--one-of-each", *SMALL)
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        *_, told = _until_serving(process)
        url = told.split()[-1]
        path = "/zendesk/api/v2/incremental/organizations.json?start_time=0"
        rows = httpx.get(url + path, auth=LOGIN).json()["organizations"]
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0
    identities = pl.read_parquet(truth / "vendor_identities.parquet")
    known = identities.filter(vendor="zendesk", object="organization")
    assert {str(row["id"]) for row in rows} == set(known["vendor_id"])
    assert "simulated-zendesk" not in (data / "requests.jsonl").read_text()
    assert not list(data.rglob("vendor_identities*"))
    days = pl.read_parquet(truth / "account_days" / "*.parquet")
    assert days["date"].n_unique() == 31
    assert (truth / "accounts.parquet").exists()
    own = sorted(file.name for file in (tmp_path / "drop").iterdir())
    assert own == ["csms.parquet", "features.parquet", "invoices.parquet", "subscriptions.parquet"]
    assert list((data / "segment-logs").glob("server/*/1.gz"))


def _until_serving(process: subprocess.Popen[str]) -> list[str]:
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Serving"):
            return lines
    raise AssertionError("the server ended before it answered")


def test_truth_in_the_data_folder_and_strange_settings_are_refused(tmp_path: Path) -> None:
    inside = _command("--data", str(tmp_path), "--truth", str(tmp_path / "truth"), *SMALL)
    refused = subprocess.run(inside, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (refused.returncode, "folder of its own" in refused.stderr) == (2, True)
    (tmp_path / "faults.json").write_text('{"limit": {}}')
    strange = _command("--data", str(tmp_path / "data"), "--faults", str(tmp_path / "faults.json"), *SMALL)
    refused = subprocess.run(strange, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (refused.returncode, "no setting" in refused.stderr) == (2, True)
