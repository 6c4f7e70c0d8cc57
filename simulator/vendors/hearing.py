"""What the company takes from the messages its vendors got: which account, which action, what is asked for.

People read: they know an account by its name, a request to reach out by its words, an action by the mark that
messages carry (`Tierline action …`). What a machine reads (a task, a webhook) says so in fields.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from simulator.vendors.view import Row, View

MARK = re.compile(r"tierline action:?\s+([0-9a-z_-]{6,})", re.IGNORECASE)
ASKS = re.compile(
    r"\b(reach(?:ing)? out|get in touch|call (?:your|them|her|him)|contact (?:your|them)|talk (?:to|with)"
    r"|hear from you|go through the account)\b",
    re.IGNORECASE,
)
OUTREACH = "churn_risk_intervention"  # the play that any request to reach out amounts to
STAFF = ("slack", "crm")


@dataclass(frozen=True)
class Heard:
    """One message: `channel` is slack, email, crm, intercom or webhook. Fields that the vendor knows are
    given; the others are read from `text`. `account_id` is the company's own; `account_of` finds it later.
    """

    channel: str
    at: datetime
    text: str = ""
    recipient: str | None = None
    action_id: str | None = None
    account_id: str | None = None
    account_of: Callable[[], str | None] | None = None
    play_id: str | None = None
    mode: str | None = None


class Hearing:
    """Collects what was heard until the company lives on. Nothing is an action until somebody has sent one:
    until then the company's own automation goes on."""

    def __init__(self, view: View, decisions: Callable[[str], Row | None] | None = None) -> None:
        self._view, self._decisions = view, decisions
        self._told: list[tuple[str, Row]] = []
        self._heard: list[Heard] = []
        self._known: set[str] = set()
        self._has_heard = False

    def know(self, decisions: Iterable[Row]) -> None:
        """What is behind actions: rows with action_id, account_id, play_id."""
        self._told = sorted([*self._told, *((str(row["action_id"]), row) for row in decisions)], key=_id)

    def _decision(self, mark: str | None) -> Row | None:
        """Of an action by its id, or by the beginning of it that a message shows."""
        if mark is None:
            return None
        at = bisect_left(self._told, mark, key=_id)
        if at < len(self._told) and self._told[at][0].startswith(mark):
            return self._told[at][1]
        return self._decisions(mark) if self._decisions is not None else None

    def add(self, heard: Heard) -> None:
        self._heard.append(heard)
        self._has_heard = True

    def actions(self) -> list[Row] | None:
        """What was understood since the last time, for `Company.step`; None before the first message."""
        if not self._has_heard:
            return None
        found = [action for heard in self._heard if (action := self._understood(heard)) is not None]
        self._heard.clear()
        return found

    def _understood(self, heard: Heard) -> Row | None:
        mark = MARK.search(heard.text)
        action = heard.action_id or (mark[1] if mark else None)
        decision = self._decision(action)
        if decision is not None:
            action = str(decision["action_id"])
        account = heard.account_id or (heard.account_of() if heard.account_of else None)
        account = account or (decision or {}).get("account_id") or self._account_in(heard.text)
        if account is None or (action is not None and action in self._known):
            return None
        action = action or f"{heard.channel}-{len(self._known) + 1:06d}"
        self._known.add(action)
        play = heard.play_id or (decision or {}).get("play_id")
        is_staff = heard.channel in STAFF or self._is_staff(heard.recipient)
        if play is None and is_staff and (heard.channel == "crm" or ASKS.search(heard.text)):
            play = OUTREACH
        mode = "human" if is_staff else heard.mode
        return {"action_id": action, "account_id": account, "play_id": play, "mode": mode,
                "channel": heard.channel, "delivered_at": heard.at}  # fmt: skip

    def _is_staff(self, address: str | None) -> bool:
        def make() -> set[str]:
            return {csm["email"].lower() for csm in self._view.rows("csms")}

        staff: set[str] = self._view.derived("staff addresses", make)
        return address is not None and address.lower() in staff

    def _account_in(self, text: str) -> str | None:
        """The account whose name is in the text, with or without its legal form; the longest when several."""
        said = text.lower()
        found = [(len(name), key) for name, key in self._names() if name in said]
        return max(found)[1] if found else None

    def _names(self) -> list[tuple[str, str]]:
        def make() -> list[tuple[str, str]]:
            rows = self._view.rows("accounts")
            return [(row["name"].rsplit(" ", 1)[0].lower(), row["account_id"]) for row in rows]

        names: list[tuple[str, str]] = self._view.derived("names of accounts", make)
        return names


def _id(told: tuple[str, Row]) -> str:
    return told[0]
