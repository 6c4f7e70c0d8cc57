"""A resident worker for immediate actions: looks each second whether there are any, and sends them.

The delivery job sends everything, but starting a run takes seconds, and a run may be busy with thousands of
prompts. This worker takes immediate rows alone, under the same claims, so both may run at once.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from sensors.channels.configuration import ChannelConfig, build_channels
from sensors.claims import head
from sensors.delivery import DeliveryReport, deliver
from sensors.ledger import Ledger, open_ledger
from sensors.pacing import Pacing
from sensors.rendering import Renderer
from warehouse.home import Home
from warehouse.snapshots import published_or_none

_logger = logging.getLogger(__name__)
_WORKER = "alerts"
_LONGEST_PAUSE_SECONDS = 60.0


class AlertWorker:
    """Delivers immediate actions of a home. `look` does so once, if there is need."""

    def __init__(
        self,
        ledger: Ledger,
        home: Home,
        config: ChannelConfig,
        *,
        pacing: Pacing,
        now: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._home = home
        self._config = config
        self._pacing = pacing
        self._now = now
        self._renderer = Renderer()
        self._read: str | None = None

    def look(self) -> DeliveryReport | None:
        """Deliver what is immediate and due; None when there was nothing to do.

        Raises what `deliver` raises; the next call tries again.
        """
        snapshot = published_or_none(self._home)
        is_new = snapshot is not None and snapshot.stem != self._read
        resting = self._ledger.resting(self._now())
        if not is_new and head(self._ledger, now=self._now(), without=resting, only_immediate=True) is None:
            return None
        report = deliver(
            self._ledger,
            snapshot,
            build_channels(self._config, self._home.outbox),
            now=self._now,
            worker=_WORKER,
            pacing=self._pacing,
            renderer=self._renderer,
            only_immediate=True,
        )
        self._read = snapshot.stem if snapshot else None
        return report


def work(
    ledger_url: str,
    home: Home,
    config: ChannelConfig,
    *,
    pacing: Pacing,
    now: Callable[[], datetime],
    stopping: threading.Event,
    every_seconds: float = 1.0,
) -> None:
    """Look every second until `stopping` is set. What goes wrong is logged and tried again, ever more rarely.

    Raises `LedgerUnusableError` when the ledger can't be opened at the start, `ChannelMisconfiguredError`.
    """
    build_channels(config, home.outbox)
    ledger = open_ledger(ledger_url)
    worker = AlertWorker(ledger, home, config, pacing=pacing, now=now)
    pause = every_seconds
    try:
        while not stopping.wait(pause):
            try:
                report = worker.look()
                pause = every_seconds
            except Exception as error:
                # The text of an unforeseen error could hold anything, secrets too: only its kind is kept.
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                _logger.warning(
                    "looking for alerts failed (%s); again in %.0f s", type(error).__name__, pause
                )
            else:
                if report and report.attempted:
                    _logger.info("%d alerts tried, delivered: %s", report.attempted, dict(report.sent_now))
    finally:
        ledger.close()
