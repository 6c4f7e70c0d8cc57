"""What each system has acknowledged of accounts' scores, as the ledger keeps it (`account_syncs`)."""

import hashlib
import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from sensors.channels.attributes import AccountAttributes
from sensors.channels.channel import Outcome, Receipt
from sensors.ledger import Ledger
from sensors.schema import account_syncs

_LONGEST_ERROR = 500


def content_hash(account: AccountAttributes) -> str:
    """Identifies what a system shows of an account, the day apart."""
    shown = [account.external_id, account.score, account.tier, account.risk, account.risk_band]
    return hashlib.sha256(json.dumps(shown, ensure_ascii=False).encode()).hexdigest()


def sync_totals(ledger: Ledger) -> dict[str, tuple[int, int, datetime | None]]:
    """Per system: accounts acknowledged, accounts whose last write failed, and the last acknowledgement."""
    with ledger.reading() as connection:
        rows = connection.execute(
            select(account_syncs.c.system, account_syncs.c.acknowledged_at, account_syncs.c.last_error)
        ).all()
    totals: dict[str, tuple[int, int, datetime | None]] = {}
    for row in rows:
        system, at, error = str(row[0]), row[1], row[2]
        kept, failing, last = totals.get(system, (0, 0, None))
        newest = max(filter(None, (at, last)), default=None)
        totals[system] = (kept + (at is not None), failing + (error is not None), newest)
    return dict(sorted(totals.items()))


def acknowledged(ledger: Ledger, system: str) -> dict[str, str | None]:
    """Per account the hash of what the system has of it; None where nothing was ever acknowledged."""
    with ledger.reading() as connection:
        rows = connection.execute(
            select(account_syncs.c.account_id, account_syncs.c.content_hash).where(
                account_syncs.c.system == system
            )
        )
        return {row[0]: row[1] for row in rows}


def record(
    ledger: Ledger, system: str, results: Sequence[tuple[AccountAttributes, Outcome]], at: datetime
) -> None:
    with ledger.writing() as connection:
        for account, outcome in results:
            values: dict[str, Any] = {"last_error": str(outcome)[:_LONGEST_ERROR]}
            if isinstance(outcome, Receipt):
                values = {
                    "external_id": account.external_id,
                    "content_hash": content_hash(account),
                    "acknowledged_at": at,
                    "as_of": account.as_of,
                    "last_error": None,
                }
            # The lock of the system keeps others from inserting the same row in between.
            changed = connection.execute(
                update(account_syncs)
                .where(account_syncs.c.system == system, account_syncs.c.account_id == account.account_id)
                .values(**values)
            )
            if changed.rowcount == 0:
                row = {
                    "system": system,
                    "account_id": account.account_id,
                    "external_id": account.external_id,
                }
                connection.execute(insert(account_syncs).values(**{**row, **values}))


def forget_errors(ledger: Ledger, system: str, account_ids: Collection[str]) -> None:
    """What could not be written of an account that the system need not show any more is no failure now."""
    failing: ColumnElement[bool] = (account_syncs.c.system == system) & account_syncs.c.last_error.is_not(
        None
    )
    with ledger.writing() as connection:
        found: set[str] = set(connection.scalars(select(account_syncs.c.account_id).where(failing)))
        for account_id in found & set(account_ids):
            is_it = failing & (account_syncs.c.account_id == account_id)
            connection.execute(update(account_syncs).where(is_it).values(last_error=None))
