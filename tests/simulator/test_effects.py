"""What is delivered does what is configured, through the days and through files."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from simulator.company import Company
from simulator.delivered import DeliveredError, Outbox
from simulator.effects import Effects, EffectsError
from simulator.health import probability
from simulator.live import Live
from simulator.scenario import Scenario, ScenarioError
from tests.simulator.conftest import END


def _scenario(**changes: Any) -> Scenario:
    return replace(Scenario(end=END, accounts=160, months=2, seed=5, automation_month=0), **changes)


def _action(company: Company, account: int, play: str, day: int, number: int = 0) -> dict[str, Any]:
    moment = datetime.fromtimestamp(day * 86400 + 6 * 3600, UTC)
    return {
        "action_id": f"{play}-{account}-{day}-{number}",
        "account_id": company.account_ids[account],
        "play_id": play,
        "channel": "email",
        "delivered_at": moment.isoformat(),
    }


def _run(scenario: Scenario, days: int, act: Callable[[Company, int], list[dict[str, Any]]]) -> Company:
    company = Company(scenario, watched=False)
    for day in range(scenario.first_day, scenario.first_day + days):
        company.step(day, act(company, day))
    return company


def test_outreach_cuts_the_churn_hazard_of_declining_accounts_as_configured_and_of_no_others() -> None:
    scenario = _scenario()
    monday = scenario.first_day + (-(scenario.first_day + 3)) % 7  # 1970-01-01 was a Thursday

    def act(company: Company, day: int) -> list[dict[str, Any]]:
        everybody = np.flatnonzero(company.contracts.active)
        return [_action(company, a, "declining_outreach", day) for a in everybody] if day == monday else []

    with_effect = Company(scenario, watched=False)
    without = Company(replace(scenario, effects=Effects.none()), watched=False)
    for day in range(scenario.first_day, monday + 2):
        one, other = with_effect.step(day, act(with_effect, day)), without.step(day, act(without, day))
    assert np.array_equal(with_effect.health.value, without.health.value)

    timely = {
        a.account
        for a in with_effect.influence.applied
        if a.kind == "timely outreach" and a.from_day == monday
    }
    able = np.flatnonzero(other.hazards.churn > 0)
    ratio = {int(a): float(one.hazards.churn[a] / other.hazards.churn[a]) for a in able}
    declining = probability(with_effect.health.value) < scenario.effects.declining_below
    reached = [ratio[a] for a in timely if a in ratio and declining[a]]
    healthy = [ratio[a] for a in timely if a in ratio and not declining[a]]
    assert len(reached) > 5
    assert len(healthy) > 5
    assert reached == pytest.approx([0.70] * len(reached))
    assert healthy == pytest.approx([1.0] * len(healthy))


def test_csms_who_are_overloaded_do_not_get_round_to_their_tasks() -> None:
    def act(company: Company, day: int) -> list[dict[str, Any]]:
        everybody = np.flatnonzero(company.contracts.active)
        return [_action(company, a, "declining_outreach", day) for a in everybody] if day % 3 == 0 else []

    many = _run(_scenario(csms=6), 20, act)
    few = _run(_scenario(csms=1), 20, act)
    delivered = 20 // 3 * int(many.contracts.active.sum())
    assert (
        len(many.influence.applied) > 0.75 * delivered
    )  # a tenth is ignored, absences and weekends delay some
    assert len(few.influence.applied) < 0.4 * delivered
    assert few.desk.overload().mean() > 1.5


def test_nudges_raise_adoption() -> None:
    def nudge(company: Company, day: int) -> list[dict[str, Any]]:
        people = np.flatnonzero(company.contracts.active & ~company.portfolio.is_machine)
        return [_action(company, a, "usage_nudge", day) for a in people] if day % 14 == 0 else []

    nudged, left_alone = _run(_scenario(), 60, nudge), _run(_scenario(), 60, lambda *_: [])
    people = nudged.contracts.active & ~nudged.portfolio.is_machine
    assert nudged.adoption.depth()[people].mean() > left_alone.adoption.depth()[people].mean() + 0.03


def test_too_many_messages_lower_what_people_answer() -> None:
    def spam(company: Company, day: int) -> list[dict[str, Any]]:
        return [_action(company, a, "newsletter", day, n) for a in range(0, 160, 2) for n in range(2)]

    company = _run(_scenario(), 14, spam)
    assert company.influence.nps_points[0::2].max() < -2
    assert company.influence.nps_points[1::2].min() == 0


def test_telling_an_api_account_that_it_is_missed_annoys_it() -> None:
    def nudge(company: Company, day: int) -> list[dict[str, Any]]:
        first = day == company.scenario.first_day
        return [_action(company, a, "usage_nudge", day) for a in range(160)] if first else []

    company = _run(_scenario(), 2, nudge)
    assert (company.influence.nps_points[company.portfolio.is_machine] < -1).all()
    assert (company.influence.nps_points[~company.portfolio.is_machine] == 0).all()


def test_an_action_touches_nobody_but_its_account() -> None:
    def act(company: Company, day: int) -> list[dict[str, Any]]:
        return [_action(company, 3, "onboarding_sequence", day, n) for n in range(3)]

    acted, quiet = _run(_scenario(), 25, act), _run(_scenario(), 25, lambda *_: [])
    others = acted.portfolio.csm != acted.portfolio.csm[3]
    assert acted.health.value[3] != quiet.health.value[3]
    assert np.array_equal(acted.health.value[others], quiet.health.value[others])
    assert np.array_equal(acted.contracts.decided_day[others], quiet.contracts.decided_day[others])


def test_a_csm_activity_says_which_action_it_answers() -> None:
    scenario = _scenario()
    company = Company(scenario)
    day = scenario.first_day
    for today in range(day, day + 4):
        accounts = range(0, 40) if today == day else ()
        actions = [_action(company, a, "critical_escalation", today) for a in accounts]
        company.step(
            today, pl.DataFrame(actions, schema=dict.fromkeys(_action(company, 0, "", day), pl.String))
        )
    answered = company.frame("csm_activities").drop_nulls("action_id")
    assert answered.height > 10
    assert set(answered["kind"]) == {"outreach"}
    number = answered["action_id"].str.split("-").list.get(1).cast(pl.Int64)
    assert [company.account_ids[n] for n in number] == answered["account_id"].to_list()


def test_the_outbox_is_read_line_by_line_and_each_line_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    file = tmp_path / "email.jsonl"
    message = {"account_id": "acc_00001", "play_id": "usage_nudge"}
    line = json.dumps({"action_id": "a1", "message": message, "delivered_at": "2026-09-01T07:00:00Z"}) + "\n"
    file.write_text(line + line[:30], encoding="utf-8")
    first = outbox.new()
    assert [row["action_id"] for row in first] == ["a1"]
    assert outbox.new() == []
    with file.open("a", encoding="utf-8") as end:
        end.write(line[30:])
    assert len(outbox.new()) == 1
    company = Company(_scenario(), watched=False)
    company.step(company.today + 1, first)
    assert [(a.action_id, a.account, a.kind) for a in company.influence.applied] == [("a1", 0, "nudge")]


def test_a_live_company_grows_by_a_day_and_answers_its_outbox(tmp_path: Path) -> None:
    out, outbox = tmp_path / "drop", tmp_path / "outbox"
    outbox.mkdir()
    live = Live(_scenario(accounts=60, csms=3), out, outbox, truth=tmp_path / "truth")
    live.history(date(2026, 9, 6))
    assert len(list((out / "usage_events").iterdir())) == 6
    asked = [a for a in range(60) if live.company.contracts.active[a]][:20]
    # the sender's clock is today's, not the company's
    lines = [_action(live.company, a, "declining_outreach", 30_000) for a in asked]
    (outbox / "email.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert live.advance() == date(2026, 9, 7)
    live.advance()
    live.close()
    assert len(list((out / "usage_events").iterdir())) == 8
    answered = pl.read_parquet(out / "csm_activities.parquet").drop_nulls("action_id")
    assert answered.height > 10
    assert set(answered["action_id"]) <= {line["action_id"] for line in lines}
    effects = pl.read_parquet(tmp_path / "truth" / "action_effects.parquet")
    assert effects.filter(pl.col("kind") == "timely outreach").height > 10


def test_a_delivered_action_without_its_account_is_refused() -> None:
    company = Company(_scenario(accounts=5), watched=False)
    with pytest.raises(DeliveredError, match="account_id"):
        company.step(company.today + 1, [{"action_id": "x", "delivered_at": "2026-09-01T00:00:00Z"}])


def test_days_are_lived_in_turn() -> None:
    company = Company(_scenario(accounts=5), watched=False)
    with pytest.raises(ScenarioError, match="out of turn"):
        company.step(company.today + 2)


def test_a_day_in_the_middle_shows_nothing_of_what_comes_later() -> None:
    company = Company(_scenario(accounts=60))
    for day in range(company.scenario.first_day, company.scenario.first_day + 20):
        company.step(day)
    tomorrow = date.fromordinal(date(1970, 1, 1).toordinal() + company.today + 1)
    for table in (
        "accounts",
        "users",
        "tickets",
        "ai_conversations",
        "survey_responses",
        "csm_activities",
        "invoices",
    ):
        frame = company.frame(table)
        for name, kind in frame.schema.items():
            if kind in (pl.Date, pl.Datetime("us")) and name not in ("renewal_on", "due_on"):
                latest = frame[name].cast(pl.Date).max()
                assert latest is None or latest < tomorrow, (table, name)


def test_effects_are_read_from_a_file_and_a_wrong_name_is_told(tmp_path: Path) -> None:
    path = tmp_path / "effects.json"
    path.write_text('{"timely_outreach_churn_multiplier": 0.5}', encoding="utf-8")
    assert Effects.read(path).timely_outreach_churn_multiplier == 0.5
    path.write_text('{"outreach_multiplier": 0.5}', encoding="utf-8")
    with pytest.raises(EffectsError, match="outreach_multiplier"):
        Effects.read(path)
    path.write_text('{"plays": {"x": "magic"}}', encoding="utf-8")
    with pytest.raises(EffectsError, match="magic"):
        Effects.read(path)


def test_every_effect_is_described() -> None:
    page = (Path(__file__).parents[2] / "docs/simulator.md").read_text(encoding="utf-8")
    assert [each.name for each in fields(Effects) if f"`{each.name}`" not in page] == []
