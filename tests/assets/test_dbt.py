"""How dbt is called, and what is made of its results."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from assets import dbt_command, dbt_process
from assets.build_results import broken_constraints, in_one_line, is_transient, read_results
from warehouse.home import Home


def test_one_build_runs_everything_but_the_unit_tests() -> None:
    assert dbt_command.build_arguments() == ["build", "--exclude-resource-type", "unit_test"]


def test_systems_that_were_never_connected_are_left_out_with_their_tests() -> None:
    assert dbt_command.excluded(["zendesk", "github"]) == (
        "tag:feed_github source:raw_github tag:feed_zendesk source:raw_zendesk"
    )
    assert dbt_command.excluded([]) is None


def test_dbt_works_on_the_homes_warehouse_and_writes_only_there(tmp_path: Path) -> None:
    home = Home(tmp_path)
    environment = dbt_command.environment(home)
    assert environment["TIERLINE_WAREHOUSE"] == str(tmp_path / "warehouse.duckdb")
    assert environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
    assert dbt_command.target_path(home).is_relative_to(tmp_path)


def _results(tmp_path: Path, *nodes: tuple[str, str, str]) -> Path:
    path = tmp_path / "run_results.json"
    results = [
        {"unique_id": unique_id, "status": status, "message": message} for unique_id, status, message in nodes
    ]
    path.write_text(json.dumps({"elapsed_time": 1.5, "results": results}))
    return path


def test_a_failed_test_is_told_with_what_it_means(tmp_path: Path) -> None:
    path = _results(
        tmp_path,
        ("model.tierline.dim_accounts", "success", "OK"),
        ("test.tierline.weights_sum_to_one.abc123", "fail", "Got 2 results,\nconfigured to fail if != 0"),
        ("test.tierline.not_null_x.abc", "pass", ""),
        ("test.tierline.late_rows.abc", "warn", "Got 1 result"),
        ("model.tierline.fct_tickets", "skipped", ""),
    )
    results = read_results(path)
    assert results is not None
    assert (results.built, results.passed, results.warned, results.failed) == (1, 1, 1, 1)
    manifest = {
        "nodes": {"x": {"name": "weights_sum_to_one", "description": "The weights of a segment sum to 1."}}
    }
    assert results.sentence(manifest) == (
        "dbt test weights_sum_to_one failed: The weights of a segment sum to 1."
        " (Got 2 results, configured to fail if != 0)"
    )


def test_a_table_s_test_is_told_with_the_constraints_that_are_broken(tmp_path: Path) -> None:
    path = _results(tmp_path, ("test.tierline.dim_accounts_constraints.abc", "fail", "Got 2 results"))
    content = json.loads(path.read_text())
    content["results"][0]["compiled_code"] = "values ('account_id repeats', 3), ('name is null', 1)"
    path.write_text(json.dumps(content))
    results = read_results(path)
    assert results is not None
    assert results.first_bad.found_broken_constraints
    assert results.sentence({}, broken_constraints(duckdb.connect(), results.first_bad)) == (
        "dbt test dim_accounts_constraints failed: account_id repeats (3 found); name is null (1 found)"
    )


def test_a_model_that_could_not_be_built_is_told_before_tests_that_failed(tmp_path: Path) -> None:
    path = _results(
        tmp_path,
        ("test.tierline.not_null_x.abc", "fail", "Got 1 result"),
        ("model.tierline.dim_accounts", "error", "Binder Error: no such column"),
    )
    results = read_results(path)
    assert results is not None
    assert results.sentence() == "dbt could not build dim_accounts (and 1 more): Binder Error: no such column"


def test_a_dbt_that_stopped_early_is_told_in_one_line_without_its_traceback() -> None:
    error = (
        "The dbt CLI process with command `dbt build` failed with exit code `2`.\n\n"
        "Errors parsed from dbt logs:\n\nEncountered an error:\nRuntime Error\n  no such profile\n"
        'Traceback (most recent call last):\n  File "x.py", line 1'
    )
    assert in_one_line(error) == "Encountered an error: Runtime Error no such profile"


def test_no_results_are_not_taken_for_good_ones(tmp_path: Path) -> None:
    assert read_results(tmp_path / "run_results.json") is None


def test_only_a_held_database_is_worth_another_try() -> None:
    assert is_transient('IO Error: Could not set lock on file "warehouse.duckdb"')
    assert not is_transient("Binder Error: no such column")


def test_dbt_does_not_outlive_the_pipeline_that_started_it(tmp_path: Path) -> None:
    child = (
        "import os, sys, threading, time;"
        f" sys.path.insert(0, {str(Path(dbt_process.__file__).parents[1])!r});"
        " from assets.dbt_process import end_with;"
        " threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start();"
        " open('started', 'w').write(str(os.getpid())); time.sleep(60)"
    )
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=tmp_path)
    pid = _wait_for(lambda: int((tmp_path / "started").read_text() or 0))
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert _wait_for(lambda: not _is_alive(pid)), "the child goes on without its parent"


def _wait_for(found):  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if value := found():
                return value
        except (FileNotFoundError, ValueError):
            pass
        time.sleep(0.05)
    return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Nobody may have collected it yet.
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
