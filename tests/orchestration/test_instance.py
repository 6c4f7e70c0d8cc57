"""Dagster's instance in the home folder, and who may work there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import (
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    Definitions,
    asset,
    define_asset_job,
)
from dagster._core.storage.event_log import SqliteEventLogStorage

from assets.resources import WAREHOUSE_POOL
from orchestration.instance import (
    COMMAND_TAG,
    AlreadyWorkingError,
    only_run,
    only_service,
    open_instance,
    wait_for_turn,
)
from warehouse.home import Home
from warehouse.working import WarehouseBusyError


@asset(pool=WAREHOUSE_POOL)
def writing() -> None: ...


JOB = Definitions(assets=[writing], jobs=[define_asset_job("work")]).resolve_job_def("work")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / 'a "quoted" home')


@pytest.fixture
def instance(home: Home) -> Iterator[DagsterInstance]:
    with open_instance(home) as instance:
        yield instance


def _left_running(instance: DagsterInstance, **tags: str) -> str:
    """What a killed process leaves in the records: a run that started and never ended."""
    run = instance.create_run_for_job(JOB, tags=tags)
    started = DagsterEvent(event_type_value=DagsterEventType.RUN_START.value, job_name="work")
    instance.run_storage.handle_run_event(run.run_id, started)
    return run.run_id


def _status(instance: DagsterInstance, run_id: str) -> DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_one_run_at_a_time_writes_and_nothing_phones_home(instance: DagsterInstance) -> None:
    pools = instance.get_concurrency_config().pool_config
    assert (pools.default_pool_limit, pools.pool_granularity.value) == (1, "run")
    assert instance.telemetry_enabled is False


def test_a_run_left_by_a_killed_process_is_recorded_as_failed(home: Home, instance: DagsterInstance) -> None:
    run_id = _left_running(instance, **{COMMAND_TAG: "run"})
    with only_run(home, instance):
        assert _status(instance, run_id) is DagsterRunStatus.FAILURE


def test_a_run_of_a_living_service_is_left_alone_and_waited_for(
    home: Home, instance: DagsterInstance
) -> None:
    with only_service(home, instance):
        run_id = _left_running(instance)
        with only_run(home, instance):
            assert _status(instance, run_id) is DagsterRunStatus.STARTED
            told: list[str] = []
            with pytest.raises(WarehouseBusyError, match=run_id[:8]):
                wait_for_turn(instance, seconds=0.2, tell=told.append, pause=0.1)
            assert len(told) == 1


def test_a_run_of_a_dead_service_is_recorded_as_failed(home: Home, instance: DagsterInstance) -> None:
    run_id = _left_running(instance)
    with only_run(home, instance):
        assert _status(instance, run_id) is DagsterRunStatus.FAILURE
        wait_for_turn(instance, seconds=0, tell=lambda line: None)


def test_the_same_command_does_not_run_twice_on_one_home(home: Home, instance: DagsterInstance) -> None:
    with only_run(home, instance), pytest.raises(AlreadyWorkingError), only_run(home, instance):
        pass
    with only_service(home, instance), pytest.raises(AlreadyWorkingError), only_service(home, instance):
        pass


def test_the_kept_connections_write_what_dagster_itself_reads(instance: DagsterInstance) -> None:
    result = JOB.execute_in_process(instance=instance)
    written = instance.event_log_storage
    assert type(written).__name__ == "KeptConnections"
    stock = SqliteEventLogStorage(written._base_dir)  # type: ignore[attr-defined]
    theirs, ours = stock.get_logs_for_run(result.run_id), written.get_logs_for_run(result.run_id)
    assert theirs == ours
    assert len(ours) > 5
    assert stock.get_latest_materialization_events([writing.key])[writing.key] is not None
