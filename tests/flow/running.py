"""The whole pipeline as a person runs it, on real files; and its two slow halves alone, for comparing states."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from assets import dbt_command
from assets.runs import complete_run, open_run
from assets.sources import drop_folder
from assets.sources.registry import SYSTEMS
from warehouse.home import Home
from warehouse.snapshots import open_snapshot
from warehouse.working import open_warehouse

ROOT = Path(__file__).resolve().parents[2]
RAVENSTACK = ROOT / "../shared/data/ravenstack"
RAVENSTACK_MAPPING = ROOT / "examples/ravenstack"
PROJECT = ROOT / "dbt_project"
PARSED = PROJECT / "target" / "partial_parse.msgpack"
NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

# What a build makes that people or later builds read.
STATE = (
    "marts.dim_accounts",
    "marts.fct_usage_daily",
    "marts.fct_tickets",
    "marts.fct_account_health_daily",
    "marts.fct_tier_changes",
    "actions.fct_action_decisions",
    "intermediate.int_user_days",
    "intermediate.int_threshold_states_daily",
    "raw_tierline.scored_days",
)

# Lists and digests are only of the day of a build.
OF_ANY_DAY = {
    "actions.fct_action_decisions": "where play_id not in ('csm_daily_list', 'leader_weekly_digest')",
}


@dataclass(frozen=True)
class Run:
    """A finished `python -m orchestration.run`."""

    code: int
    output: str
    home: Home

    @property
    def last_line(self) -> str:
        return self.output.rstrip().rsplit("\n", 1)[-1]

    def published(self, query: str) -> list[tuple[object, ...]]:
        with open_snapshot(self.home.pointer.resolve()) as snapshot:
            return snapshot.execute(query).fetchall()


def command(home: Path, data: Path, mapping: Path | None = None, as_of: str | None = None) -> list[str]:
    return [
        *(sys.executable, "-m", "orchestration.run", "--data", str(data)),
        *(("--mapping", str(mapping)) if mapping else ()),
        *(("--as-of", as_of) if as_of else ()),
    ]


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TIERLINE_")}
    return {**inherited, "PYTHONPATH": str(ROOT), "TIERLINE_HOME": str(home), **(extra or {})}


def tierline(
    home: Path,
    data: Path,
    *,
    mapping: Path | None = None,
    as_of: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> Run:
    """Run the command to its end."""
    done = subprocess.run(
        command(home, data, mapping, as_of),
        cwd=ROOT,
        env=environment(home, settings),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return Run(done.returncode, done.stdout + done.stderr, Home(home))


def build(
    home: Home, data: Path, as_of: date, *options: str, project: Path = PROJECT, with_tests: bool = False
) -> None:
    """Load and build without checks, publishing and delivery: the models' own state, quickly."""
    home.create()
    with open_warehouse(home.warehouse) as connection:
        drop_folder.load(connection, data, quarantine=home.quarantine, now=NOW)
    build_models(home, as_of, *options, project=project, with_tests=with_tests)


def live_since(day: str, folder: Path) -> Path:
    """A project with automation live since `day`, deciding every day since, however long ago it was."""
    ignored = shutil.ignore_patterns("target", "logs")
    project = shutil.copytree(PROJECT, folder / "project", ignore=ignored)
    rollout = project / "seeds/policy/rollout.csv"
    header, row, *rest = rollout.read_text().splitlines()
    given = dict(zip(header.split(","), row.split(","), strict=True))
    given |= {"live_on": day, "decision_shelf_life_days": "1000"}
    rollout.write_text("\n".join([header, ",".join(given.values()), *rest]) + "\n")
    return project


def build_models(
    home: Home, as_of: date, *options: str, project: Path = PROJECT, with_tests: bool = False
) -> None:
    """Build on what is loaded: of systems that never were, nothing."""
    with open_warehouse(home.warehouse) as connection:
        open_run(connection, as_of=as_of, now=NOW)
        loaded = connection.execute("select distinct source from raw_tierline.loads").fetchall()
    absent = {*SYSTEMS, "drop_folder", "ledger"} - {source for (source,) in loaded}
    left_out = ("unit_test",) if with_tests else ("unit_test", "test")
    home.dbt.mkdir(exist_ok=True)
    shutil.copy2(PARSED, home.dbt)
    done = subprocess.run(
        [
            # one thread: models of a small company cost dbt more than DuckDB, and each test has a core
            *(sys.executable, str(ROOT / "assets/dbt_process.py"), "--quiet", "--no-write-json"),
            *("build", "--threads", "1"),
            *("--exclude-resource-type", *left_out, *options),
            *("--exclude", *str(dbt_command.excluded(absent)).split()),
        ],
        cwd=project,
        env=environment(home.root)
        | {
            "TIERLINE_WAREHOUSE": str(home.warehouse),
            "DBT_TARGET_PATH": str(home.dbt),
            "DBT_LOG_PATH": str(home.dbt),
            "DBT_LOG_LEVEL_FILE": "info",
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with open_warehouse(home.warehouse) as connection:
        complete_run(connection, as_of=as_of, now=NOW)


def state(home: Home, tables: tuple[str, ...] = STATE) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the tables, sorted; without the lists and digests, which only the day of a build gets."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        return {
            name: connection.execute(f"from {name} {OF_ANY_DAY.get(name, '')} order by all").fetchall()
            for name in tables
        }
