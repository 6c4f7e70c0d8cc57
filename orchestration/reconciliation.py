"""Whether the simulated vendors have what the ledger says they got: each action once, and nothing else."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from email import message_from_string
from typing import Any
from urllib.parse import parse_qs, unquote

from sqlalchemy import select

from orchestration.simulated_destinations import ACTION_FIELD
from sensors.channels.composing import message_id
from sensors.ledger import open_ledger
from sensors.schema import deliveries
from sensors.states import State

Entry = Mapping[str, Any]
# What a vendor took although the sender got no answer, or a bad one.
_TAKEN_ALL_THE_SAME = {"timeout_after", "server_error_after", "truncated_body"}
_SHOWN = 3


@dataclass(frozen=True)
class Reconciled:
    """`delivered`: actions this run delivered to the vendors; `recorded`: those the vendors have once.

    `more`: what they have beyond that: twice, or of an action that the ledger does not have as sent or tried.
    """

    delivered: int = 0
    recorded: int = 0
    missing: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    def in_words(self) -> str:
        return (
            f"What the vendors recorded: {self.recorded:,} of {self.delivered:,} delivered, "
            f"{len(self.more):,} more"
        )

    def failure(self) -> str | None:
        """What does not agree, in words; None when everything does."""
        if not self.missing and not self.more:
            return None
        told = [f"not recorded: {_some(self.missing)}"] if self.missing else []
        told += [f"recorded beyond the ledger: {_some(self.more)}"] if self.more else []
        return (
            f"the ledger and the simulated vendors disagree ({'; '.join(told)});"
            " compare `simulated/vendors/requests.jsonl` with `python -m sensors show <action>`"
        )


def reconcile(
    ledger_address: str, channels: Iterable[str], requests: Callable[[str], list[Entry]], *, since: datetime
) -> Reconciled:
    """Compare what was delivered since then with the vendors' journals. `requests`: of one vendor."""
    total, recorded, missing, more = 0, 0, [], []
    with closing(open_ledger(ledger_address)) as ledger, ledger.reading() as connection:
        for channel in channels:
            rows = connection.execute(
                select(
                    deliveries.c.action_id,
                    deliveries.c.state,
                    deliveries.c.attempts,
                    deliveries.c.delivered_at,
                ).where(deliveries.c.channel == channel)
            ).all()
            sent = {_shown_as(channel, row.action_id): row.action_id for row in rows
                    if _may_be_there(State(row.state), row.attempts)}  # fmt: skip
            now = {_shown_as(channel, row.action_id) for row in rows
                   if row.state == State.DELIVERED and row.delivered_at >= since}  # fmt: skip
            there = Counter(_recorded(channel, requests(_VENDORS.get(channel, channel))))
            if channel in _ONCE_BY_KEY:
                there = Counter(set(there))
            total += len(now)
            recorded += sum(there[each] == 1 for each in now)
            missing += [f"{channel} {sent[each]}" for each in sorted(now - set(there))]
            more += [f"{channel} {sent.get(each, each)}" for each in sorted(there)
                     for _ in range(there[each] - (each in sent))]  # fmt: skip
    return Reconciled(total, recorded, tuple(missing), tuple(more))


def _may_be_there(state: State, attempts: int) -> bool:
    """What was tried may have arrived unknown to the ledger: tried again, held or given up.

    The attempt that ends as suppressed was stopped by the last look; only one before it can have left.
    """
    return state is State.DELIVERED or attempts > (state is State.SUPPRESSED)


def _recorded(channel: str, requests: Iterable[Entry]) -> Iterable[str]:
    """The action behind each message the vendor took, as it shows it; a dash where it shows none."""
    method, path, of = _MESSAGES[channel]
    for entry in requests:
        is_message = entry["method"] == method and re.search(f"{path}$", entry["path"]) is not None
        if is_message and _was_taken(entry):
            yield of(entry) or "-"


def _was_taken(entry: Entry) -> bool:
    if entry["fault"] in _TAKEN_ALL_THE_SAME:
        return True
    # HTTP and SMTP agree on this.
    return str(entry["status"]).startswith("2") and entry["error"] is None


def _shown_as(channel: str, action_id: str) -> str:
    """Mail shows an action as the part of its Message-ID before the @."""
    return message_id(action_id, "").partition("@")[0] if channel == "email" else action_id


def _in_mail(entry: Entry) -> str:
    return str(message_from_string(entry["body"])["Message-ID"] or "").strip().partition("@")[0]


def _in_slack(entry: Entry) -> str:
    body = entry["body"]
    metadata = (
        json.loads(body).get("metadata") if body.startswith("{") else parse_qs(body).get("metadata", [""])[0]
    )
    if isinstance(metadata, str):
        metadata = json.loads(metadata or "{}")
    return str(((metadata or {}).get("event_payload") or {}).get("action_id") or "")


_VENDORS = {"email": "smtp"}
# They do a repeated key once.
_ONCE_BY_KEY = {"webhook", "salesforce"}
# Method, how the path ends (a regular expression), and where the action stands.
_MESSAGES: dict[str, tuple[str, str, Callable[[Entry], str | None]]] = {
    "slack": ("POST", r"/api/chat\.postMessage", _in_slack),
    "email": ("DATA", "", _in_mail),
    "webhook": ("POST", "/deliveries", lambda entry: entry["headers"].get("idempotency-key")),
    "hubspot": (
        "POST",
        "/objects/tasks",
        lambda entry: json.loads(entry["body"])["properties"].get("tierline_action_id"),
    ),
    "salesforce": (
        "PATCH",
        f"/sobjects/Task/{ACTION_FIELD}/[^/]+",
        lambda entry: unquote(entry["path"].rpartition("/")[2]),
    ),
}


def _some(actions: tuple[str, ...]) -> str:
    more = len(actions) - _SHOWN
    return ", ".join(actions[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
