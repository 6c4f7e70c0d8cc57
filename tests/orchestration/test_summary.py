"""What a person reads at the end of a run."""

from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import duckdb
from dagster import AssetCheckEvaluation, AssetCheckSeverity, AssetKey

from assets.freshness import FRESHNESS, Feed, check_result
from orchestration.input_numbers import Conflicts, Identity, TableRows, Unmatched, identity, known_feeds
from orchestration.numbers import Automation, Published
from orchestration.pipeline import RunReport
from orchestration.summary import write_summary
from warehouse.home import Home

LATE = Feed(
    "mixpanel",
    "usage_events",
    "mobile",
    "newest_event",
    None,
    date(2026, 3, 1),
    80.0,
    48,
    is_stale=True,
    accounts_affected=12,
    owner_email="data@shop.example",
    owner_slack=None,
)

ON_TIME = replace(LATE, channel=None, age_hours=2.0, is_stale=False, accounts_affected=0)


def _written(report: RunReport, published: Published | None, tables: list[TableRows]) -> str:
    stream = StringIO()
    write_summary(stream, report, tables=tables, published=published, home=Home(Path("/home")), seconds=1.0)
    return stream.getvalue()


def test_what_came_in_is_told_by_system_whose_it_is_and_how_old() -> None:
    key = AssetKey(["raw_mixpanel", "events"])
    shown = check_result(key, [LATE])
    stale = AssetCheckEvaluation(
        asset_key=key,
        check_name=FRESHNESS,
        passed=shown.passed,
        severity=shown.severity,
        description=shown.description,
        metadata={},
    )
    report = RunReport(outages=["load zendesk: down"], stale=[stale])
    published = Published(
        "v1",
        date(2026, 3, 9),
        identity=Identity(
            [Conflicts("domain", 3, "shop.example leads to a1, a2")],
            [Unmatched("hubspot", "users", 40, 2, "c7")],
        ),
        feeds=[LATE, ON_TIME, *(replace(ON_TIME, table=name, expected_within_hours=None) for name in "ab")],
        automation=Automation(date(2026, 3, 1), 1200, 0.44, 0.4, 0.6),
    )
    rows = [TableRows("zendesk", "tickets", 9, 7, 1, 1), TableRows("drop_folder", "features", 2, 2, 0, 0)]
    told = " ".join(_written(report, published, rows).split())
    for words in (
        "zendesk.tickets 9 7 1 1", "features 2 2 0 0", "domain 3 shop.example leads to a1, a2",
        "hubspot users 40 2 c7", "warning: not read: load zendesk: down",
        ("mixpanel.usage_events (mobile): newest event on 2026-03-01, 80 h old, expected within 48 h;"
        " the score of 12 accounts is unknown for it; ask data@shop.example"),
        "Feeds: 1 as fresh as expected, 1 stale; of 2 more nothing is expected",
        "Workflows of March 2026 done by machines: 44% of 1,200 (benchmark 40% to 60%)",
    ):  # fmt: skip
        assert words in told
    assert report.outage() == "load zendesk: down. Everything else was done, on what had been read before"


def test_a_stale_feed_warns_and_never_blocks() -> None:
    fresh = Feed("mixpanel", "events", None, "last_load", datetime(2026, 3, 9, tzinfo=UTC), None, 2.0, 36,
                 is_stale=False, accounts_affected=0, owner_email=None, owner_slack=None)  # fmt: skip
    as_well = replace(LATE, channel="api", age_hours=100.0)
    stopped = replace(LATE, system="drop_folder", table="invoices", channel=None, last_event_on=None,
                      newest_file_at=datetime(2026, 3, 5, 2, tzinfo=UTC))  # fmt: skip
    assert stopped.sentence().startswith("drop_folder.invoices: newest file of 2026-03-05 02:00, 80 h old")
    result = check_result(AssetKey(["raw_mixpanel", "events"]), [fresh, LATE, as_well])
    assert (result.passed, result.severity) == (False, AssetCheckSeverity.WARN)
    assert "(mobile)" in str(result.description)
    assert "(api)" in str(result.description)
    assert check_result(AssetKey(["raw_mixpanel", "events"]), [fresh]).passed


def test_an_older_snapshot_that_knows_neither_identity_nor_feeds_is_told_all_the_same() -> None:
    snapshot = duckdb.connect()
    assert identity(snapshot) == Identity()
    assert known_feeds(snapshot) == []
    snapshot.execute("create schema marts; create table marts.fct_feed_freshness (system varchar)")
    assert known_feeds(snapshot) == []
