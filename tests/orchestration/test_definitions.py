"""What Dagster serves."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster import (
    AssetKey,
    AssetSelection,
    DagsterEventType,
    DagsterInstance,
    Definitions,
    RunRequest,
    asset,
    build_run_status_sensor_context,
    materialize,
)

from assets.drop_folder import CHANGES, NEXT_AS_OF, TABLE_KEYS
from assets.opened_run import RUNS
from assets.published import PUBLISHED
from assets.resources import WAREHOUSE_POOL
from assets.sources.drop.contract import TABLES
from orchestration.definitions import MANIFEST, build
from orchestration.schedules import score_after_ingest
from orchestration.settings import read_settings

RUN_SUCCESS = DagsterEventType.RUN_SUCCESS
ROOT = Path(__file__).parents[2] / "orchestration" / "definitions.py"

if not MANIFEST.exists():
    pytest.skip("the dbt manifest is not prepared; `make setup` does it", allow_module_level=True)


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Definitions:
    home = tmp_path_factory.mktemp("home")
    (home / "data").mkdir()
    return build(read_settings(home=home, data=home / "data", environment="production"))


def test_the_root_only_merges() -> None:
    assert len(ROOT.read_text().splitlines()) < 60


def test_every_asset_is_in_the_group_of_its_layer(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    groups = {key: graph.get(key).group_name for key in graph.get_all_asset_keys()}
    assert set(groups.values()) == {
        "raw", "staging", "intermediate", "marts", "actions", "policy", "publish",
    }  # fmt: skip
    assert all(
        group == key.path[0] for key, group in groups.items() if key.path[0] in ("marts", "actions", "policy")
    )


def test_every_raw_table_has_a_check_that_blocks(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    blocking = {key.asset_key for key in graph.asset_check_keys if graph.get(key).blocking}
    assert {AssetKey(["raw_drop_folder", table]) for table in TABLES} <= blocking


def test_nothing_is_published_before_every_model_is_built_from_a_run_on_record(
    definitions: Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    upstream = AssetSelection.assets(PUBLISHED).upstream().resolve(graph)
    models = {key for key in graph.get_all_asset_keys() if key.path[0] in ("marts", "actions", "policy")}
    assert models
    assert models | {RUNS} | set(TABLE_KEYS.values()) <= set(upstream)


def test_every_step_that_writes_waits_for_its_turn(definitions: Definitions) -> None:
    for name in ("ingest", "score"):
        for node in definitions.resolve_job_def(name).nodes:
            assert node.definition.pools == {WAREHOUSE_POOL}, node.name


def test_a_load_that_succeeded_is_scored_through_the_last_complete_day_it_found(
    definitions: Definitions,
) -> None:
    instance = DagsterInstance.ephemeral()

    @asset(key=CHANGES)
    def load(context) -> None:  # type: ignore[no-untyped-def]
        context.add_output_metadata({NEXT_AS_OF: "2026-03-09"})

    result = materialize([load], instance=instance)
    context = build_run_status_sensor_context(
        sensor_name="score_after_ingest",
        dagster_event=next(
            event for event in result.all_events if event.event_type is DagsterEventType.RUN_SUCCESS
        ),
        dagster_instance=instance,
        dagster_run=result.dagster_run,
    )
    request = score_after_ingest()(context)
    assert isinstance(request, RunRequest)
    assert request.partition_key == "2026-03-09"
    partitions = definitions.resolve_job_def("score").partitions_def
    assert partitions is not None
    assert request.partition_key in partitions.get_partition_keys(datetime(2026, 3, 20, tzinfo=UTC))


def test_the_prepared_parse_finds_the_seeds_from_any_folder() -> None:
    """A relative root would be looked up in the folder dbt runs in, and the pipeline starts from this parse."""
    nodes = json.loads(MANIFEST.read_text())["nodes"].values()
    roots = {node["root_path"] for node in nodes if node["resource_type"] == "seed"}
    assert roots == {str(MANIFEST.parents[1])}
