"""Delivers in child processes and kills them with SIGKILL at random moments, then once to the end.

Run as a program with one JSON argument: url, snapshot, outbox, slack, webhook, smtp_port (null: the sink
stands in), rounds, seed, longest_seconds. Prints how many children were killed before they were done.
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

# Short waits, so that what failed is due again before the test is over; a long lease, so that only the
# worker's death, never the clock, frees its rows.
PACING = Pacing(
    attempts_limit=1000,
    first_wait=timedelta(milliseconds=1),
    longest_wait=timedelta(milliseconds=5),
    lease=timedelta(hours=1),
    failures_before_rest=1000,
)


def work(given: dict[str, Any], worker: str = "worker") -> dict[str, int]:
    config = ChannelConfig(
        slack=SlackDestination(given["slack"] + "/services/x") if given["slack"] else None,
        webhook=WebhookDestination(given["webhook"], "secret", allow_private=True)
        if given["webhook"]
        else None,
        email=EmailDestination("127.0.0.1", "cs@our-company.io", port=given["smtp_port"], starttls=False)
        if given["smtp_port"]
        else None,
    )
    ledger = open_ledger(given["url"])
    channels = build_channels(config, Path(given["outbox"]))
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
    for _ in range(given["rounds"]):
        child = os.fork()
        if child == 0:
            work(given)
            os._exit(0)
        time.sleep(chance.uniform(0.0, given["longest_seconds"]))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
    while True:
        states = work(given)
        if not (states["pending"] or states["failed"] or states["sending"]):
            break
        time.sleep(0.01)
    sys.stdout.write(json.dumps({"killed": killed, "states": states}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
