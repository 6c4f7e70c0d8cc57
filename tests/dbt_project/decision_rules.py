"""What must be true of decisions, said a second time and differently from the models: row by row, in Python."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from decision_world import FIRST, LAST, Account, World

Row = dict[str, Any]
FORGOTTEN_AFTER_DAYS = 90
COUNTING = ("covered_by_tier_play", "cool_down", "open_alert", "account_weekly_cap", "csm_weekly_cap")
WAITING = ("stale_input", "unknown_score", "open_critical_ticket", "open_escalation", "person_on_account")
SPARED_BESIDE_A_PERSON = ("onboarding_step", "stale_answer")
DAYS_AFTER_A_PERSON = 5


@dataclass(frozen=True)
class Policy:
    """The newest versions of the seeds."""

    plays: dict[str, Row]
    activities: dict[str, Row]
    guards: dict[str, Row]
    experiments: list[Row]
    person_plays: set[str]


@dataclass(frozen=True)
class Rules:
    world: World
    policy: Policy

    def account(self, account_id: str) -> Account:
        return next(each for each in self.world.accounts if each.account_id == account_id)

    def is_lifted(self, guard_id: str, account_id: str, play_id: str, day: date) -> bool:
        return bool(self.policy.guards[guard_id]["is_liftable"]) and any(
            each.guard_id == guard_id and each.touches(account_id, play_id, day)
            for each in self.world.overrides
        )

    def hits(self, account: Account, play: Row, day: date, recipient: str | None) -> set[str]:
        """The guards that hold such an action back on such a day, whatever was decided before."""
        automation = self.policy.activities[play["activity"]]["automation"]
        to_customer = play["recipient_role"] == "account"
        machine_to_customer = to_customer and play["mode"] == "automated"
        marketing = to_customer and play["message_kind"] == "marketing"
        by_mail = to_customer and play["channel"] == "email"
        named = "enterprise" in play["segments"].split()
        state = account.days[day]
        fresh_cases = [
            case
            for case in account.cases
            if case.is_open(day) and day <= case.opened_on + timedelta(days=FORGOTTEN_AFTER_DAYS)
        ]
        found = {
            "never_automated": automation == "never" and play["mode"] != "human",
            **{
                topic: play["topic"] == topic and play["mode"] == "automated"
                for topic in ("money", "law", "executive", "escalation")
            },
            "churned": account.churned_on is not None and account.churned_on <= day,
            "override": any(
                each.guard_id is None and each.touches(account.account_id, play["play_id"], day)
                for each in self.world.overrides
            ),
            "wants_human": machine_to_customer and account.wants_human,
            "enterprise": machine_to_customer and account.segment == "enterprise" and not named,
            "holdout": to_customer and self._is_held_out(account.account_id, play["play_id"]),
            "bounced": by_mail and account.email is not None and account.is_bounced,
            "unsubscribed": to_customer
            and marketing
            and account.email is not None
            and account.is_unsubscribed,
            "active": play["trigger_kind"] == "usage_quiet" and state.days_since_activity <= 6,
            "no_recipient": recipient is None,
            "stale_input": play["rests_on_usage"] and state.is_stale,
            "unknown_score": play["mode"] == "automated"
            and state.score is None
            and play["trigger_kind"] in ("tier_entered", "score_below", "expansion_ready"),
            "open_critical_ticket": marketing and any(case.is_critical for case in fresh_cases),
            "open_escalation": marketing and any(case.is_escalated for case in fresh_cases),
            "person_on_account": machine_to_customer
            and play["trigger_kind"] not in SPARED_BESIDE_A_PERSON
            and self._has_a_person_on_it(account, day),
        }
        return {
            guard_id
            for guard_id, is_hit in found.items()
            if is_hit and not self.is_lifted(guard_id, account.account_id, play["play_id"], day)
        }

    def _has_a_person_on_it(self, account: Account, day: date) -> bool:
        """Of an alert that is open, or was some days before; the world is too short for one to expire or be answered."""
        return any(
            (episode.kind, episode.key) == (play["trigger_kind"], play["trigger_key"])
            and self._is_for(account, play, max(episode.started_on, FIRST))
            and not self._is_blocked(account, play, max(episode.started_on, FIRST))
            and episode.started_on <= day <= episode.lasted_through + timedelta(days=DAYS_AFTER_A_PERSON)
            and episode.lasted_through >= FIRST
            for play in self.policy.plays.values()
            if play["play_id"] in self.policy.person_plays
            for episode in account.episodes
        )

    def _is_blocked(self, account: Account, play: Row, day: date) -> bool:
        play_id = play["play_id"]
        return any(
            each.guard_id is None and each.touches(account.account_id, play_id, day)
            for each in self.world.overrides
        ) and not self.is_lifted("override", account.account_id, play_id, day)

    def _is_for(self, account: Account, play: Row, begun_on: date) -> bool:
        left = account.churned_on is not None and account.churned_on <= begun_on
        return not left and (play["segments"] == "*" or account.segment in play["segments"].split())

    def _is_held_out(self, account_id: str, play_id: str) -> bool:
        for experiment in self.policy.experiments:
            digest = hashlib.md5(
                (experiment["salt"] + account_id).encode(), usedforsecurity=False
            ).hexdigest()
            draw = int(digest[:8], 16) / 2**32
            if experiment["play_id"] in ("*", play_id) and draw < experiment["share"]:
                return True
        return False

    def check(self, decisions: list[Row], candidates: list[Row]) -> None:
        """No guard is broken, and nothing that is allowed is lost."""
        rows = {row["action_id"]: row for row in decisions}
        assert len(rows) == len(decisions)
        for candidate in candidates:
            self._check_candidate(candidate, rows.get(candidate["action_id"]))
        assert set(rows) <= {candidate["action_id"] for candidate in candidates}
        sent = [row for row in decisions if row["suppressed_by"] is None]
        for row in decisions:
            self._check_turn(row, rows, sent)

    def _check_candidate(self, candidate: Row, row: Row | None) -> None:
        account, play = self.account(candidate["account_id"]), self.policy.plays[candidate["play_id"]]
        if row is None:
            last = min(candidate["lasted_through"], LAST)
            assert last == LAST and self.hits(account, play, LAST, "someone") & set(WAITING), candidate
            return
        hits = self.hits(account, play, row["decided_for"], row["recipient"])
        if row["suppressed_by"] is None:
            assert not hits, (row, hits)
        elif row["suppressed_by"] not in COUNTING:
            first = min(hits, key=lambda guard_id: self.policy.guards[guard_id]["priority"])
            assert row["suppressed_by"] == first, (row, hits)
        else:
            assert not hits, (row, hits)
        if row["suppressed_by"] in WAITING:
            assert row["decided_for"] == candidate["lasted_through"] < LAST, "it may have waited in vain"
        day = candidate["first_actionable_on"]
        while day < row["decided_for"]:
            assert self.hits(account, play, day, "someone") & set(WAITING), (row, day)
            day += timedelta(days=1)

    def _check_turn(self, row: Row, rows: dict[str, Row], sent: list[Row]) -> None:
        """What counts what was decided before, against what was sent: on earlier days, or first on the same."""
        play = self.policy.plays[row["play_id"]]
        account_id, day = row["account_id"], row["decided_for"]
        before = [each for each in sent if _turn(each) < _turn(row)]
        same = [
            each
            for each in before
            if (each["account_id"], each["play_id"], each["subject"])
            == (account_id, row["play_id"], row["subject"])
        ]
        sent_this_week = [each for each in before if _sending_week(each) == _sending_week(row)]
        csm_id = self.account(account_id).csm_id
        broken = {
            "cool_down": any(
                day < each["decided_for"] + timedelta(days=play["cool_down_days"]) for each in same
            ),
            "open_alert": play["recipient_role"] in ("csm", "csm_manager")
            and any(each["lasted_through"] >= day for each in same),
            "covered_by_tier_play": play["trigger_kind"] == "score_below"
            and any(
                each["account_id"] == account_id
                and each["decided_for"] == day
                and each["mode"] == "human"
                and not each["is_alert"]
                and self.policy.plays[each["play_id"]]["trigger_kind"] == "tier_entered"
                for each in sent
            ),
            "account_weekly_cap": row["is_message"]
            and sum(each["is_message"] and each["account_id"] == account_id for each in sent_this_week)
            >= self.policy.guards["account_weekly_cap"]["limit_value"],
            "csm_weekly_cap": row["is_alert"]
            and sum(
                each["is_alert"] and self.account(each["account_id"]).csm_id == csm_id
                for each in sent_this_week
            )
            >= self.policy.guards["csm_weekly_cap"]["limit_value"],
        }
        hits = {
            guard_id
            for guard_id, is_broken in broken.items()
            if is_broken and not self.is_lifted(guard_id, account_id, row["play_id"], day)
        }
        if row["suppressed_by"] is None:
            assert not hits, (row, hits)
        elif row["suppressed_by"] in COUNTING:
            # Of two episodes that begin to count on one day the second is a repetition, also of one that was capped.
            repeats = (
                {"cool_down", "open_alert"} if any(_repeats(row, each) for each in rows.values()) else set()
            )
            assert row["suppressed_by"] in hits | repeats, (row, hits)


def with_kinds(rules: Rules, decisions: list[Row], candidates: list[Row]) -> list[Row]:
    """The decisions, with what the weekly caps count and until when an alert is open."""
    through = {each["action_id"]: each["lasted_through"] for each in candidates}
    return [row | _kinds(rules, row) | {"lasted_through": through.get(row["action_id"])} for row in decisions]


def _kinds(rules: Rules, row: Row) -> Row:
    play = rules.policy.plays[row["play_id"]]
    return {
        "is_message": play["recipient_role"] == "account" and play["mode"] == "automated",
        "is_alert": (
            play["recipient_role"] in ("csm", "csm_manager")
            and play["mode"] == "automated"
            and play["topic"] != "escalation"
            and rules.account(row["account_id"]).csm_id is not None
            and not row["is_immediate"]
        ),
    }


def _repeats(row: Row, other: Row) -> bool:
    names = ("account_id", "play_id", "subject", "decided_for")
    is_contender = other["suppressed_by"] is None or other["suppressed_by"] in COUNTING
    return all(row[name] == other[name] for name in names) and _turn(other) < _turn(row) and is_contender


def _turn(row: Row) -> tuple[Any, ...]:
    return row["decided_for"], row["priority"], row["action_id"]


def _sending_week(row: Row) -> tuple[int, int]:
    """Of the first day on which it may go out: a day is decided once it is over."""
    after = row["send_after_at"]
    year, week, _ = (after.date() if after else row["decided_for"] + timedelta(days=1)).isocalendar()
    return year, week
