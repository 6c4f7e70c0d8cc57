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
from sensors.channels.slack_api import PatienceError, SlackApi, SlackRefusedError
from sensors.channels.slack_threads import Said, said_in
from sensors.ledger import Ledger
from sensors.open_alerts import OpenThread, open_threads
from sensors.replies import SLACK_REPLY, note, origin_of

# Below what Slack allows in a minute (tier 3), as delivery reads threads, too.
MOST_THREADS = 40
_WHO = "slack"
# How long Slack is left alone when it gives no time itself.
_PATIENCE = timedelta(minutes=1)
# So many threads in a row that can't be read are Slack's fault, not theirs; each may last a whole time-out.
_MOST_FAILURES = 3


@dataclass
class Heard:
    """What a look found. `after`: the last thread looked at, where the next look goes on.
    `unread`: how many could not be read, for the reason `why`; the next round comes to them again.
    `stopped`: why the look ended early, and until when Slack wants to be left alone."""

    new: int = 0
    read: int = 0
    waiting: int = 0
    unread: int = 0
    why: str | None = None
    after: str | None = None
    stopped: str | None = None
    again_at: datetime | None = None

    def in_words(self) -> str:
        said = f"{self.new:,} alerts answered; {self.read:,} of {self.waiting:,} threads read"
        if self.unread:
            said = f"{said}; {self.unread:,} can't be read ({self.why})"
        return f"{said}; {self.stopped}" if self.stopped else said

    @property
    def is_trouble(self) -> bool:
        """Whether something else kept threads unread than Slack's wish to be asked less often."""
        return self.unread > 0


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
    in_a_row = 0
    for thread in _in_turn(threads, after)[:MOST_THREADS]:
        # Whatever becomes of it: the one thread must not keep the look from those behind it.
        heard.after = thread.key
        try:
            heard.new += _read(ledger, api, thread, now)
        except SlackRefusedError:
            # Deleted, archived, or the bot was sent away: nobody can answer there any more.
            pass
        except DeliveryError as error:
            in_a_row += 1
            asks_for_patience = isinstance(error, PatienceError)
            if not asks_for_patience:
                heard.unread, heard.why = heard.unread + 1, str(error)
            is_channel_wide = isinstance(error, DestinationUnavailableError) and error.is_channel_wide
            if is_channel_wide or in_a_row == _MOST_FAILURES:
                wait = error.retry_after if isinstance(error, DestinationUnavailableError) else None
                heard.again_at = now + (wait or _PATIENCE)
                heard.stopped = str(error) if asks_for_patience else "Slack is left alone for a while"
                break
            continue
        heard.read, in_a_row = heard.read + 1, 0
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
                connection,
                dict(row),
                SLACK_REPLY,
                origin,
                author=answer.person,
                at=_at(answer),
                now=now,
                who=_WHO,
            )
    return found


def _at(said: Said) -> datetime:
    return datetime.fromtimestamp(float(said.ts), UTC)
