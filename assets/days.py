"""The partitions of everything scored: one per day, the key being the last day scored (AS_OF, UTC)."""

from datetime import UTC, datetime, time

from dagster import BackfillPolicy, DailyPartitionsDefinition

from assets.as_of import FIRST_DAY

# Today is a partition too, for whoever wants a provisional look at it.
DAYS = DailyPartitionsDefinition(start_date=datetime.combine(FIRST_DAY, time(), UTC), end_offset=1)
# Each day is a run of its own: a day builds on the one before.
BY_DAY = BackfillPolicy.multi_run(max_partitions_per_run=1)
