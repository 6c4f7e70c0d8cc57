"""Score sync: every account's score, tier and risk in the systems that people look at.

`actions.fct_account_attributes` says what each system should show; the ledger's `account_syncs` what it has
acknowledged. What differs is written, in the system's batches. Writing the same twice has one effect, so a
failure or a crash needs no claim: what was not acknowledged is written again (when: `sensors.sync_states`).

The day (`as_of`) goes along but is no change by itself: a system shows the day since which it stands so.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from sensors.acknowledged_scores import acknowledged, content_hash, forget_errors, record
from sensors.channels.attributes import AccountAttributes, AttributeWriter
from sensors.channels.channel import (
    DeliveryError,
    DestinationUnavailableError,
    Outcome,
    OutcomeUnknownError,
    WithheldError,
)
from sensors.decisions import SnapshotUnreadableError
from sensors.holds import standing
from sensors.ledger import Ledger
from sensors.pacing import Pacing
from sensors.sync_states import left_alone, note_sync, systems_due
from warehouse.snapshots import open_snapshot

TABLE = "actions.fct_account_attributes"
_ROWS_PER_READ = 5_000
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SystemSync:
    """What one call did for one system: accounts written, unchanged, failed, and the last failure in words.

    `left`: accounts not tried because the system as a whole failed before their turn. `kept_back`: changed
    accounts that a person holds back, or that are in test mode. `waits`: why the system was left alone.
    """

    written: int = 0
    unchanged: int = 0
    failed: int = 0
    left: int = 0
    error: str | None = None
    kept_back: int = 0
    waits: str | None = None

    def in_words(self) -> str:
        if self.waits:
            return f"nothing written: {self.waits}"
        told = f"{self.written:,} written, {self.unchanged:,} unchanged"
        if self.failed or self.left:
            told += f", {self.failed:,} failed and {self.left:,} not tried ({self.error})"
        if self.kept_back:
            told += f", {self.kept_back:,} kept back"
        return told


@dataclass
class _Tally:
    written: int = 0
    unchanged: int = 0
    failed: int = 0
    left: int = 0
    kept_back: int = 0
    error: str | None = None
    asked_for: timedelta | None = None
    is_down: bool = False

    def note(self, outcome: DeliveryError) -> None:
        self.failed += 1
        self.error = str(outcome)
        if isinstance(outcome, DestinationUnavailableError) and outcome.retry_after:
            self.asked_for = max(self.asked_for or timedelta(0), outcome.retry_after)


def sync_scores(
    ledger: Ledger,
    snapshot: Path,
    writers: Mapping[str, AttributeWriter],
    *,
    now: Callable[[], datetime],
    pacing: Pacing | None = None,
    only_due: bool = False,
) -> dict[str, SystemSync]:
    """Write what changed since it was last acknowledged, system by system; with no writers, nothing.

    A system that another worker is writing to is left to that one. What people hold back (the channel of the
    system's name, an account) is not written, nor anything to a system whose channel rests. `only_due`: nor
    to one that has this snapshot's scores, or failed a short time ago. Closes the writers. Raises
    `SnapshotUnreadableError`; what systems do stands in the result and the ledger.
    """
    done: dict[str, SystemSync] = {}
    version, waits = snapshot.resolve().stem, left_alone(ledger, now())
    due = systems_due(ledger, writers, version, now())
    kept_back = frozenset(each.held for each in standing(ledger, now=now()) if each.scope == "account")
    for system, writer in writers.items():
        if system in waits:
            done[system] = SystemSync(waits=waits[system])
        if system in waits or (only_due and system not in due):
            writer.close()
            continue
        with ledger.database.locks.attempt(f"score-sync-{system}") as is_ours:
            if not is_ours:
                continue
            try:
                tally = _sync(ledger, snapshot, system, writer, now=now, kept_back=kept_back)
            finally:
                writer.close()
            note_sync(
                ledger, system, version, error=tally.error, asked_for=tally.asked_for,
                has_kept_back=tally.kept_back > 0, now=now(), pacing=pacing or Pacing(),
            )  # fmt: skip
            done[system] = SystemSync(
                tally.written, tally.unchanged, tally.failed, tally.left, tally.error, tally.kept_back
            )
    return done


def _sync(
    ledger: Ledger,
    snapshot: Path,
    system: str,
    writer: AttributeWriter,
    *,
    now: Callable[[], datetime],
    kept_back: Collection[str],
) -> _Tally:
    known, tally, waiting = acknowledged(ledger, system), _Tally(), []
    gone = set(known)
    for account in _wanted(snapshot, system):
        gone.discard(account.account_id)
        if known.get(account.account_id) == content_hash(account):
            tally.unchanged += 1
            continue
        if account.account_id in kept_back:
            tally.kept_back += 1
            continue
        waiting.append(account)
        if len(waiting) == writer.batch_size:
            _write(ledger, system, writer, waiting, tally=tally, now=now)
            waiting = []
    if waiting:
        _write(ledger, system, writer, waiting, tally=tally, now=now)
    forget_errors(ledger, system, gone)
    return tally


def _write(
    ledger: Ledger,
    system: str,
    writer: AttributeWriter,
    batch: Sequence[AccountAttributes],
    *,
    tally: _Tally,
    now: Callable[[], datetime],
) -> None:
    if tally.is_down:
        tally.left += len(batch)
        return
    answered = list(zip(batch, _outcomes(writer, batch), strict=True))
    # What test mode withheld was not tried: the ledger keeps what the system has.
    tried = [(account, outcome) for account, outcome in answered if not isinstance(outcome, WithheldError)]
    tally.kept_back += len(answered) - len(tried)
    if not tried:
        return
    record(ledger, system, tried, now())
    outcomes = [outcome for _, outcome in tried]
    for outcome in outcomes:
        if isinstance(outcome, DeliveryError):
            tally.note(outcome)
        else:
            tally.written += 1
    # What refuses single accounts goes on; what takes none at all would refuse the next batch, too.
    tally.is_down = all(
        isinstance(outcome, DestinationUnavailableError | OutcomeUnknownError) for outcome in outcomes
    )


def _outcomes(writer: AttributeWriter, batch: Sequence[AccountAttributes]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(writer.write(batch))
    except Exception as error:
        # The text of an unforeseen error could hold anything, secrets too: only its kind is kept.
        _logger.warning(
            "writing scores to %s failed unexpectedly (%s)", writer.destination, type(error).__name__
        )
        problem = OutcomeUnknownError(f"the writer failed unexpectedly ({type(error).__name__})")
        outcomes.extend(problem for _ in range(len(batch) - len(outcomes)))
    return outcomes


def _wanted(snapshot: Path, system: str) -> Iterator[AccountAttributes]:
    """What a system should show, account by account; nothing from a snapshot of before this was decided."""
    try:
        with open_snapshot(snapshot.resolve()) as connection:
            try:
                cursor = connection.cursor().execute(
                    "select account_id::varchar, external_id::varchar, round(score::double, 2),"
                    f" tier::varchar, round(risk::double, 4), risk_band::varchar, as_of::date from {TABLE}"
                    " where system = ? order by account_id",
                    [system],
                )
            except duckdb.CatalogException:
                return
            while rows := cursor.fetchmany(_ROWS_PER_READ):
                yield from map(_attributes, rows)
    except duckdb.Error as error:
        raise SnapshotUnreadableError(
            f"the account attributes of {snapshot.name} can't be read; publish a new snapshot with "
            f"`make run`: {error}"
        ) from error


def _attributes(
    row: tuple[str, str, float | None, str, float | None, str | None, date],
) -> AccountAttributes:
    account_id, external_id, score, tier, risk, risk_band, as_of = row
    return AccountAttributes(account_id, external_id, score, tier, risk, risk_band, as_of)
