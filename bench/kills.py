"""Kills delivery processes at random moments: `python -m bench.kills [--kills 500] [--database postgresql]`.

Several workers deliver at once to recording destinations that misbehave (silence or a time-out before the
effect and after it, 500 after it, half an answer, a reset connection), and are killed with SIGKILL again and
again. Then what the destinations recorded is held against the ledger. Every third ledger is for the simulated
vendors: those that can be asked (Slack's bot, HubSpot, Salesforce by look-up and by upsert, Gainsight,
Totango) and those that can't (ChurnZero, Intercom's messages). The others are for the rest.
Ends with 1 when an action was lost or doubled, or held where the destination can tell.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select

from sensors.ledger import Ledger, open_ledger
from sensors.schema import delivery_events
from tests.postgresql_server import postgresql_server
from tests.sensors.conftest import decision, write_decisions
from tests.sensors.receivers import Answer, HttpReceiver, MailReceiver, Request, http_receiver, mail_receiver
from tests.sensors.vendor_destinations import (
    EXTERNAL_ID,
    NOBODY_CAN_ASK,
    TEXT_FIELD,
    WRITES,
    vendor_arrivals,
    vendor_decisions,
    vendor_order,
    vendor_server,
)

REPOSITORY = Path(__file__).parents[1]
# What a decision of the play goes to, and whether the destination can tell a message it has already.
PLAYS = {"expansion_prompt": "webhook", "at_risk_alert": "slack", "declining_outreach": "email"}
UPSERT = "salesforce, upsert"
EXACT = {"webhook", "local sink", "Slack bot", UPSERT, *(WRITES.keys() - {"slack"} - NOBODY_CAN_ASK)}
ACTIONS = 300
# To each vendor, which is asked more for a message.
VENDOR_ACTIONS = 50
# Of the messages to a vendor, how many meet each of its five faults.
VENDOR_FAULTS = 0.02
# So that there are several ledgers, each with another seed.
KILLS_AT_MOST = 100
LONGEST_SECONDS = 0.6
# Vendors are asked before they are sent to, and a worker should live to send.
LONGEST_SECONDS_AT_VENDORS = 2.0
FAULTS = {
    5: Answer(0, effect=False),
    11: Answer(0),
    17: Answer(500),
    23: Answer(0, effect=False, reset=True),
    29: Answer(0, reset=True),
    41: Answer(effect=False, delay=1.5),
    47: Answer(delay=1.5),
}
PERIOD = 61
# How recovery begins what it says of a row.
AFTER_A_CRASH = ("the worker stopped%", "found at %")


@dataclass
class Counts:
    """Per destination: actions by what became of them."""

    of: dict[str, Counter[str]] = field(default_factory=dict)
    left_behind: int = 0

    def add(self, destination: str, state: str, arrived: int) -> None:
        counter = self.of.setdefault(destination, Counter())
        counter["actions"] += 1
        counter["held"] += state == "held"
        counter["delivered"] += state == "delivered"
        counter["lost"] += state not in {"delivered", "held"} or (state == "delivered" and not arrived)
        counter["doubled"] += arrived > 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--kills", type=int, default=500, help="at least so many (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=3, help="at once (default: %(default)s)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--destinations", choices=("vendors", "others"), help="only these (default: both)")
    given = parser.parse_args()
    counts, killed, number, started = Counts(), 0, 0, time.monotonic()
    with new_ledgers(given.database) as urls:
        while killed < given.kills:
            number += 1
            rounds = min(KILLS_AT_MOST, given.kills - killed)
            to_vendors = given.destinations == "vendors" if given.destinations else number % 3 == 0
            run = vendor_campaign if to_vendors else campaign
            killed += run(next(urls), counts, seed=number, rounds=rounds, workers=given.workers)
    seconds = time.monotonic() - started
    say(
        f"{killed} processes killed in {number} ledgers ({given.database}), {given.workers} at once,"
        f" {seconds:.0f} s; they left {counts.left_behind} claimed rows behind"
    )
    say(f"  {'destination':<20}{'actions':>9}{'delivered':>11}{'held':>7}{'lost':>7}{'doubled':>9}")
    for destination, found in sorted(counts.of.items()):
        say(
            f"  {destination:<20}{found['actions']:>9,}{found['delivered']:>11,}{found['held']:>7,}"
            f"{found['lost']:>7,}{found['doubled']:>9,}"
        )
    is_wrong = any(
        found["lost"] or found["doubled"] or (destination in EXACT and found["held"])
        for destination, found in counts.of.items()
    )
    return int(is_wrong)


@contextmanager
def new_ledgers(database: str) -> Iterator[Iterator[str]]:
    """Addresses of empty ledgers, as many as are asked for."""
    with ExitStack() as stack:
        if database == "postgresql":
            server = stack.enter_context(postgresql_server())
            yield iter(server.new_database, "")
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            yield (f"sqlite:///{folder}/{number}.db" for number in range(1_000_000))


def campaign(url: str, counts: Counts, *, seed: int, rounds: int, workers: int) -> int:
    """Deliver some hundreds of actions while workers are killed; returns how many were."""
    rows = [
        decision(f"{play[:4]}-{number:04}", play, is_immediate=number % 7 == 0)
        for play in PLAYS
        for number in range(ACTIONS)
    ]
    with (
        tempfile.TemporaryDirectory() as name,
        http_receiver() as hook,
        http_receiver() as slack,
        mail_receiver() as relay,
    ):
        folder = Path(name)
        hook.script = slack.script = _faulty
        relay.answer = lambda count: {5: "451 later", 11: None}.get(count % 23, "250 taken")
        # Mail goes to the relay in one campaign, to the outbox in the next.
        has_relay = seed % 2 == 0
        write_decisions(folder / "snapshot.duckdb", rows)
        order = {
            "url": url, "snapshot": str(folder / "snapshot.duckdb"), "outbox": str(folder / "outbox"),
            "slack": slack.url, "webhook": hook.url, "smtp_port": relay.port if has_relay else None,
            "rounds": rounds, "seed": seed, "longest_seconds": LONGEST_SECONDS, "workers": workers,
        }  # fmt: skip
        killed = _deliver_and_kill(order)
        arrived = {
            "webhook": _by_key(hook),
            "slack": _by_body(slack, [row["action_id"] for row in rows]),
            "email": _mailed(relay) if has_relay else _written(folder / "outbox" / "email.jsonl"),
        }
    with closing(open_ledger(url)) as ledger:
        for row in rows:
            channel = PLAYS[row["play_id"]]
            destination = {"email": "SMTP relay" if has_relay else "local sink"}.get(channel, channel)
            counts.add(destination, ledger.get(row["action_id"]).state, arrived[channel][row["action_id"]])
        counts.left_behind += _left_behind(ledger)
    return killed


def vendor_campaign(url: str, counts: Counts, *, seed: int, rounds: int, workers: int) -> int:
    """The same with the simulated vendors."""
    with (
        tempfile.TemporaryDirectory() as name,
        vendor_server(Path(name, "usage"), seed=seed, share=VENDOR_FAULTS) as server,
    ):
        rows = vendor_decisions(server, VENDOR_ACTIONS)
        write_decisions(Path(name, "snapshot.duckdb"), rows)
        order = vendor_order(server, task_field=EXTERNAL_ID if seed % 2 else TEXT_FIELD)
        killed = _deliver_and_kill(order | {
            "url": url, "snapshot": f"{name}/snapshot.duckdb", "outbox": f"{name}/outbox", "rounds": rounds,
            "seed": seed, "workers": workers, "longest_seconds": LONGEST_SECONDS_AT_VENDORS,
        })  # fmt: skip
        arrived = vendor_arrivals(server, [row["action_id"] for row in rows])
    with closing(open_ledger(url)) as ledger:
        for row in rows:
            named = {"slack": "Slack bot"} | ({"salesforce": UPSERT} if seed % 2 else {})
            destination = named.get(row["channel"], row["channel"])
            counts.add(destination, ledger.get(row["action_id"]).state, arrived[row["action_id"]])
        counts.left_behind += _left_behind(ledger)
    return killed


def _deliver_and_kill(order: dict[str, Any]) -> int:
    """Carry out the order; returns how many workers were killed."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.sensors.crashing_worker", json.dumps(order)],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the workers failed:\n{done.stderr[-2000:]}")
    return int(json.loads(done.stdout)["killed"])


def _left_behind(ledger: Ledger) -> int:
    """Rows that a killed worker had claimed."""
    after_a_crash = or_(*(delivery_events.c.detail.like(words) for words in AFTER_A_CRASH))
    with ledger.reading() as connection:
        return connection.scalar(select(func.count()).select_from(delivery_events).where(after_a_crash)) or 0


def _faulty(number: int, _request: Request) -> Answer:
    return FAULTS.get(number % PERIOD, Answer())


def _by_key(hook: HttpReceiver) -> Counter[str]:
    """What a receiver has that drops a known key: one effect, unless the same key came with another body."""
    effects = {
        (request.headers["Idempotency-Key"], hashlib.sha256(request.body).digest()) for request in hook.taken
    }
    return Counter(key for key, _ in effects)


def _by_body(slack: HttpReceiver, action_ids: list[str]) -> Counter[str]:
    bodies = [request.body.decode() for request in slack.taken]
    known = set(action_ids)
    return Counter(_named(body, known) for body in bodies)


def _named(body: str, known: set[str]) -> str:
    name = body.rsplit("action ", 1)[1][:9]
    assert name in known, name
    return name


def _mailed(relay: MailReceiver) -> Counter[str]:
    texts: list[Any] = [mail.get_body(("plain",)) for mail in relay.mails]
    return Counter(text.get_content().rsplit("Tierline action ", 1)[1].strip() for text in texts)


def _written(path: Path) -> Counter[str]:
    return Counter(json.loads(line)["action_id"] for line in path.read_text().splitlines())


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
