"""What Dagster serves."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetSelection,
    DagsterEventType,
    DagsterInstance,
    Definitions,
    Failure,
    MaterializeResult,
    RunRequest,
    SkipReason,
    asset,
    build_run_status_sensor_context,
    materialize,
)

from assets.connected import note_connected
from assets.drop_folder import TABLE_KEYS
from assets.freshness import FRESHNESS
from assets.opened_run import RUNS
from assets.published import PUBLISHED
from assets.raw_checks import CHECK
from assets.raw_tables import CHANGES, NEXT_AS_OF
from assets.resources import WAREHOUSE_POOL
from orchestration.definitions import MANIFEST, build
from orchestration.instance import COMMAND_TAG
from orchestration.jobs import jobs
from orchestration.schedules import score_after_ingest
from orchestration.settings import read_settings
from warehouse.home import Home

# A system that is connected, beside the drop folder and one that was connected before.
DELIGHTED = {"TIERLINE_DELIGHTED_ENABLED": "true"}
ROOT = Path(__file__).parents[2] / "orchestration" / "definitions.py"

if not MANIFEST.exists():
    pytest.skip("the dbt manifest is not prepared; `make setup` does it", allow_module_level=True)


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Definitions:
    home = tmp_path_factory.mktemp("home")
    (home / "data").mkdir()
    note_connected(Home(home), "github")
    return build(read_settings(DELIGHTED, home=home, data=home / "data", environment="production"))


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


def test_every_raw_table_has_a_check_that_blocks_and_one_that_shows_its_age(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    loaded = {
        *TABLE_KEYS.values(),
        *(AssetKey(["raw_delighted", table]) for table in ("survey_responses", "people")),
    }
    blocking = {key.asset_key for key in graph.asset_check_keys if graph.get(key).blocking}
    assert loaded <= blocking
    aged = {key.asset_key for key in graph.asset_check_keys if key.name == FRESHNESS}
    assert aged == loaded, "what we note ourselves is no feed"


def test_tables_are_checked_where_they_are_loaded_and_their_age_where_the_models_know_it(
    definitions: Definitions,
) -> None:
    checked = {
        job: {key.name for key in definitions.resolve_job_def(job).asset_layer.asset_graph.asset_check_keys}
        for job in ("ingest", "score")
    }
    assert checked["ingest"] == {CHECK}
    assert FRESHNESS in checked["score"]
    assert CHECK not in checked["score"]


def test_models_of_systems_that_were_never_connected_are_not_there(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    staged = {key.path[-1].split("__")[0] for key in graph.get_all_asset_keys() if key.path[0] == "staging"}
    assert staged == {"stg_drop_folder", "stg_delighted", "stg_github", "stg_ledger", "stg_tierline"}


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


def _requested(
    *, failing: str | None = None, loads: Sequence[str] = ("2026-03-09",), tags: dict[str, str] | None = None
) -> list[object]:
    """What each of the sensors makes of a run that noted `loads`, if it is one it looks at."""
    instance = DagsterInstance.ephemeral()

    @asset(check_specs=[AssetCheckSpec("expectations", asset="load")])
    def load(context: AssetExecutionContext) -> Iterator[object]:
        for day in loads:
            context.log_event(AssetMaterialization(CHANGES, metadata={NEXT_AS_OF: day}))
        yield AssetCheckResult(check_name="expectations", passed=failing != "check")
        if failing == "load":
            raise Failure("zendesk is down")
        yield MaterializeResult()

    result = materialize([load], instance=instance, raise_on_error=False, tags=tags)
    ingest, score = jobs([], suites=[], freshness=[])
    requests = []
    for sensor, ended in zip(
        score_after_ingest(ingest, score),
        (DagsterEventType.RUN_SUCCESS, DagsterEventType.RUN_FAILURE),
        strict=True,
    ):
        for event in result.all_events:
            if event.event_type is ended:
                context = build_run_status_sensor_context(
                    sensor_name=sensor.name,
                    dagster_event=event,
                    dagster_instance=instance,
                    dagster_run=instance.get_run_by_id(result.run_id) or result.dagster_run,
                )
                requests.append(sensor(context))
    return requests


def test_a_load_is_scored_through_the_day_that_was_said_last(definitions: Definitions) -> None:
    (request,) = _requested(loads=["2026-03-08", "2026-03-09"])
    assert isinstance(request, RunRequest)
    assert request.partition_key == "2026-03-09"
    partitions = definitions.resolve_job_def("score").partitions_def
    assert partitions is not None
    assert request.partition_key in partitions.get_partition_keys(datetime(2026, 3, 20, tzinfo=UTC))


def test_one_systems_outage_does_not_keep_the_others_from_being_scored() -> None:
    (request,) = _requested(failing="load")
    assert isinstance(request, RunRequest)
    assert request.partition_key == "2026-03-09"


def test_neither_a_failed_check_nor_an_empty_load_nor_what_make_run_scores_itself_is_scored() -> None:
    assert [type(each) for each in _requested(tags={COMMAND_TAG: "run"})] == [SkipReason]
    assert [type(each) for each in _requested(failing="check")] == [SkipReason]
    assert [type(each) for each in _requested(failing="load", loads=[])] == [SkipReason]


def test_the_prepared_parse_finds_the_seeds_from_any_folder() -> None:
    """A relative root would be looked up in the folder dbt runs in, and the pipeline starts from this parse."""
    nodes = json.loads(MANIFEST.read_text())["nodes"].values()
    roots = {node["root_path"] for node in nodes if node["resource_type"] == "seed"}
    assert roots == {str(MANIFEST.parents[1])}
