"""Commands around a delivery: look at what would be sent, try one account, empty the queue."""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from sensors import plans
from sensors.allow_list import ANYONE
from sensors.arguments import positive
from sensors.channels.channel import Message
from sensors.channels.configuration import ChannelConfig, build_channels
from sensors.delivery import deliver
from sensors.environment import DeliveryEnvironment
from sensors.hold_commands import print_holds, unknown
from sensors.ledger import Ledger
from sensors.plans import Plan, PlanRefusedError
from sensors.trial import trial_sink
from warehouse.snapshots import current

_PAUSE = timedelta(seconds=5)


def plan(
    given: argparse.Namespace, environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    """Show each message that would be sent now, and keep the plan for `deliver --plan`."""
    made = _plan(environment, ledger, valid_for=timedelta(minutes=given.minutes), account=given.account)
    for each in made.messages:
        console.print(
            f"[bold]{escape(each.action_id)}[/bold] {escape(each.play_id)} to {escape(each.recipient)}"
            f" by {each.channel} ({each.destination})"
        )
        console.print_json(data={name: said for name, said in each.content.items() if name != "html"})
    for action_id, why in made.left_out.items():
        console.print(f"{escape(action_id)} would not leave: {escape(why)}")
    print_holds(ledger, console, now=datetime.now(UTC))
    console.print(f"{len(made.messages):,} would be sent from {made.snapshot_version}; nothing was")
    if given.account is None:
        plans.save(made, environment.state.create().outbox / "plans")
        console.print(
            f"`python -m sensors deliver --plan {made.plan_id}` sends just this, until {made.expires_at}"
        )
    return 0


def planned_actions(
    plan_id: str, environment: DeliveryEnvironment, ledger: Ledger, snapshot: Path
) -> list[str]:
    """A plan's actions, if it still is what this snapshot would send. Raises `PlanRefusedError`."""
    present = _plan(environment, ledger, snapshot=snapshot)
    folder = environment.state.create().outbox / "plans"
    plans.check(plan_id, folder, present, now=datetime.now(UTC))
    return [each.action_id for each in present.messages]


def try_account(account: str, environment: DeliveryEnvironment, ledger: Ledger, console: Console) -> int:
    """Render what would be sent for one account into `outbox/test`; the ledger stays as it is."""
    outbox = environment.state.create().outbox
    everyone = replace(environment.channels(), allowed=ANYONE, test_account=None)
    made = _plan(environment, ledger, account=account, config=everyone)
    for each in made.messages:
        message = Message(
            each.action_id, each.channel, each.recipient, None, each.play_id, each.account_id, each.content
        )
        sink = trial_sink(outbox, each.channel, lambda: datetime.now(UTC))
        for outcome in sink.send([message]):
            console.print(
                f"{escape(each.action_id)}: test/{escape(getattr(outcome, 'reference', str(outcome)))}"
            )
    for action_id, why in made.left_out.items():
        console.print(f"{escape(action_id)} would not leave: {escape(why)}")
    console.print(f"{len(made.messages):,} rendered for {escape(account)}; sent to nobody")
    return 0


def drain(
    given: argparse.Namespace, environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    """Send what is queued and take nothing new in; 0 once the queue is empty, 1 when time was up before."""
    ends = datetime.now(UTC) + timedelta(minutes=given.minutes)
    home = environment.state.create()
    while True:
        report = deliver(
            ledger,
            current(home),
            build_channels(environment.channels(), home.outbox),
            now=lambda: datetime.now(UTC),
            worker="drain",
            takes_new=False,
            pacing=environment.pacing(),
            until=ends,
        )
        left = sum(report.by_state[state] for state in ("pending", "failed", "sending"))
        if not left or datetime.now(UTC) + _PAUSE > ends:
            break
        time.sleep(_PAUSE.total_seconds())
    if not left:
        waiting = report.by_state["awaiting_approval"]
        console.print(f"The queue is empty; {waiting:,} wait for a person's approval")
        return 0
    console.print(
        f"{left:,} are still queued after {given.minutes:g} minutes: not due yet, held back, or too many"
    )
    print_holds(ledger, console, now=datetime.now(UTC))
    for channel, reason in report.resting.items():
        console.print(f"{escape(channel)} rests: {escape(reason)}")
    return 1


def add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands to the parser; `add` takes a name, a function and a text."""
    planned = add("plan", plan, "show what would be sent now, to whom and in which words; sends nothing")
    planned.add_argument("--minutes", type=positive, default=60, help="how long it is good for (default: 60)")
    planned.add_argument("--account", help="only this account's")
    drained = add("drain", drain, "send what is queued, take nothing new in, and say when it is empty")
    drained.add_argument("--minutes", type=positive, default=10, help="give up after that (default: 10)")


def _plan(
    environment: DeliveryEnvironment,
    ledger: Ledger,
    *,
    account: str | None = None,
    snapshot: Path | None = None,
    config: ChannelConfig | None = None,
    valid_for: timedelta = timedelta(hours=1),
) -> Plan:
    home = environment.state.create()
    snapshot = snapshot or current(home)
    if account is not None and (why := unknown("account", account, snapshot)):
        raise PlanRefusedError(why)
    return plans.make_plan(
        ledger,
        snapshot,
        build_channels(config or environment.channels(), home.outbox),
        now=datetime.now(UTC),
        valid_for=valid_for,
        account_id=account,
    )
