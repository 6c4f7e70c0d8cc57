"""Each guard as it ships: it holds back the account that meets its fact, and not the neighbour that does not."""

import csv
import hashlib
from collections.abc import Iterator
from typing import Any

import decision_models
import duckdb
import pytest
from decision_models import DECISIONS, PROJECT, DecisionModels, compile_models
from decision_world import FIRST, LAST, Account, Override, World
from guard_cases import BASE_ID, HELD_OUT_ID, Change, guard_case, lifts

Row = dict[str, Any]


def _seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / f"seeds/policy/{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    newest = max(row["valid_from"] for row in rows)
    return [row for row in rows if row["valid_from"] == newest]


# An empty list or digest is no account's: the unit test of `int_staff_messages` holds that guard.
GUARDS = [row for row in _seed("guards") if row["fact"] != "nothing_to_say"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> DecisionModels:
    return compile_models(tmp_path_factory.mktemp("shipped_guards"))


@pytest.fixture
def connection(models: DecisionModels) -> Iterator[duckdb.DuckDBPyConnection]:
    with models.database() as connection:
        yield connection


def _draw(account_id: str) -> float:
    salted = (_seed("experiments")[0]["salt"] + account_id).encode()
    return int(hashlib.md5(salted, usedforsecurity=False).hexdigest()[:8], 16) / 2**32


def _held_out_id() -> str:
    share = float(_seed("experiments")[0]["share"])
    assert _draw(BASE_ID) >= share
    return next(each for n in range(10_000) if _draw(each := HELD_OUT_ID.format(n)) < share)


def _last_action(
    models: DecisionModels,
    connection: duckdb.DuckDBPyConnection,
    play_id: str,
    world: World,
    clones: list[Change],
) -> Row | None:
    """What became of the last account's last action of the play; None: it is still waiting."""
    connection.execute(f"delete from {DECISIONS}")
    connection.execute("begin")
    for changed_id, changes in clones:
        sets = ", ".join(f"{column} = ?" for column in changes)
        connection.execute(
            f"update policy.plays set {sets} where play_id = ?", [*changes.values(), changed_id]
        )
    models.decide(connection, world, LAST, since=FIRST)
    cursor = connection.execute(
        f"select suppressed_by, suppressed_reason, send_after_at from {DECISIONS}"
        " where account_id = ? and play_id = ? order by decided_for desc limit 1",
        [world.accounts[-1].account_id, play_id],
    )
    names = [column[0] for column in cursor.description or ()]
    found = cursor.fetchone()
    connection.execute("rollback")
    return dict(zip(names, found, strict=True)) if found else None


def _holds_back(guard: dict[str, str], action: Row | None) -> bool:
    if guard["effect"] == "delay":
        return action is not None and action["send_after_at"] is not None
    return action is None or action["suppressed_by"] == guard["guard_id"]


@pytest.mark.parametrize("guard", GUARDS, ids=[row["guard_id"] for row in GUARDS])
def test_a_shipped_guard_holds_back_who_meets_it_and_nobody_else(
    models: DecisionModels,
    connection: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    guard: dict[str, str],
) -> None:
    limit = float(guard["limit_value"]) if guard["limit_value"] else None
    case = guard_case(guard["guard_id"], guard["fact"], limit, _held_out_id())
    if case.shelf_life_days is not None:
        monkeypatch.setattr(decision_models, "SHELF_LIFE_DAYS", case.shelf_life_days)

    def act(accounts: list[Account], clones: list[Change], *overrides: Override) -> Row | None:
        return _last_action(models, connection, case.play_id, World(accounts, list(overrides)), clones)

    held = act(case.meets, case.clones, *case.blocks)
    assert _holds_back(guard, held), held
    if guard["effect"] != "delay":
        assert held is not None and held["suppressed_reason"].startswith(guard["words"])
    others = case.clones if case.neighbour_clones is None else case.neighbour_clones
    free = act(case.neighbour, others)
    assert free is not None and free["suppressed_by"] is None
    assert not _holds_back(guard, free)
    lifted = act(case.meets, case.clones, *case.blocks, lifts(guard["guard_id"]))
    assert _holds_back(guard, lifted) == (guard["is_liftable"] == "false")
