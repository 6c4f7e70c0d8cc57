"""What the ledger knows by now of the addresses that rows go to: bounces, complaints and opt-outs."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from sensors.address_news import address
from sensors.ledger import Ledger
from sensors.schema import address_events

# SQLite allows 32,766 bound values in one statement.
_ADDRESSES_PER_QUERY = 10_000


def news_of(ledger: Ledger, recipients: Iterable[str | None]) -> Mapping[str, frozenset[str]]:
    """The kinds of news (`address_events.kind`) of each of these addresses of which there is any.

    Recipients as the decisions spell them; what is no address has no news.
    """
    spelled: dict[str, set[str]] = {}
    for recipient in recipients:
        if recipient is not None and (plain := address(recipient)):
            spelled.setdefault(plain, set()).add(recipient)
    if not spelled:
        return {}
    found: dict[str, frozenset[str]] = {}
    with ledger.reading() as connection:
        for start in range(0, len(spelled), _ADDRESSES_PER_QUERY):
            emails = list(spelled)[start : start + _ADDRESSES_PER_QUERY]
            query = select(address_events.c.email, address_events.c.kind).distinct()
            for row in connection.execute(query.where(address_events.c.email.in_(emails))):
                email, kind = str(row[0]), str(row[1])
                for recipient in spelled[email]:
                    found[recipient] = found.get(recipient, frozenset()) | {kind}
    return found
