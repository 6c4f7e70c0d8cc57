"""Where things stand at the command line: the totals, and one action's whole story."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sensors import hold_commands
from sensors.acknowledged_scores import sync_totals
from sensors.clock import alert_clock
from sensors.environment import DeliveryEnvironment
from sensors.ledger import Ledger
from sensors.records import Delivery
from sensors.rendering import Renderer, UnrenderableError, message_hash
from sensors.states import State

_WANT_A_PERSON = (State.AWAITING_APPROVAL, State.HELD, State.DEAD, State.FAILED)
_LISTED = 10


def status(
    _given: argparse.Namespace, _environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    totals = Table(title="Deliveries", title_justify="left")
    totals.add_column("state")
    totals.add_column("actions", justify="right")
    for state, count in ledger.by_state().items():
        totals.add_row(state, f"{count:,}")
    console.print(totals)
    now = datetime.now(UTC)
    console.print(f"{ledger.due(now):,} due now")
    if clock := alert_clock(ledger):
        console.print(
            f"First alert {clock.median.total_seconds():.1f} s after publishing (median),"
            f" {clock.p99.total_seconds():.1f} s (p99), over {clock.snapshots:,} snapshots"
        )
    hold_commands.print_holds(ledger, console, now=now)
    for channel, rest in ledger.resting(now).items():
        console.print(f"{escape(channel)} rests until {_moment(rest.until)}: {escape(rest.reason)}")
    for system, (kept, failing, last) in sync_totals(ledger).items():
        since = f", last {_moment(last)}" if last else ""
        console.print(
            f"scores in {escape(system)}: {kept:,} accounts{since}; {failing:,} wait for another try"
        )
    for state in _WANT_A_PERSON:
        rows = ledger.in_state(state, limit=_LISTED)
        if rows:
            console.print(_listing(state, rows))
    return 0


def show(
    given: argparse.Namespace, _environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    row = ledger.get(given.action_id)
    console.print(f"[bold]{escape(row.action_id)}[/bold] is [bold]{row.state}[/bold]")
    for label, value in _story(row):
        if value is not None:
            console.print(f"  {label}: {escape(str(value))}")
    history = Table(title="History", title_justify="left")
    for heading in ("when", "from", "to", "attempt", "who", "why"):
        history.add_column(heading, overflow="fold")
    for event in ledger.history(row.action_id):
        history.add_row(
            _moment(event.at),
            event.from_state or "",
            event.to_state,
            str(event.attempt),
            escape(event.who),
            escape(event.detail or ""),
        )
    console.print(history)
    _show_message(row, console)
    return 0


def _listing(state: State, rows: Sequence[Delivery]) -> Table:
    table = Table(title=f"{state.replace('_', ' ').capitalize()} (newest {len(rows)})", title_justify="left")
    for heading in ("action", "account", "play", "channel", "tries", "why"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            escape(row.action_id),
            escape(row.account_id or ""),
            escape(row.play_id or ""),
            escape(row.channel),
            str(row.attempts),
            escape(row.last_error or row.reason or ""),
        )
    return table


def _story(row: Delivery) -> list[tuple[str, object]]:
    return [
        ("decided for", row.decided_for),
        ("account", row.account_id),
        ("play", row.play_id),
        ("mode", row.mode),
        ("why", row.reason),
        ("suppressed by", row.suppressed_by and f"{row.suppressed_by}: {row.suppressed_reason or ''}"),
        ("channel", f"{row.channel} to {row.recipient or 'nobody'}"),
        ("sent through", row.destination),
        ("attempts", row.attempts),
        ("not before", row.send_after_at and _moment(row.send_after_at)),
        ("news until", row.send_until_at and _moment(row.send_until_at)),
        ("can be approved until", row.expires_at and _moment(row.expires_at)),
        ("approved", row.approved_at and f"{_moment(row.approved_at)} by {row.approved_by}"),
        ("due by", row.sla_due_at and _moment(row.sla_due_at)),
        ("next attempt", row.next_attempt_at and _moment(row.next_attempt_at)),
        ("delivered", row.delivered_at and _moment(row.delivered_at)),
        ("known there as", row.destination_ref),
        ("last error", row.last_error),
        ("from snapshot", row.snapshot_version),
    ]


def _show_message(row: Delivery, console: Console) -> None:
    try:
        message = Renderer().render(row)
    except UnrenderableError as error:
        console.print(f"No message: {escape(str(error))}")
        return
    console.print(f"[bold]Message[/bold] {message_hash(message)}")
    console.print_json(data={name: value for name, value in message.content.items() if name != "html"})


def _moment(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
