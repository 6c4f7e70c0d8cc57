"""dbt from a plain shell, as an analytics engineer uses it: nothing of the pipeline has run."""

import subprocess
import sys
from pathlib import Path

import duckdb
from running import ROOT, environment


def test_build_and_docs_work_on_an_empty_warehouse(tmp_path: Path) -> None:
    """The build runs every unit test as well; disconnected systems read as empty."""
    settings = environment(tmp_path) | {
        "TIERLINE_WAREHOUSE": str(tmp_path / "warehouse.duckdb"),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path),
        "DBT_LOG_LEVEL_FILE": "none",
    }
    built = _dbt(["build"], settings)
    assert built.returncode == 0, built.stdout
    assert "unit tests" in built.stdout
    documented = _dbt(["docs", "generate", "--static"], settings)
    assert documented.returncode == 0, documented.stdout
    page = (tmp_path / "target" / "static_index.html").read_text()
    assert "One row per account and date of its life" in page
    with duckdb.connect(settings["TIERLINE_WAREHOUSE"], read_only=True) as connection:
        assert connection.execute("select count(*) from actions.fct_action_decisions").fetchone() == (0,)


def _dbt(arguments: list[str], settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", *arguments],
        cwd=ROOT / "dbt_project",
        env=settings,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
