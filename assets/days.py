"""The partitions of everything scored: one per day, the key being the last day scored (AS_OF, UTC)."""

from datetime import UTC, date, datetime

from dagster import BackfillPolicy, DailyPartitionsDefinition

FIRST_DAY = date(2000, 1, 1)
# Today is a partition too, for whoever wants a provisional look at it.
DAYS = DailyPartitionsDefinition(start_date=datetime(2000, 1, 1, tzinfo=UTC), end_offset=1)
# Each day is a run of its own: a day builds on the one before.
BY_DAY = BackfillPolicy.multi_run(max_partitions_per_run=1)
