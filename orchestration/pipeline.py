"""One whole run in this process: load and check, build and publish, deliver. Dagster records it as usual."""

import socket
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    DagsterEventType,
    DagsterInstance,
    Definitions,
    ExecuteInProcessResult,
)

from assets import dbt_command
from assets.build_results import BuildResults, read_results
from assets.freshness import FRESHNESS
from orchestration.instance import COMMAND_TAG, wait_for_turn
from orchestration.jobs import INGEST, SCORE
from orchestration.progress_logger import LOGGER
from orchestration.reconciliation import Reconciled
from orchestration.schedules import day_to_score
from orchestration.settings import Settings
from sensors.bounces import FolderUnreadableError, take_in
from sensors.channels.configuration import build_channels, build_writers
from sensors.delivery import DeliveryReport, deliver
from sensors.ledger import open_ledger
from sensors.slack_replies import hear
from warehouse.snapshots import current, published_or_none


@dataclass
class RunReport:
    """What a run did, as far as it came. `failure` says in words why it ended early; None when it did not.

    `steps`: (name, seconds) in the order they ended. `raw_checks`: one evaluation per raw table. `outages`:
    what could not be read, in words; the rest was done all the same. `stale`: feeds older than expected.
    `recorded`: what the simulated vendors have of what was delivered; None when they were sent nothing.
    """

    as_of: date | None = None
    steps: list[tuple[str, float]] = field(default_factory=list)
    raw_checks: list[AssetCheckEvaluation] = field(default_factory=list)
    build: BuildResults | None = None
    delivery: DeliveryReport | None = None
    outages: list[str] = field(default_factory=list)
    stale: list[AssetCheckEvaluation] = field(default_factory=list)
    failure: str | None = None
    recorded: Reconciled | None = None

    def disagreement(self) -> str | None:
        """What the simulated vendors have otherwise than the ledger; None when they agree."""
        return self.recorded.failure() if self.recorded else None

    def outage(self) -> str | None:
        """What was missing from a run that came to its end; None when nothing was."""
        if not self.outages:
            return None
        return f"{'; '.join(self.outages)}. Everything else was done, on what had been read before"


@dataclass(frozen=True)
class Pipeline:
    """What a run works with. `tell` writes one line of progress."""

    definitions: Definitions
    instance: DagsterInstance
    settings: Settings
    tell: Callable[[str], None]

    def run(self, as_of: date | None) -> RunReport:
        """Run everything once. `as_of` None means the day that the loads say can be scored."""
        report = RunReport()
        self._read_bounces()
        self._read_slack_threads()
        loaded = self._execute(INGEST, report)
        report.raw_checks = list(loaded.get_asset_check_evaluations())
        failures = _step_failures(loaded)
        report.failure = _check_failure(report.raw_checks)
        if report.failure is not None:
            return report
        day = day_to_score(self.instance, loaded.run_id)
        if day is None:
            report.failure = "; ".join(failures) or "nothing was read"
            return report
        report.outages = failures
        report.as_of = as_of or date.fromisoformat(day)
        started_at = time.time()
        scored = self._execute(SCORE, report, partition_key=report.as_of.isoformat())
        results = dbt_command.target_path(self.settings.state) / "run_results.json"
        if results.exists() and results.stat().st_mtime >= started_at:
            report.build = read_results(results)
        if not scored.success:
            report.failure = _step_failures(scored)[0]
            return report
        checks = scored.get_asset_check_evaluations()
        report.stale = [each for each in checks if each.check_name == FRESHNESS and not each.passed]
        self._deliver(report)
        return report

    def _execute(
        self, job: str, report: RunReport, *, partition_key: str | None = None
    ) -> ExecuteInProcessResult:
        wait_for_turn(self.instance, seconds=self.settings.warehouse_wait_seconds, tell=self.tell)
        result = self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            partition_key=partition_key,
            run_config={"loggers": {LOGGER: {}}},
            tags={COMMAND_TAG: "run"},
            raise_on_error=False,
        )
        # The event log is in the order things happened; the result is grouped by step.
        for record in self.instance.all_logs(result.run_id, of_type=DagsterEventType.STEP_SUCCESS):
            event = record.get_dagster_event()
            seconds = event.step_success_data.duration_ms / 1000
            report.steps.append((str(event.step_key).replace("_", " "), seconds))
        return result

    def _read_bounces(self) -> None:
        """What came back counts from this run on. Under `make up` a sensor does the same."""
        if (folder := self.settings.mailbox) is None:
            return
        with closing(open_ledger(self.settings.ledger_address)) as ledger:
            try:
                taken = take_in(
                    ledger, folder, now=datetime.now(UTC), secret=self.settings.unsubscribe_key, who="mailbox"
                )
            except FolderUnreadableError as error:
                self.tell(f"  bounces can't be read: {error} (TIERLINE_BOUNCES_FOLDER)")
            else:
                self.tell(f"  bounces: {taken.in_words()}")

    def _read_slack_threads(self) -> None:
        """Answers to open alerts count from this run on. Under `make up` a sensor does the same."""
        slack, snapshot = self.settings.channels().slack_bot, published_or_none(self.settings.state)
        if slack is None or snapshot is None:
            return
        with closing(open_ledger(self.settings.ledger_address)) as ledger:
            heard = hear(ledger, snapshot, slack, now=datetime.now(UTC))
        if heard.waiting:
            self.tell(f"  answers in Slack: {heard.in_words()}")

    def _deliver(self, report: RunReport) -> None:
        """Not an asset: it makes nothing, and its record is the ledger. The delivery job does the same."""
        self.tell("  deliver ...")
        started = time.monotonic()
        home = self.settings.state
        with closing(open_ledger(self.settings.ledger_address)) as ledger:
            delivered = deliver(
                ledger,
                current(home),
                build_channels(self.settings.channels(), home.outbox),
                now=lambda: datetime.now(UTC),
                worker=f"make-run@{socket.gethostname()}",
                pacing=self.settings.pacing(),
                writers=build_writers(self.settings.channels()),
            )
        seconds = time.monotonic() - started
        report.delivery = delivered
        report.steps.append(("deliver", seconds))
        self.tell(f"    {sum(delivered.sent_now.values())} sent now, {delivered.enqueued} decisions new")
        for system, sync in delivered.synced.items():
            self.tell(f"    scores in {system}: {sync.in_words()}")
        self.tell(f"    done in {seconds:.1f} s")


def _check_failure(checks: list[AssetCheckEvaluation]) -> str | None:
    failed = [check for check in checks if not check.passed and check.severity is AssetCheckSeverity.ERROR]
    if not failed:
        return None
    more = f"; {len(failed) - 1} more tables fail as well" if len(failed) > 1 else ""
    return f"check of {'.'.join(failed[0].asset_key.path)} failed: {failed[0].description}{more}"


def _step_failures(result: ExecuteInProcessResult) -> list[str]:
    """The failed steps' own words; for errors nobody foresaw, their kind and message. Empty after success."""
    if result.success:
        return []
    told = []
    for event in result.all_node_events:
        if event.event_type is DagsterEventType.STEP_FAILURE:
            data = event.step_failure_data
            step = str(event.step_key).replace("_", " ")
            if data.user_failure_data is not None and data.user_failure_data.description:
                told.append(f"{step}: {data.user_failure_data.description}")
                continue
            error = data.error.cause if data.error and data.error.cause else data.error
            told.append(f"{step}: {error.message.strip() if error else 'unknown error'}")
    return told or ["the run ended before its first step"]
