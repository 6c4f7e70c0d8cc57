"""A small made-up world of accounts, as the models before the decisions would show it on any of its days."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

# Saturday to Tuesday, so that a calendar week ends and begins; as many days as decisions stay fresh.
FIRST = date(2026, 3, 7)
DAYS = [FIRST + timedelta(days=number) for number in range(4)]
LAST = DAYS[-1]
ZONES = {"DE": "Europe/Berlin", "US": "America/New_York", "NZ": "Pacific/Auckland"}
IMMEDIATE_BELOW = 50

Row = dict[str, Any]


@dataclass(frozen=True)
class Day:
    """One account's day. A score of None is unknown."""

    score: int | None
    is_stale: bool
    days_since_activity: int

    @property
    def is_immediate(self) -> bool:
        return self.score is not None and self.score < IMMEDIATE_BELOW


@dataclass(frozen=True)
class Case:
    """A ticket, or with `is_conversation` a question to the AI that it handed over."""

    opened_on: date
    closed_on: date | None
    is_critical: bool
    is_escalated: bool
    is_conversation: bool = False

    def is_open(self, day: date) -> bool:
        return self.opened_on <= day and (self.closed_on is None or day < self.closed_on)


@dataclass(frozen=True)
class Episode:
    """A stretch of days on which something set off plays."""

    kind: str
    key: str | None
    subject: str | None
    started_on: date
    lasted_through: date


@dataclass(frozen=True)
class Account:
    account_id: str
    segment: str
    csm_id: str | None
    country: str
    wants_human: bool
    email: str | None
    is_unsubscribed: bool
    is_bounced: bool
    churned_on: date | None
    days: dict[date, Day]
    cases: list[Case] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)

    def without_overlaps(self) -> "Account":
        kept: dict[tuple[str, str | None, str | None], list[Episode]] = {}
        for episode in sorted(self.episodes, key=lambda each: each.started_on):
            alike = kept.setdefault((episode.kind, episode.key, episode.subject), [])
            if not alike or alike[-1].lasted_through < episode.started_on:
                alike.append(episode)
        return replace(self, episodes=[episode for alike in kept.values() for episode in alike])


@dataclass(frozen=True)
class Override:
    account_id: str
    play_id: str
    guard_id: str | None
    from_on: date
    until_on: date

    def touches(self, account_id: str, play_id: str, day: date) -> bool:
        return (
            self.account_id in ("*", account_id)
            and self.play_id in ("*", play_id)
            and self.from_on <= day <= self.until_on
        )


@dataclass(frozen=True)
class World:
    accounts: list[Account]
    overrides: list[Override]

    def without_overlaps(self) -> "World":
        """The same, but what sets off a play about one subject is over before it begins again, as triggers are."""
        return World([each.without_overlaps() for each in self.accounts], self.overrides)

    def seen_on(self, day: date) -> dict[str, list[Row]]:
        """The rows of the tables before the decisions, with nothing that happened after the day."""
        return {name: list(rows) for name, rows in self._tables(day).items()}

    def _tables(self, day: date) -> dict[str, Iterator[Row]]:
        return {
            "intermediate.int_accounts": (
                {"account_id": each.account_id, "churned_on": each.churned_on} for each in self.accounts
            ),
            "marts.dim_accounts": (
                {
                    "account_id": each.account_id, "name": each.account_id, "csm_id": each.csm_id,
                    "wants_human": each.wants_human, "churned_on": each.churned_on,
                }
                for each in self.accounts
            ),
            "intermediate.int_account_contacts": (
                {
                    "account_id": each.account_id, "email": each.email, "name": "Kim", "contact_rank": 1,
                    "is_unsubscribed": each.is_unsubscribed, "is_bounced": each.is_bounced,
                }
                for each in self.accounts
                if each.email
            ),
            "intermediate.int_account_calendars": (
                {
                    "account_id": each.account_id, "country": each.country, "time_zone": ZONES[each.country],
                    "works_from_hour": 9, "works_until_hour": 17, "weekend": "6 7",
                }
                for each in self.accounts
            ),
            "intermediate.int_csms": (
                {"csm_id": csm_id, "name": csm_id, "email": f"{csm_id}@us.example", "slack_id": f"U{csm_id}"}
                for csm_id in sorted({each.csm_id for each in self.accounts if each.csm_id})
            ),
            "marts.fct_account_health_daily": (
                {
                    "account_id": each.account_id, "date": date_, "segment": each.segment, "tier": "at_risk",
                    "score": state.score, "stale_feeds": "segment" if state.is_stale else None,
                    "days_since_activity": state.days_since_activity,
                }
                for each, date_, state in self._days(day)
            ),
            "intermediate.int_account_tiers_daily": (
                {
                    "account_id": each.account_id, "scored_on": date_, "tier": "at_risk", "tier_since": FIRST,
                    "is_immediate": state.is_immediate,
                }
                for each, date_, state in self._days(day)
            ),
            "intermediate.int_tickets": (
                {
                    "ticket_id": f"{each.account_id}-{number}", "record_id": f"{each.account_id}-{number}",
                    "account_id": each.account_id, "created_at": _noon(case.opened_on),
                    "solved_at": _noon_by(case.closed_on, day), "status": "open",
                    "priority": "urgent" if case.is_critical else "normal", "is_escalated": case.is_escalated,
                }
                for each in self.accounts
                for number, case in enumerate(each.cases)
                if case.opened_on <= day and not case.is_conversation
            ),
            "intermediate.int_ai_conversations": (
                {
                    "conversation_id": f"{each.account_id}-{number}", "account_id": each.account_id,
                    "escalated_at": _noon(case.opened_on), "resolved_at": _noon_by(case.closed_on, day),
                }
                for each in self.accounts
                for number, case in enumerate(each.cases)
                if case.opened_on <= day and case.is_conversation
            ),
            "intermediate.int_play_triggers": (
                {
                    "account_id": each.account_id, "trigger_kind": episode.kind, "trigger_key": episode.key,
                    "subject": episode.subject, "started_on": episode.started_on,
                    "lasted_through": min(episode.lasted_through, day), "trigger_words": "Seen",
                }
                for each in self.accounts
                for episode in each.episodes
                if episode.started_on <= day
            ),
            "intermediate.int_days": ({"day": LAST - timedelta(days=number)} for number in range(60)),
            "policy.overrides": (
                {
                    "override_id": str(number), "account_id": each.account_id, "play_id": each.play_id,
                    "guard_id": each.guard_id, "effect": "allow" if each.guard_id else "block",
                    "made_by": "Ada", "why": "she knows", "from_on": each.from_on, "until_on": each.until_on,
                }
                for number, each in enumerate(self.overrides)
            ),
        }  # fmt: skip

    def _days(self, day: date) -> Iterator[tuple[Account, date, Day]]:
        for each in self.accounts:
            for date_, state in each.days.items():
                if date_ <= day and (each.churned_on is None or date_ <= each.churned_on):
                    yield each, date_, state


def random_world(
    chance: random.Random, kinds: list[tuple[str, str | None]], guards: list[str], plays: list[str]
) -> World:
    """Up to a dozen accounts; `kinds` are kinds and keys of triggers that plays answer, `guards` may be lifted."""
    accounts = [_account(chance, f"account-{number}", kinds) for number in range(chance.randint(6, 14))]
    overrides = [
        Override(
            account_id=chance.choice(["*", *(each.account_id for each in accounts)]),
            play_id=chance.choice(["*", "*", *plays]),
            guard_id=chance.choice([None, *guards, *guards]),
            from_on=(first := chance.choice(DAYS)),
            until_on=first + timedelta(days=chance.randint(0, 2)),
        )
        for _ in range(chance.randint(0, 6))
    ]
    return World(accounts, overrides)


def _account(chance: random.Random, account_id: str, kinds: list[tuple[str, str | None]]) -> Account:
    churned_on = chance.choice([None] * 9 + [chance.choice(DAYS)])
    episodes = {}
    some = chance.sample(kinds, min(len(kinds), chance.randint(1, 8)))
    for kind, key in [*some, *some[:4]]:
        subject = chance.choice([None, None, None, "export"])
        started_on = chance.choice([FIRST - timedelta(days=4), *DAYS])
        lasted = max(started_on, chance.choice(DAYS))
        if churned_on is None or started_on < churned_on:
            through = min(lasted, churned_on) if churned_on else lasted
            episodes[kind, key, subject, started_on] = Episode(kind, key, subject, started_on, through)
    return Account(
        account_id=account_id,
        segment=chance.choice(["smb", "mid_market", "enterprise"]),
        csm_id=chance.choice(["ada", "bob", None]),
        country=chance.choice(list(ZONES)),
        wants_human=chance.random() < 0.15,
        email=chance.choice([None, *["kim@customer.example"] * 5]),
        is_unsubscribed=chance.random() < 0.15,
        is_bounced=chance.random() < 0.1,
        churned_on=churned_on,
        days={
            day: Day(
                score=chance.choice([None, 35, 45, 55, 85]),
                is_stale=chance.random() < 0.25,
                days_since_activity=chance.choice([0, 6, 7, 30]),
            )
            for day in DAYS
        },
        cases=[_case(chance) for _ in range(chance.choice([0, 0, 0, 1, 2]))],
        episodes=list(episodes.values()),
    )


def _case(chance: random.Random) -> Case:
    opened_on = chance.choice([FIRST - timedelta(days=120), FIRST - timedelta(days=3), *DAYS])
    is_conversation = chance.random() < 0.3
    return Case(
        opened_on=opened_on,
        closed_on=chance.choice([None, opened_on, opened_on + timedelta(days=2)]),
        is_critical=not is_conversation and chance.random() < 0.6,
        is_escalated=is_conversation or chance.random() < 0.6,
        is_conversation=is_conversation,
    )


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12))


def _noon_by(day: date | None, today: date) -> datetime | None:
    return None if day is None or day > today else _noon(day)
