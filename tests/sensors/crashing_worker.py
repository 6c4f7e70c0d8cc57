"""Delivers in child processes and kills them with SIGKILL at random moments, then once to the end.

Run as a program with one JSON argument: url, snapshot, outbox, slack, webhook, smtp_port (null: the sink
stands in), or vendor_url, vendor_admin and task_field (a vendors' server, then none of these three); rounds, seed, longest_seconds, workers
(how many at once; 1 if not given). Prints how many children were killed before they were done.
"""

import json
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sensors.channels.configuration import (
    ChannelConfig,
    EmailDestination,
    SlackDestination,
    WebhookDestination,
    build_channels,
)
from sensors.delivery import deliver
from sensors.ledger import open_ledger
from sensors.pacing import Pacing
from sensors.rendering import Renderer
from tests.sensors.vendor_destinations import vendor_config

# Short waits, so that what failed is due again before the test is over; a long lease, so that only the
# worker's death, never the clock, frees its rows.
PACING = Pacing(
    attempts_limit=1000,
    first_wait=timedelta(milliseconds=1),
    longest_wait=timedelta(milliseconds=5),
    lease=timedelta(hours=1),
    failures_before_rest=1000,
)


def destinations(given: dict[str, Any]) -> ChannelConfig:
    if given.get("vendor_url"):
        return vendor_config(given["vendor_url"], admin=given["vendor_admin"], task_field=given["task_field"])
    return ChannelConfig(
        slack=SlackDestination(given["slack"] + "/services/x", timeout_seconds=1) if given["slack"] else None,
        webhook=WebhookDestination(given["webhook"], "secret", timeout_seconds=1, allow_private=True)
        if given["webhook"]
        else None,
        email=EmailDestination("127.0.0.1", "cs@our-company.io", port=given["smtp_port"], starttls=False)
        if given["smtp_port"]
        else None,
    )


def work(given: dict[str, Any], worker: str = "worker") -> dict[str, int]:
    ledger = open_ledger(given["url"])
    channels = build_channels(destinations(given), Path(given["outbox"]))
    report = deliver(
        ledger,
        Path(given["snapshot"]),
        channels,
        now=lambda: datetime.now(UTC),
        worker=worker,
        pacing=PACING,
        renderer=Renderer(),
    )
    ledger.close()
    return dict(report.by_state)


def main(given: dict[str, Any]) -> None:
    chance = random.Random(given["seed"])  # noqa: S311
    killed = 0
    alive: list[int] = []
    for _ in range(given["rounds"]):
        while len(alive) < given.get("workers", 1):
            alive.append(_start(given))
        time.sleep(chance.uniform(0.0, given["longest_seconds"]))
        child = alive.pop(chance.randrange(len(alive)))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        if status == 0 and is_over(given["url"]):
            break
    for child in alive:
        os.waitpid(child, 0)
    while True:
        states = work(given)
        if not (states["pending"] or states["failed"] or states["sending"]):
            break
        time.sleep(0.01)
    sys.stdout.write(json.dumps({"killed": killed, "states": states}))


def _start(given: dict[str, Any]) -> int:
    child = os.fork()
    if child == 0:
        work(given)
        os._exit(0)
    return child


def is_over(url: str) -> bool:
    """Whether nothing is left to do. Opened and closed here: a connection must not be forked."""
    ledger = open_ledger(url)
    states = ledger.by_state()
    ledger.close()
    return not (states["pending"] or states["failed"] or states["sending"])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
