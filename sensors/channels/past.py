"""What a channel may ask about the past: which conversation an account has, what was tried before.

A channel keeps no state of its own: the ledger has it all. `sensors.past_deliveries` answers from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Tried:
    """An action that was claimed at least once. `previous_attempt_at`: the attempt before the present one."""

    action_id: str
    recipient: str
    account_id: str
    attempts: int
    first_attempt_at: datetime
    previous_attempt_at: datetime | None


class Past(Protocol):
    """Read-only; answers as of the question."""

    def last_reference(self, destination: str, account_id: str, beginning: str) -> str | None:
        """The reference of the account's latest message delivered there, of those that begin like this."""
        ...

    def tried(self, action_ids: Sequence[str]) -> list[Tried]: ...


@runtime_checkable
class AsksThePast(Protocol):
    """A channel that wants to; `sensors.delivery.deliver` hands it over before anything is sent."""

    def remember(self, past: Past) -> None: ...
