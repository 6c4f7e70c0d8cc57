"""One company seen twice: through nine vendors' APIs while everything goes wrong, and as its own drop folder."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from companies import END
from pyarrow.feather import read_table
from running import NOW, build, build_models

from assets.sources import drop_folder
from assets.sources.connector import Places
from assets.sources.registry import connector
from assets.sources.settings import read_settings, variable
from bench.identity import PAIRS
from orchestration.simulated_systems import SIMULATED, VENDOR_SETTINGS, simulated_environment
from simulator.company import Company, Day
from simulator.drop_folder import Writer, write_own_tables
from simulator.scenario import Scenario, to_date
from simulator.vendors.faults import KINDS, Fault
from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings
from warehouse.home import Home
from warehouse.working import open_warehouse

_log = logging.getLogger(__name__)
# Every kind of fault for every vendor, one after the other while its pages are read.
FAULTS = [
    Fault(vendor, kind, skip=1 + number, retry_after=0, seconds=0.1)
    for vendor in SIMULATED
    for number, kind in enumerate(KINDS)
    if kind != "list_ends"
    and (kind != "rows_change" or vendor in ("zendesk", "hubspot"))  # each is a day of the company's life
]
# A list that is cut off is refused; only this one is begun anew.
FAULTS.append(Fault("intercom", "list_ends", path="/companies/scroll"))
BEFORE_THE_FAULTS = END - timedelta(days=4)
PAGE_SIZE = 20
Actions = Iterable[Mapping[str, Any]] | pl.DataFrame | None


@dataclass(frozen=True)
class Seen:
    """Homes built from the vendors and from the files, and the kinds of faults that were met on the way."""

    vendors: Home
    files: Home
    faults: set[str]


class Watched(Company):
    """Remembers whose each usage event was, which the event itself seldom says."""

    def __init__(self, scenario: Scenario) -> None:
        self.events: list[pl.DataFrame] = []
        super().__init__(scenario)

    def step(self, day: int, actions: Actions = None) -> Day:
        seen = super().step(day, actions)
        if seen.events is not None and seen.usage is not None:
            whose = [self.account_ids[account] for account in seen.events.account.tolist()]
            ids = seen.usage["event_id"].to_pylist()
            self.events.append(pl.DataFrame({"event_id": ids, "account_id": whose}))
        return seen


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("seen_twice")
    vendors, files = Home(folder / "vendors"), Home(folder / "files")
    company = Watched(Scenario(end=END, accounts=20, months=4))
    settings = {"split": "one_of_each", "page_most": dict.fromkeys(SIMULATED, PAGE_SIZE), **VENDOR_SETTINGS}
    with VendorServer(company, folder / "server", Settings.of(settings)) as server:
        server.live(BEFORE_THE_FAULTS)
        server.set_faults(FAULTS)
        _load_all(vendors, server, BEFORE_THE_FAULTS)
        met = {each.fault for each in server.journal.requests() if each.fault}
        server.set_faults(())
        server.live(END)
        _load_all(vendors, server, NOW.date() - timedelta(days=1))
        server.identities.truth().write_parquet(vendors.root / "who_is_who.parquet")
        pl.concat(company.events).write_parquet(vendors.root / "whose_events.parquet")
        _renewal_stages(company).write_parquet(vendors.root / "renewal_stages.parquet")
        write_own_tables(company, folder / "own")
        Writer(folder / "whole").tables(company)
    for day in (folder / "server" / "usage").glob("*.arrow"):
        pq.write_table(read_table(day), folder / "whole" / "usage_events" / f"{day.stem}.parquet")
    with open_warehouse(vendors.warehouse) as warehouse:
        drop_folder.load(
            warehouse, folder / "own", quarantine=vendors.quarantine, now=NOW, has_other_systems=True
        )
    build_models(vendors, END)
    build(files, folder / "whole", END)
    return Seen(vendors, files, met)


def _renewal_stages(company: Company) -> pl.DataFrame:
    """One row per renewal and stage it came into: account_id, observed_on, label."""
    rows = [
        (company.account_ids[deal.account], to_date(day), stage)
        for deal in company.contracts.deals.opportunities
        if deal.kind == "renewal"
        for day, stage in deal.stages(company.today)
    ]
    return pl.DataFrame(rows, schema=["account_id", "observed_on", "label"], orient="row")


def _load_all(home: Home, server: VendorServer, day: date) -> None:
    """On the morning after `day`."""
    home.create()
    now = datetime.combine(day + timedelta(days=1), time(6), UTC)
    environment = simulated_environment(server.url)
    # The company's own bot answers first; Intercom's statistics don't know it, its messages do.
    environment |= {variable("intercom", "read_all_parts"): "true"}
    for system in SIMULATED:
        found = connector(system)
        settings = read_settings(system, found.settings_type, environment)
        settings = settings.model_copy(update={"page_size": PAGE_SIZE, "backoff_seconds": 0})
        places = Places(home.root / "dlt", home.quarantine)
        found.load(home.warehouse, settings, places=places, now=now, tell=_log.info)


# By table, what may differ; every other column of every row is equal.
NAMES = "typed differently into two systems; one of them is shown"
EXPLAINED = {
    "marts.dim_accounts": {"name": NAMES, "domain": NAMES},
    "marts.fct_account_health_daily": {},
    "marts.fct_usage_daily": {},
    "marts.fct_tier_changes": {},
    "marts.fct_tickets": {
        "ticket_id": "carries the system it comes from",
        "channel": "Intercom calls what came by a web form a chat",
        "first_ai_response_seconds": "Zipchat does not say which ticket a conversation became",
    },
    "actions.fct_action_decisions": {
        "recipient_name": NAMES,
        "facts": "hold the name",
        "channel": "a task in the CRM, where there is one",
    },
}


@pytest.mark.parametrize("table", EXPLAINED)
def test_marts_equal_those_of_the_same_companys_files(seen: Seen, table: str) -> None:
    left_out = ", ".join(EXPLAINED[table])
    columns = f"* exclude ({left_out})" if left_out else "*"
    both = []
    for home in (seen.vendors, seen.files):
        with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
            both.append(warehouse.execute(f"select {columns} from {table} order by all").fetchall())
    assert len(both[0]) > 5
    assert both[0] == both[1]


def test_only_what_is_for_the_crm_goes_another_way(seen: Seen) -> None:
    with duckdb.connect() as both:
        for name, home in (("vendors", seen.vendors), ("files", seen.files)):
            both.execute(f"attach '{home.warehouse}' as {name} (read_only)")
        ways = both.execute(
            "select vendors.channel, files.channel, plays.channel"
            " from vendors.actions.fct_action_decisions as vendors"
            " inner join files.actions.fct_action_decisions as files using (action_id)"
            " inner join files.policy.plays as plays on vendors.play_id = plays.play_id"
            " where vendors.channel <> files.channel"
        ).fetchall()
    assert ways
    assert all(
        ours in ("hubspot", "salesforce") and theirs == "email" and policy == "crm"
        for ours, theirs, policy in ways
    )


def test_every_kind_of_fault_was_met_and_no_row_is_unaccounted_for(seen: Seen) -> None:
    assert seen.faults == set(KINDS)
    with duckdb.connect(str(seen.vendors.warehouse), read_only=True) as warehouse:
        lost = warehouse.execute(
            "select source, table_name, rows_in, rows_loaded, rows_duplicate, rows_quarantined"
            " from raw_tierline.loads where rows_in <> rows_loaded + rows_duplicate + rows_quarantined"
        ).fetchall()
        systems = warehouse.execute("select distinct source from raw_tierline.loads").fetchall()
    assert lost == []
    assert {system for (system,) in systems} >= set(SIMULATED)


def test_records_of_one_customer_are_found_and_nobody_elses(seen: Seen) -> None:
    with duckdb.connect(str(seen.vendors.warehouse), read_only=True) as warehouse:
        truth = str(seen.vendors.root / "who_is_who.parquet")
        row = warehouse.execute(PAIRS, [truth]).fetchone()
    assert row is not None
    records, precision, recall = row
    assert records > 60
    assert precision >= 0.99
    assert recall >= 0.99


def test_renewals_of_both_crms_came_into_their_stages_on_the_days_they_did(seen: Seen) -> None:
    """Most of them before the first load, so only the CRMs' own histories tell of it."""
    with duckdb.connect(str(seen.vendors.warehouse), read_only=True) as warehouse:
        found = warehouse.execute(
            "select account_id, observed_on, label from marts.fct_external_scores"
            " where measure = 'renewal_stage' order by all"
        ).fetchall()
        told = warehouse.execute(
            "from read_parquet(?) order by all", [str(seen.vendors.root / "renewal_stages.parquet")]
        ).fetchall()
        systems = warehouse.execute(
            "select system from marts.fct_external_scores where measure = 'renewal_stage' and observed_on < ?"
            " group by system having count(distinct label) > 1 order by system",
            [BEFORE_THE_FAULTS],
        ).fetchall()
    assert systems == [("hubspot",), ("salesforce",)]
    assert found == told


def test_usage_counts_for_the_account_that_made_it(seen: Seen) -> None:
    with duckdb.connect(str(seen.vendors.warehouse), read_only=True) as warehouse:
        row = warehouse.execute(
            "select count(*), count(*) filter (found.event_id is null),"
            " count(*) filter (found.account_id = truth.account_id),"
            " count(*) filter (found.account_id <> truth.account_id),"
            " count(distinct found.system)"
            " from read_parquet(?) as truth"
            " left join intermediate.int_usage_events as found using (event_id)",
            [str(seen.vendors.root / "whose_events.parquet")],
        ).fetchone()
    assert row is not None
    events, never_came, right, wrong, systems = row
    assert events > 10_000
    assert (never_came, systems) == (0, 2)
    assert right / events >= 0.99
    assert wrong / events <= 0.001
