"""As of D: a day's score uses nothing that came later, and coming to a day step by step changes nothing."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from companies import END, Company, as_known_on, simulate, write
from running import ROOT, build, state

from warehouse.home import Home

# The rolling windows of the default policy are shorter than what lies between these and the company's start.
D1 = END - timedelta(days=20)
DAILY = (
    "marts.fct_account_health_daily",
    "intermediate.int_threshold_states_daily",
    "marts.fct_tier_changes",
)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return simulate(tmp_path_factory.mktemp("company"), accounts=25, months=4)


@pytest.fixture(scope="module")
def at_once(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The whole history, built in one go at the end."""
    home = Home(tmp_path_factory.mktemp("at_once"))
    build(home, write(company, home.root / "drop"), END)
    return home


def _through(home: Home, day: date) -> dict[str, list[tuple[object, ...]]]:
    return {name: [row for row in rows if row[1] <= day] for name, rows in state(home, DAILY).items()}


def test_scoring_a_day_with_the_data_cut_off_there_equals_scoring_it_later(
    company: Company, at_once: Home, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    build(home, write(as_known_on(company, D1), tmp_path / "drop"), D1)
    assert _through(home, END) == _through(at_once, D1)


@pytest.mark.slow
def test_day_by_day_makes_what_building_at_once_makes(
    company: Company, at_once: Home, tmp_path: Path
) -> None:
    """One day, then several missed ones; some of the first day's events come a few days late."""
    home = Home(tmp_path)
    late = pl.col("occurred_at").cast(pl.Date).is_between(D1 - timedelta(days=3), D1) & (
        pl.col("event_id").hash(seed=1) % 3 == 0
    )
    first = as_known_on(company, D1)
    build(home, write(first | {"usage_events": first["usage_events"].filter(~late)}, tmp_path / "drop"), D1)
    assert _through(home, END) != _through(at_once, D1)
    for day in (D1 + timedelta(days=1), END):
        build(home, write(as_known_on(company, day), tmp_path / "drop"), day)
    assert _through(home, END) == _through(at_once, END)
    assert state(home, ("marts.fct_usage_daily",)) == state(at_once, ("marts.fct_usage_daily",))


@pytest.mark.slow
def test_data_later_than_the_lookback_leaves_the_past_as_it_was_known(
    company: Company, tmp_path: Path
) -> None:
    """Two months of events arrive at the end: only the lookback's 30 days take them in.

    Those of the first day came in time, so the history begins there both times.
    """
    home = Home(tmp_path)
    day = pl.col("occurred_at").cast(pl.Date)
    known_late = (day > company["usage_events"].select(day.min()).item()) & (day < END - timedelta(days=30))
    history = as_known_on(company, END)
    without = history | {"usage_events": history["usage_events"].filter(~known_late)}
    build(home, write(without, tmp_path / "drop"), END)
    before = _through(home, END)
    build(home, write(history, tmp_path / "drop"), END)
    after = _through(home, END)
    looked_back = END - timedelta(days=31)
    assert [row for row in after[DAILY[0]] if row[1] <= looked_back] == [
        row for row in before[DAILY[0]] if row[1] <= looked_back
    ]
    assert after[DAILY[0]] != before[DAILY[0]]


@pytest.mark.slow
def test_a_silent_feed_hides_what_it_would_tell_until_it_speaks_again(
    company: Company, at_once: Home, tmp_path: Path
) -> None:
    """No event for the last days: nobody looks quiet, nothing that rests on it is done, and the owner is told."""
    home, heard = Home(tmp_path), pl.col("occurred_at").cast(pl.Date) <= END - timedelta(days=8)
    silent = company | {"usage_events": company["usage_events"].filter(heard)}
    build(home, write(silent, tmp_path / "drop"), END)
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        last_day = warehouse.execute(
            "select distinct tier, score, change_reason from marts.fct_account_health_daily where date = ?",
            [END],
        ).fetchall()
        resting = warehouse.execute(
            "select distinct play_id from actions.fct_action_decisions"
            " where play_id in (select play_id from policy.plays where rests_on_usage)"
        ).fetchall()
        told = warehouse.execute(
            "select recipient from actions.fct_action_decisions where play_id = 'stale_feed_alert'"
        ).fetchall()
        stale = warehouse.execute(
            "select system, table_name, measure from marts.fct_feed_freshness where is_stale and channel is null"
        ).fetchall()
    assert last_day == [
        ("unknown", None, f"stale: no usage from drop_folder since {END - timedelta(days=8)}")
    ]
    assert resting == []
    assert told == [("#data-alerts",)]
    assert stale == [("drop_folder", "usage_events", "newest_event")]
    build(home, write(company, tmp_path / "drop"), END)
    assert _through(home, END) == _through(at_once, END)


@pytest.mark.slow
def test_one_silent_channel_hides_those_who_work_through_it_and_nobody_else(
    company: Company, at_once: Home, tmp_path: Path
) -> None:
    """The API's events of the last days are missing, everything else came; later they come after all."""
    home, project, last = Home(tmp_path / "copy"), _copied(tmp_path), END - timedelta(days=8)
    shutil.copytree(at_once.root, home.root)
    freshness = project / "seeds/policy/freshness.csv"
    freshness.write_text(freshness.read_text().replace("newest_event,96,20,", "newest_event,96,2,"))
    heard = (pl.col("occurred_at").cast(pl.Date) <= last) | (pl.col("channel") != "api")
    silent = company | {"usage_events": company["usage_events"].filter(heard)}
    build(home, write(silent, tmp_path / "drop"), END, project=project)
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        newest, working = warehouse.execute(
            "with newest as (select max(date) as day from marts.fct_usage_daily where channel = 'api'),"
            " shares as (select account_id, count(distinct date) filter (channel = 'api')"
            " / count(distinct date) as share"
            " from marts.fct_usage_daily, newest where date between day - 28 and day group by 1)"
            " select (select day from newest), list(account_id order by account_id) from shares"
            " inner join marts.fct_account_health_daily using (account_id) where share >= 0.1 and date = ?",
            [END],
        ).fetchall()[0]
        hidden = warehouse.execute(
            "select account_id, change_reason from marts.fct_account_health_daily"
            " where date = ? and tier = 'unknown' order by 1",
            [END],
        ).fetchall()
        told = warehouse.execute(
            "select reason, facts ->> 'accounts_affected' from actions.fct_action_decisions"
            " where play_id = 'stale_feed_alert'"
        ).fetchall()
    assert 0 < len(working) < company["accounts"].height
    assert hidden == [(each, f"stale: no usage from drop_folder api since {newest}") for each in working]
    ((reason, affected),) = told
    assert reason.startswith(f"Nothing new from api usage of drop_folder since {newest}")
    assert affected == str(len(working))
    build(home, write(company, tmp_path / "drop"), END, project=project)
    assert _through(home, END) == _through(at_once, END)


@pytest.mark.slow
def test_a_full_refresh_makes_the_same_history_again(company: Company, at_once: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "copy")
    shutil.copytree(at_once.root, home.root)
    build(home, home.root / "drop", END, "--full-refresh")
    assert state(home) == state(at_once)


@pytest.mark.slow
def test_decisions_of_a_build_that_failed_its_audit_leave_no_trace(company: Company, tmp_path: Path) -> None:
    """The same day again: good data, then a feed that lost an account and a test that notices, then good data."""
    home = Home(tmp_path / "home")
    drop = write(company, tmp_path / "drop")
    build(home, drop, END)
    before = state(home)
    lost = pl.col("account_id") == max(company["accounts"]["account_id"])
    users = company["users"].filter(lost)["user_id"]
    silenced = company["usage_events"].filter(~lost & ~pl.col("user_id").is_in(users.implode()))
    write(company | {"usage_events": silenced}, drop)
    with pytest.raises(AssertionError, match="the_audit_fails"):
        build(home, drop, END, project=_failing(_copied(tmp_path)), with_tests=True)
    assert state(home, ("actions.fct_action_decisions",)) != {
        "actions.fct_action_decisions": before["actions.fct_action_decisions"]
    }
    write(company, drop)
    build(home, drop, END)
    assert state(home) == before


def test_a_merge_hands_history_over_and_says_so_and_a_split_hands_it_back(
    at_once: Home, tmp_path: Path
) -> None:
    """Two records turn out to be one customer, by a row of the crosswalk; later the row was wrong."""
    home = Home(tmp_path / "copy")
    shutil.copytree(at_once.root, home.root)
    before = state(home, ("marts.fct_usage_daily", "marts.dim_accounts", DAILY[0]))
    one, other = (row[0] for row in before["marts.dim_accounts"][:2])
    merged = _copied(tmp_path)
    with (merged / "seeds/policy/crosswalk.csv").open("a") as crosswalk:
        crosswalk.write(f"1900-01-01,drop_folder,{other},{one},bought by the other\n")
    build(home, home.root / "drop", END, project=merged)
    assert _use(home, one) == _use(at_once, one, other)
    assert _use(home, other) == []
    told = _told(home, one)
    assert told == {"identity: 1 record of drop_folder joined"}
    build(home, home.root / "drop", END)
    assert _use(home, one) == _use(at_once, one)
    assert _use(home, other) == _use(at_once, other)
    assert [row[:4] for row in state(home, DAILY[:1])[DAILY[0]]] == [row[:4] for row in before[DAILY[0]]]


def _use(home: Home, *accounts: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        return warehouse.execute(
            "select date, channel, feature, sum(events) from marts.fct_usage_daily"
            " where account_id in ? group by all order by all",
            [list(accounts)],
        ).fetchall()


def _told(home: Home, account: str) -> set[str]:
    """Why the account's score is not what it was a week ago, on the last day."""
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        found = warehouse.execute(
            "select change_reason from marts.fct_account_health_daily where account_id = ? and date = ?",
            [account, END],
        ).fetchall()
    return {reason for (reason,) in found}


def _copied(folder: Path) -> Path:
    """The dbt project, to be changed."""
    ignored = shutil.ignore_patterns("target", "logs")
    return shutil.copytree(ROOT / "dbt_project", folder / "project", ignore=ignored)


def _failing(project: Path) -> Path:
    (project / "tests" / "the_audit_fails.sql").write_text("select * from {{ ref('fct_action_decisions') }}")
    return project
