"""Rules about exports of usage events, whichever system they are of."""

from great_expectations.expectations.expectation import Expectation

from assets.checks.rules import (
    CRITICAL,
    WARNING,
    Bounds,
    between,
    not_in_future,
    one_of,
    required,
    rows_without,
)


def events(bounds: Bounds, *, key: str, occurred_at: str, quantity: str) -> list[Expectation]:
    """An event's id need not be unique over years, but within a day; asked of what the last load brought."""
    return [
        required(key),
        required(occurred_at),
        rows_without(
            f"select {key}, cast({occurred_at} as date) as day from {{batch}}"
            " where _load_id = (select max(_load_id) from {batch})"
            " group by all having count(*) > 1",
            f"{key} is unique within a day among rows not flagged as duplicates",
            severity=CRITICAL,
        ),
        between(quantity, 0, severity=WARNING),
        *not_in_future(occurred_at, bounds),
    ]


def traits(bounds: Bounds) -> list[Expectation]:
    return [
        one_of("kind", ("user", "group")),
        *(required(column) for column in ("key", "trait", "value", "first_seen_at", "last_seen_at")),
        rows_without(
            "select * from {batch} where first_seen_at > last_seen_at",
            "a value is not seen for the last time before it is seen for the first time",
            severity=CRITICAL,
        ),
    ]
