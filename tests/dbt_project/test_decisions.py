"""Decisions on random worlds: no guard is ever broken, nothing allowed is lost, and days can be decided at once."""

import random
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from decision_models import DECISIONS, DecisionModels, compile_models
from decision_rules import Policy, Rules, with_kinds
from decision_world import DAYS, FIRST, LAST, World, random_world
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

# Messages about no single account stand beside what the triggers set off.
BESIDE = {"feed_stale", "daily_list", "weekly_digest"}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> DecisionModels:
    folder: Path = tmp_path_factory.mktemp("decisions")
    return compile_models(folder)


@pytest.fixture(scope="module")
def connection(models: DecisionModels) -> duckdb.DuckDBPyConnection:
    """The policy as it is, but with caps that a small world reaches, and an experiment of one play's own."""
    connection = models.database()
    connection.execute(
        "update policy.guards set limit_value = 2 where guard_id in ('account_weekly_cap', 'csm_weekly_cap')"
    )
    connection.execute(
        "insert into policy.experiments (valid_from, experiment_id, play_id, share, salt)"
        " values ('1900-01-01', 'nudges', 'usage_nudge', 0.5, 'x')"
    )
    return connection


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _policy(connection: duckdb.DuckDBPyConnection) -> Policy:
    def by(seed: str, key: str) -> dict[str, dict[str, Any]]:
        return {row[key]: row for row in _rows(connection, f"select * from policy.{seed}")}

    return Policy(
        plays=by("plays", "play_id"),
        activities=by("activities", "activity"),
        guards=by("guards", "guard_id"),
        experiments=_rows(connection, "select * from policy.experiments"),
        person_plays={
            row["play_id"]
            for row in _rows(
                connection, "select play_id from policy.alert_effort where puts_person_on_account"
            )
        },
    )


def _world(seed: int, policy: Policy) -> World:
    plays = [play for play in policy.plays.values() if play["trigger_kind"] not in BESIDE]
    return random_world(
        random.Random(seed),  # noqa: S311
        kinds=sorted({(play["trigger_kind"], play["trigger_key"]) for play in plays}, key=str),
        guards=sorted(policy.guards),
        plays=[play["play_id"] for play in plays],
    )


def _decided(
    models: DecisionModels,
    connection: duckdb.DuckDBPyConnection,
    world: World,
    builds: list[tuple[date, date]],
) -> list[dict[str, Any]]:
    connection.execute(f"delete from {DECISIONS}")
    for since, day in builds:
        models.decide(connection, world, day, since=since)
    return _rows(connection, f"select * from {DECISIONS} order by decided_for, action_id")


@settings(max_examples=8, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_no_guard_is_broken_and_nothing_allowed_is_lost(
    models: DecisionModels, connection: duckdb.DuckDBPyConnection, seed: int
) -> None:
    policy = _policy(connection)
    world = _world(seed, policy)
    decisions = _decided(models, connection, world, [(FIRST, LAST)])
    candidates = _rows(connection, "select * from intermediate.int_play_candidates")
    rules = Rules(world, policy)
    rules.check(with_kinds(rules, decisions, candidates), candidates)


@settings(max_examples=3, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_several_days_decided_at_once_are_decided_as_day_by_day(
    models: DecisionModels, connection: duckdb.DuckDBPyConnection, seed: int
) -> None:
    world = _world(seed, _policy(connection)).without_overlaps()
    at_once = _decided(models, connection, world, [(FIRST, LAST)])
    day_by_day = _decided(models, connection, world, [(day, day) for day in DAYS])
    assert at_once == day_by_day
    assert at_once
