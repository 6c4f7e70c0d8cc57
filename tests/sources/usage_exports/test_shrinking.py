"""What is read again with far fewer events than before is taken for cut off, whatever the vendor."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from answers import Asked, Said, answering
from calls import ArchiveFolder, call
from test_amplitude import event as amplitude_event
from test_amplitude import zipped
from test_mixpanel import event as mixpanel_event
from warehouses import Warehouse

from assets.sources import amplitude, mixpanel, pendo, segment
from assets.sources.bulk.shrinking import ShrinkGuard, ShrunkExportError, ShrunkUnitsError
from assets.sources.load_log import RowCounts

FIRST, SECOND = datetime(2026, 1, 1, 10, tzinfo=UTC), datetime(2026, 1, 2, 10, tzinfo=UTC)
# How many events there are of the first and the second day.
Held = dict[datetime, int]
QUICK: dict[str, Any] = {"backoff_seconds": 0.01, "timeout_seconds": 5.0}
Start = Callable[..., tuple[Any, Any]]


def _mixpanel(held: Held) -> Callable[[Asked], Said]:
    def answer(asked: Asked) -> Said:
        days = [day for day in held if asked["from_date"] <= str(day.date()) <= asked["to_date"]]
        lines = (mixpanel_event(f"{day}{n}", day.timestamp()) for day in days for n in range(held[day]))
        return Said("".join(lines).encode())

    return answer


def _amplitude(held: Held) -> Callable[[Asked], Said]:
    def answer(asked: Asked) -> Said:
        hours = {
            f"{day:%Y-%m-%d}_{day.hour}": [amplitude_event(f"{day}{n}", f"{day:%F %T}") for n in range(count)]
            for day, count in held.items()
            if asked["start"] <= f"{day:%Y%m%dT%H}" <= asked["end"]
        }
        return zipped(hours) if hours else Said(b"Raw data files were not found.", 404)

    return answer


def _pendo(held: Held) -> Callable[[Asked], Said]:
    def answer(asked: Asked) -> Said:
        if asked["path"] != "/api/v1/aggregation":
            return Said(b"[]")
        (step,) = json.loads(asked["body"])["request"]["pipeline"]
        first, count = (step["source"].get("timeSeries", {}).get(name, 0) for name in ("first", "count"))
        rows = [
            {"visitorId": f"u{n}", "featureId": "f1", "day": day.replace(hour=0).timestamp() * 1000}
            for day, most in held.items()
            if "featureEvents" in step["source"] and 0 <= day.timestamp() * 1000 - first < count * 86_400_000
            for n in range(most)
        ]
        return Said(json.dumps({"results": rows}).encode())

    return answer


@contextmanager
def _asked_of(system: Any, answer: Callable[[Asked], Said], **given: Any) -> Iterator[Start]:
    with answering(answer) as vendor:
        usual = {"base_url": vendor.url, "start_on": date(2026, 1, 1), **QUICK}
        yield lambda **more: (system.CONNECTOR, system.Settings(**usual, **given, **more))


@contextmanager
def _archived(held: Held, folder: Path) -> Iterator[Start]:
    def start(**more: Any) -> tuple[Any, Any]:
        archive = ArchiveFolder(folder)
        for day, count in held.items():
            archive.write(day.date(), *(call(f"{day}{n}", f"{day:%FT%TZ}") for n in range(count)))
        return segment.CONNECTOR, segment.Settings(folder=folder, **more)

    yield start


@pytest.mark.parametrize("system", ["segment", "mixpanel", "amplitude", "pendo"])
def test_what_shrank_too_far_is_refused_by_name_and_the_rest_loaded(
    system: str, warehouse: Warehouse, tmp_path: Path
) -> None:
    held = {FIRST: 40, SECOND: 40}
    starts = {
        "segment": lambda: _archived(held, tmp_path),
        "mixpanel": lambda: _asked_of(mixpanel, _mixpanel(held), api_secret="s"),
        "amplitude": lambda: _asked_of(amplitude, _amplitude(held), api_key="k", secret_key="s"),
        "pendo": lambda: _asked_of(pendo, _pendo(held), integration_key="k"),
    }
    warehouse.now = datetime(2026, 1, 2, 14, tzinfo=UTC)
    with starts[system]() as start:
        warehouse.load(*start())
        held |= {FIRST: 20, SECOND: 45}
        said = rf"{system}: \S+ came with 20 events where 40 stand.*TIERLINE_{system.upper()}_SHRINK_LIMIT=0"
        for _ in range(2):
            with pytest.raises(ShrunkExportError, match=said):
                warehouse.load(*start())
            assert _by_unit(system, warehouse) == [40, 45]
            assert warehouse.accounted(system)
        warehouse.load(*start(shrink_limit=0))
    assert _by_unit(system, warehouse) == [20, 45]


def _by_unit(system: str, warehouse: Warehouse) -> list[int]:
    return [
        count
        for _, count in warehouse.rows(
            f"select _file, count(*) from raw_{system}.events group by all order by 1"
        )
    ]


def _gone(stands: list[int], came: list[int], *, repeated: int = 0) -> set[str]:
    """Units refused, of so many events each; `repeated`: of what stood in each, so many were repetitions."""
    before = {str(n): RowCounts(each, each - repeated, repeated, 0) for n, each in enumerate(stands)}
    now = {str(n): RowCounts(each, each, 0, 0) for n, each in enumerate(came)}
    try:
        ShrinkGuard("s", limit=0.8, rows=10).judge(before, now)
    except ShrunkUnitsError as shrunk:
        return shrunk.units
    return set()


def test_a_few_events_may_go_and_repetitions_but_not_many_small_units_together() -> None:
    assert _gone([5, 100], [1, 90]) == set()
    assert _gone([100], [60], repeated=40) == set()
    assert _gone([9, 100], [0, 70]) == {"1"}
    assert _gone([3] * 10, [0] * 10) == {str(n) for n in range(10)}
    assert _gone([3] * 10 + [1000], [0] * 10 + [1000]) == set()
