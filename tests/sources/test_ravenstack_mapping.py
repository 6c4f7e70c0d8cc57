"""The RavenStack export, which nobody here wrote, through the mappings in `examples/ravenstack`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from drops import Drop

ROOT = Path(__file__).parents[2]
EXPORT = ROOT / "../shared/data/ravenstack"

pytestmark = pytest.mark.skipif(
    not EXPORT.is_dir(), reason="the RavenStack export is not beside this checkout"
)


@pytest.fixture(scope="module")
def ravenstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drop]:
    connection = duckdb.connect()
    quarantine = tmp_path_factory.mktemp("quarantine")
    made = Drop(EXPORT, quarantine, connection, mapping=ROOT / "examples/ravenstack")
    made.load(datetime(2025, 1, 1, tzinfo=UTC))
    yield made
    connection.close()


def exported(name: str) -> str:
    return f"read_csv('{EXPORT}/ravenstack_{name}.csv', all_varchar = true)"


def test_every_row_of_the_export_is_accounted_for(ravenstack: Drop) -> None:
    counts = ravenstack.rows(
        "select table_name, rows_in, rows_loaded, rows_duplicate, rows_quarantined"
        " from raw_tierline.files order by 1"
    )
    assert counts == [
        ("accounts", 500, 500, 0, 0),
        ("subscriptions", 5000, 5000, 0, 0),
        ("tickets", 2000, 2000, 0, 0),
        ("usage_events", 25000, 24979, 21, 0),
    ]
    lost = ravenstack.rows(
        f"select usage_id from {exported('feature_usage')}"
        f" except all select event_id from raw_drop_folder.usage_events"
    )
    assert lost == []


def test_amounts_and_days_are_those_of_the_export(ravenstack: Drop) -> None:
    assert ravenstack.rows(
        "select sum(mrr), count(ended_on) from raw_drop_folder.subscriptions"
    ) == ravenstack.rows(f"select sum(mrr_amount::double), count(end_date) from {exported('subscriptions')}")
    assert ravenstack.rows("select sum(quantity) from raw_drop_folder.usage_events") == ravenstack.rows(
        f"select sum(usage_count::double) from {exported('feature_usage')}"
    )
    ((first, last),) = ravenstack.rows(
        "select min(occurred_at), max(occurred_at) from raw_drop_folder.usage_events"
    )
    assert (first, last) == (datetime(2023, 1, 1), datetime(2024, 12, 31))  # noqa: DTZ001 - naive UTC, as stored
    ((answered, escalated, rated),) = ravenstack.rows(
        "select count(first_response_at), count(*) filter (is_escalated), count(csat)"
        " from raw_drop_folder.tickets"
    )
    assert (answered, rated) == (2000, 1175)
    assert [(escalated,)] == ravenstack.rows(
        f"select count(*) from {exported('support_tickets')} where escalation_flag = 'TRUE'"
    )


def test_an_account_is_churned_when_nothing_started_after_its_last_churn_event(ravenstack: Drop) -> None:
    ((churned, with_date, renewing),) = ravenstack.rows(
        "select count(*) filter (status = 'churned'), count(churned_on),"
        " count(*) filter (status = 'churned' and renewal_on is not null) from raw_drop_folder.accounts"
    )
    assert (churned, with_date, renewing) == (68, 68, 0)
    later = ravenstack.rows(
        "select account_id from raw_drop_folder.accounts"
        " join raw_drop_folder.subscriptions using (account_id)"
        " where started_on > churned_on"
    )
    assert later == []


def test_contracts_start_with_the_first_subscription_and_renew_within_the_next_year(ravenstack: Drop) -> None:
    ((early, first, last),) = ravenstack.rows(
        "select count(*) filter (contract_started_on < signed_up_at::date), min(renewal_on)::varchar,"
        " max(renewal_on)::varchar from raw_drop_folder.accounts"
    )
    assert early == 0
    assert "2025-01-01" <= first <= last <= "2025-12-31"


def test_a_second_load_reads_nothing(ravenstack: Drop) -> None:
    loads = ravenstack.load(datetime(2025, 1, 2, tzinfo=UTC))
    assert sum(each.files_read for each in loads.values()) == 0
    assert loads["usage_events"].rows_in == 25000
