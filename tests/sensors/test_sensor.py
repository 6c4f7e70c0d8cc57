"""Dagster's side: when the sensor asks for a delivery, and the job that does it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    SkipReason,
    build_sensor_context,
)

from sensors.channels.configuration import ChannelConfig
from sensors.ledger import Ledger, open_ledger
from sensors.recovery import worker_identity
from sensors.sensor import delivery_definitions, delivery_job, delivery_sensor
from tests.sensors.conftest import Publish, decision
from warehouse.home import Home


class Watch:
    """The sensor with a Dagster instance, ticked by hand as the daemon would."""

    def __init__(self, home: Home, url: str, instance: DagsterInstance) -> None:
        self.instance = instance
        self.job = delivery_job(home=home, ledger_url=url, config=ChannelConfig())
        self.at = datetime.now(UTC)
        self.sensor = delivery_sensor(
            self.job,
            home=home,
            ledger_url=url,
            default_status=DefaultSensorStatus.RUNNING,
            now=lambda: self.at,
        )
        self.cursor: str | None = None

    def tick(self) -> RunRequest | SkipReason:
        context = build_sensor_context(instance=self.instance, cursor=self.cursor)
        answer: Any = self.sensor(context)
        self.cursor = context.cursor
        return answer

    def run(self) -> bool:
        return self.job.execute_in_process(instance=self.instance, raise_on_error=False).success


def test_a_published_snapshot_is_delivered_once(home: Home, url: str, publish: Publish) -> None:
    with DagsterInstance.ephemeral() as instance:
        watch = Watch(home, url, instance)
        assert isinstance(watch.tick(), SkipReason)
        snapshot = publish([decision("a"), decision("b", suppressed_by="cap")])
        asked = watch.tick()
        assert isinstance(asked, RunRequest) and asked.run_key == snapshot.stem
        assert watch.run()
        assert isinstance(watch.tick(), SkipReason)
        assert open_ledger(url).by_state()["delivered"] == 1


def test_a_version_whose_run_ended_before_reading_it_is_asked_for_again_under_another_key(
    home: Home, url: str, publish: Publish
) -> None:
    with DagsterInstance.ephemeral() as instance:
        watch = Watch(home, url, instance)
        snapshot = publish([decision("a")])
        first = watch.tick()
        watch.at += timedelta(seconds=30)
        second = watch.tick()
        assert isinstance(first, RunRequest) and isinstance(second, RunRequest)
        assert first.run_key == snapshot.stem and second.run_key not in (None, first.run_key)


def test_due_rows_fire_it_and_waiting_rows_do_not(home: Home, url: str, publish: Publish) -> None:
    with DagsterInstance.ephemeral() as instance:
        watch = Watch(home, url, instance)
        publish([decision("a")])
        (home.root / "outbox").rmdir()
        (home.root / "outbox").write_text("no folder: the sink can't write")
        watch.tick()
        assert watch.run()
        assert open_ledger(url).by_state()["failed"] == 1
        assert isinstance(watch.tick(), SkipReason)
        watch.at += timedelta(minutes=2)
        asked = watch.tick()
        assert isinstance(asked, RunRequest) and asked.tags["tierline/need"] == "1 due"


def test_it_waits_while_a_delivery_runs_and_after_one_failed(home: Home, url: str, publish: Publish) -> None:
    with DagsterInstance.ephemeral() as instance:
        watch = Watch(home, url, instance)
        publish([decision("a")])
        run = instance.create_run_for_job(watch.job, status=DagsterRunStatus.STARTED)
        answer = watch.tick()
        assert isinstance(answer, SkipReason) and "under way" in str(answer.skip_message)
        instance.report_run_failed(run)
        answer = watch.tick()
        assert isinstance(answer, SkipReason) and "failed" in str(answer.skip_message)
        watch.at += timedelta(minutes=2)
        assert isinstance(watch.tick(), RunRequest)


def test_a_long_delivery_is_waited_for_as_long_as_its_worker_lives(
    home: Home, url: str, publish: Publish, ledger: Ledger
) -> None:
    with DagsterInstance.ephemeral() as instance:
        watch = Watch(home, url, instance)
        publish([decision("a")])
        instance.create_run_for_job(watch.job, status=DagsterRunStatus.STARTED)
        # A newer one has ended meanwhile; it is not the one to look at.
        instance.create_run_for_job(watch.job, status=DagsterRunStatus.SUCCESS)
        watch.at += timedelta(hours=3)
        with worker_identity(ledger, "dagster"):
            answer = watch.tick()
            assert isinstance(answer, SkipReason) and "under way" in str(answer.skip_message)
        # The same run, its process gone: nobody is waited for.
        assert isinstance(watch.tick(), RunRequest)


def test_the_run_shows_what_was_done(home: Home, url: str, publish: Publish) -> None:
    publish([decision("a"), decision("b", "at_risk_alert")])
    definitions = delivery_definitions(home=home, ledger_url=url, config=ChannelConfig())
    with DagsterInstance.ephemeral() as instance:
        result = definitions.get_job_def("delivery").execute_in_process(instance=instance)
        (output,) = [event for event in result.all_events if event.is_successful_output]
        metadata = output.event_specific_data.metadata  # type: ignore[union-attr]
        assert metadata["delivered: email"].value == 1 and metadata["ledger: delivered"].value == 2
