"""Reading the Slack threads of open alerts for a person's answer.

A thread is the account's: a word of a person in it answers every open alert that stood there before it. Slack
lets a bot read fifty threads a minute, so each look reads some of them and says where the next goes on.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sensors.channels.channel import DeliveryError, DestinationUnavailableError
from sensors.channels.configuration import SlackBotDestination
from sensors.channels.slack_api import SlackApi, SlackRefusedError
from sensors.channels.slack_threads import Said, said_in
from sensors.ledger import Ledger
from sensors.open_alerts import OpenThread, open_threads
from sensors.replies import SLACK_REPLY, note, origin_of

# Below what Slack allows in a minute (tier 3), as delivery reads threads, too.
MOST_THREADS = 40
_WHO = "slack"
# How long Slack is left alone when it gives no time itself.
_PATIENCE = timedelta(minutes=1)


@dataclass
class Heard:
    """What a look found. `after`: the last thread read, where the next look goes on; None once all were read.
    `stopped`: why not all were read that should have been, and until when Slack wants to be left alone."""

    new: int = 0
    read: int = 0
    waiting: int = 0
    after: str | None = None
    stopped: str | None = None
    again_at: datetime | None = None

    def in_words(self) -> str:
        said = f"{self.new:,} alerts answered; {self.read:,} of {self.waiting:,} threads read"
        return f"{said}; {self.stopped}" if self.stopped else said


def hear(
    ledger: Ledger,
    snapshot: Path | None,
    slack: SlackBotDestination,
    *,
    now: datetime,
    after: str | None = None,
) -> Heard:
    """Note the first answer to each open alert, in the history and as `reply_events`.

    Without a place to go on it begins anywhere, so that no thread is left out for good.
    """
    threads = open_threads(ledger, snapshot)
    heard = Heard(waiting=len(threads))
    api = SlackApi(
        slack.token, base_url=slack.base_url, timeout_seconds=slack.timeout_seconds, now=lambda: now
    )
    for thread in _in_turn(threads, after)[:MOST_THREADS]:
        try:
            heard.new += _read(ledger, api, thread, now)
        except SlackRefusedError:
            # Deleted, archived, or the bot was sent away: nobody can answer there any more.
            pass
        except DeliveryError as error:
            wait = error.retry_after if isinstance(error, DestinationUnavailableError) else None
            heard.stopped, heard.again_at = str(error), now + (wait or _PATIENCE)
            break
        heard.read, heard.after = heard.read + 1, thread.key
    return heard


def _in_turn(threads: list[OpenThread], after: str | None) -> list[OpenThread]:
    if after is None:
        start = random.randrange(len(threads)) if threads else 0  # noqa: S311 -- nothing secret
    else:
        start = next((place for place, each in enumerate(threads) if each.key > after), 0)
    return [*threads[start:], *threads[:start]]


def _read(ledger: Ledger, api: SlackApi, thread: OpenThread, now: datetime) -> int:
    """How many alerts of the thread were answered."""
    first, _ = thread.alerts[0]
    said = list(said_in(api, thread.conversation, thread.ts, after=first))
    found = 0
    for ts, row in thread.alerts:
        answer = next((each for each in said if float(each.ts) > float(ts)), None)
        if answer is None:
            continue
        origin = origin_of(SLACK_REPLY, thread.conversation, answer.ts, row["action_id"])
        with ledger.writing() as connection:
            found += note(
                connection, row, SLACK_REPLY, origin, author=answer.person, at=_at(answer), now=now, who=_WHO
            )
    return found


def _at(said: Said) -> datetime:
    return datetime.fromtimestamp(float(said.ts), UTC)
