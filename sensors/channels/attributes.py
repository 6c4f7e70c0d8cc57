"""What a channel that keeps attributes on an account takes: score, tier and risk, as of a day.

Such a write is a statement ("the score is 54"), so writing it twice has one effect: no claim is needed, and
`sensors.score_sync` repeats whatever was not acknowledged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sensors.channels.channel import Outcome


@dataclass(frozen=True)
class AccountAttributes:
    """The state of one account as one system should show it.

    `external_id` is the account's id in that system. `score` is 0-100 and `risk` 0-1, both None when unknown.
    """

    account_id: str
    external_id: str
    score: float | None
    tier: str
    risk: float | None
    risk_band: str | None
    as_of: date


class AttributeWriter(Protocol):
    """Writes attributes of accounts to one system, in batches where its API has them.

    `write` yields one outcome per account, in order; the destination's fields are created when missing.
    """

    destination: str
    batch_size: int

    def write(self, accounts: Sequence[AccountAttributes]) -> Iterator[Outcome]: ...

    def close(self) -> None: ...
