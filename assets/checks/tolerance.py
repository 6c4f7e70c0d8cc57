"""How much imperfection of the input is bearable: data quality, never customer-success policy."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerance:
    """Ratios are shares of a table's rows, 0-1.

    Beyond `max_quarantined_ratio` and `max_duplicate_ratio` a check warns; beyond `max_future_ratio` it
    fails, because many rows dated after now mean a misread date format or time zone. Clocks of other
    systems may be ahead of ours by `clock_skew_minutes`.
    """

    max_quarantined_ratio: float
    max_duplicate_ratio: float
    max_future_ratio: float
    clock_skew_minutes: int
