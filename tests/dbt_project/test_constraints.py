"""What `constraints_hold` finds in a table that breaks every constraint, and in a view that breaks none."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import REPOSITORY

PROJECT = """
name: broken
profile: broken
models: {broken: {+materialized: view}}
data_tests: {+store_failures: true}
"""
PROFILE = """
broken:
  target: duckdb
  outputs: {duckdb: {type: duckdb, path: warehouse.duckdb}}
"""
ROWS = """
select * from (values
    ('a', 'x', 1, 'one', 0.5, 'it''s'), ('b', 'x', 1, 'two', 1.5, null), ('b', null, 2, null, null, 'no'),
    (null, null, 2, null, 0.0, 'yes')
) as given (id, code, pair, word, share, said)
"""
MODELS = """
models:
  - name: odd
    config: {materialized: table}
    data_tests: [{constraints_hold: {name: odd_constraints, arguments: &promised {
      primary_key: [id], not_null: [word], unique: [code, [code, pair]], unique_nulls_not_distinct: [[code, word]],
      accepted_range: {share: [0, 1]}, accepted_values: {said: ["it's", "yes"], pair: [1]},
    }}}]
  - name: seen_again
    data_tests: [{constraints_hold: {name: seen_again_constraints, arguments: *promised}}]
  - name: sound
    data_tests: [{constraints_hold: {name: sound_constraints, arguments: {
      primary_key: [id, pair], not_null: [word], unique: [code], accepted_range: {share: [0, 1]},
      accepted_values: {said: ["it's", "yes"], pair: [1]},
    }}}]
"""
BROKEN = {
    "id is null": 1,
    "id repeats": 1,
    "word is null": 2,
    "code repeats": 1,
    "code, pair repeats": 1,
    "code, word repeats": 1,
    "not share between 0 and 1": 1,
    "said is none of it's, yes": 1,
    "pair is none of 1": 2,
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("broken")
    given = REPOSITORY / "dbt_project"
    for name in ("macros", "tests/generic", "models"):
        (project / name).mkdir(parents=True)
    shutil.copy(given / "macros/sql_literals.sql", project / "macros")
    shutil.copy(given / "tests/generic/constraints_hold.sql", project / "tests/generic")
    (project / "dbt_project.yml").write_text(PROJECT)
    (project / "profiles.yml").write_text(PROFILE)
    (project / "models/odd.sql").write_text(ROWS)
    (project / "models/seen_again.sql").write_text("select * from {{ ref('odd') }}")
    (project / "models/sound.sql").write_text("select * from {{ ref('odd') }} where id = 'a'")
    (project / "models/models.yml").write_text(MODELS)
    (project / "warehouse.duckdb").unlink(missing_ok=True)
    for command in ("run", "test"):
        subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", "--quiet", "--no-send-anonymous-usage-stats", command],
            cwd=project,
            check=command == "run",
            capture_output=True,
        )
    return project / "warehouse.duckdb"


def _found(warehouse: Path, test: str) -> dict[str, int]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return dict(connection.execute(f"from main_dbt_test__audit.{test}_constraints").fetchall())


@pytest.mark.parametrize("model", ["odd", "seen_again"])
def test_every_broken_constraint_is_named_with_its_rows(built: Path, model: str) -> None:
    assert _found(built, model) == BROKEN


def test_constraints_that_hold_are_silent(built: Path) -> None:
    assert _found(built, "sound") == {}
