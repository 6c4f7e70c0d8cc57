"""A day in a format that is not understood is read again with each load until it is."""

from datetime import UTC, date, datetime, timedelta

from answers import Asked, Said, answering
from test_mixpanel import event
from warehouses import Warehouse

from assets.sources import mixpanel

DAYS = [datetime(2026, 1, day, 10, tzinfo=UTC) for day in (1, 2)]


def test_a_day_most_of_which_was_rejected_is_read_again_however_long_ago_it_was(warehouse: Warehouse) -> None:
    odd: set[datetime] = {DAYS[0]}

    def answer(asked: Asked) -> Said:
        days = [day for day in DAYS if asked["from_date"] <= str(day.date()) <= asked["to_date"]]
        lines = (event(f"{day}{n}", day.timestamp()) for day in days for n in range(4))
        is_odd = [day in odd for day in days for _ in range(4)]
        return Said("".join(line.replace('"time"', '"moment"') if bad else line
                            for line, bad in zip(lines, is_odd, strict=True)).encode())  # fmt: skip

    with answering(answer) as vendor:
        settings = mixpanel.Settings(
            base_url=vendor.url, start_on=date(2026, 1, 1), api_secret="s", backoff_seconds=0.01
        )
        warehouse.now = DAYS[1] + timedelta(hours=4)
        assert warehouse.load(mixpanel.CONNECTOR, settings).rows_quarantined == 4
        warehouse.now += timedelta(days=30)
        asked = len(vendor.asked)
        assert warehouse.load(mixpanel.CONNECTOR, settings).rows_quarantined == 4
        assert any(each["from_date"] == "2026-01-01" for each in vendor.asked[asked:])
        odd.clear()
        warehouse.now += timedelta(days=30)
        assert warehouse.load(mixpanel.CONNECTOR, settings).rows_quarantined == 0
        assert warehouse.rows("select count(*) from raw_mixpanel.events") == [(8,)]
        assert warehouse.rows("select count(*) from raw_mixpanel._quarantine") == [(0,)]
        warehouse.now += timedelta(days=1)
        asked = len(vendor.asked)
        warehouse.load(mixpanel.CONNECTOR, settings)
        assert not any(each["from_date"] == "2026-01-01" for each in vendor.asked[asked:])
