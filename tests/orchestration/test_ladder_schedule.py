"""The schedule as shipped builds often enough for the ladder as shipped."""

import csv
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.settings import REPOSITORY, Settings

POLICY = REPOSITORY / "dbt_project" / "seeds" / "policy"
BEGAN = datetime(2026, 3, 9, tzinfo=UTC)


def rows(seed: str) -> list[dict[str, str]]:
    with (POLICY / f"{seed}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def steps_of(play: dict[str, str], ladder: list[dict[str, str]]) -> list[timedelta]:
    """After how much of its clock each step of an alert's ladder is reached."""
    own = [step for step in ladder if step["play_id"] == play["play_id"]]
    hours = int(play["sla_hours"])
    return sorted(
        timedelta(hours=float(step["after_share"]) * hours + float(step["hours_past_due"]))
        for step in own or [step for step in ladder if step["play_id"] == "*"]
    )


def test_every_step_of_an_alert_routed_at_any_minute_is_seen_by_a_build_before_the_next_is_reached() -> None:
    times = schedule_execution_time_iterator(BEGAN.timestamp(), Settings().schedule, "UTC", ascending=True)
    longest_gap = max(later - earlier for earlier, later in pairwise(islice(times, 50)))
    ladder = rows("escalation_ladder")
    alerts = [each for each in rows("plays") if each["sla_hours"] and each["mode"] in ("human", "assisted")]
    assert alerts
    for play in alerts:
        between = [later - earlier for earlier, later in pairwise([timedelta(0), *steps_of(play, ladder)])]
        assert min(between) >= longest_gap, play["play_id"]
