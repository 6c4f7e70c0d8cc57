"""Contacts with support: who asks when, whether the AI tier or a person answers, and what it does to the
account."""

from dataclasses import dataclass

import numpy as np

from simulator import catalogue, questions, seasons
from simulator.adoption import Adoption
from simulator.draws import Bools, Draws, Floats, Ints, Keys
from simulator.effects import Effects
from simulator.health import Health
from simulator.knowledge import Knowledge
from simulator.people import People
from simulator.portfolio import Portfolio

MONTHLY_CONTACTS = 0.30  # of an account with one person; grows with the power below
SIZE_POWER = 0.58
UNHAPPY = 0.45
NEWCOMER, NEWCOMER_DAYS = 1.2, 45.0
AI_CHANNEL_SHARE = 0.90  # of technical contacts, once AI support is live
FRESH_ANSWER_CORRECT = 0.975
AI_ESCALATES, AI_ABANDONED = 0.26, 0.05
CONFIRMS = 0.55  # of what the AI resolves
LOW_CONFIDENCE = 0.6
REOPENED = 0.06
CONFIRMED, ASSUMED, ESCALATED, ABANDONED = range(4)  # outcomes
BY_AI, BY_AGENT, BY_CSM = range(3)
CSM_SHARE = (0.22, 0.50, 0.62)  # contacts that people take to their CSM, by segment
CSM_SHARE_WITH_AI = 0.45  # of the above, once the AI tier hands over to agents
SLOW_HOURS, SLOW_HEALTH = 24.0, -0.03
ESCALATED_HEALTH = -0.05
RECONTACT_DAYS = 5
CONTACT_HOURS = np.array(
    [1, 1, 1, 1, 1, 2, 4, 12, 50, 80, 85, 70, 50, 60, 75, 70, 60, 40, 20, 10, 6, 4, 3, 2], float
)


@dataclass(frozen=True)
class Contacts:
    """One entry per contact of the day."""

    keys: Keys
    account: Ints
    requester: Ints  # row of the people
    topic: Ints
    feature: Ints
    second: Ints

    def __len__(self) -> int:
        return len(self.account)


@dataclass(frozen=True)
class Handling:
    """How the contacts of a day went, same order. Hours from the contact; NaN where it did not happen.

    `by`: BY_AI (alone), BY_AGENT, BY_CSM. `ai`: the AI tier answered first (perhaps in vain).
    """

    ai: Bools
    by: Ints
    outcome: Ints  # of AI conversations
    reason: Ints
    confidence: Floats
    is_stale: Bools
    is_correct: Bools
    comes_back: Bools
    answer_seconds: Floats
    human_hours: Floats
    solved_hours: Floats
    reopened_hours: Floats
    is_escalated: Bools
    csat: Floats


class Support:
    def __init__(
        self, portfolio: Portfolio, people: People, adoption: Adoption, draws: Draws, effects: Effects
    ) -> None:
        self._portfolio, self._people, self._adoption = portfolio, people, adoption
        self._draws, self._effects = draws, effects
        self._returning: dict[
            int, list[tuple[int, int, int, int]]
        ] = {}  # day: (account, requester, topic, feature)

    def contacts(self, day: int, working: Bools, health: Health) -> Contacts:
        """Who contacts support today, those included who come back after a wrong answer."""
        portfolio, draws, people = self._portfolio, self._draws, self._people
        size = np.maximum(people.headcount, 1) ** SIZE_POWER
        age = np.maximum(day - portfolio.start_day, 0)
        rate = MONTHLY_CONTACTS * 12 / 365 * size * np.exp(-UNHAPPY * (health.value - 0.95))
        rate = rate * (1 + NEWCOMER * np.exp(-age / NEWCOMER_DAYS)) * (1 + health.incident_echo)
        rate = np.where(working, rate * 1.35 * seasons.human_factor(day, portfolio.zone), 0.0)
        count = draws.poisson("contacts", day, portfolio.keys, rate)
        account = np.repeat(np.arange(len(portfolio)), count)
        place = np.arange(len(account)) - np.repeat(np.cumsum(count) - count, count)
        keys = account.astype(np.uint64) * np.uint64(1024) + place.astype(np.uint64)

        rows = people.present(day, working)
        rows = rows[np.argsort(people.account[rows], kind="stable")]
        first = np.searchsorted(people.account[rows], account, side="left")
        last = np.searchsorted(people.account[rows], account, side="right")
        somebody = last > first
        account, keys, first, last = account[somebody], keys[somebody], first[somebody], last[somebody]
        u = draws.uniform("requester", day, keys)
        requester = rows[first + (u * (last - first)).astype(np.int64)]
        topic = draws.pick("topic", day, keys, np.array(questions.TOPIC_SHARES))
        feature = self._feature(day, account, keys)

        back = [each for each in self._returning.pop(day, []) if working[each[0]]]
        returning = np.array(back, dtype=np.int64).reshape(-1, 4)
        account = np.concatenate([account, returning[:, 0]])
        keys = np.concatenate([keys, people.keys[returning[:, 1]] + np.uint64(2**50)])
        second = 3600 * draws.pick("contact hour", day, keys, CONTACT_HOURS)
        second = second + (3600 * draws.uniform("contact minute", day, keys)).astype(np.int64)
        return Contacts(
            keys=keys,
            account=account,
            requester=np.concatenate([requester, returning[:, 1]]),
            topic=np.concatenate([topic, returning[:, 2]]),
            feature=np.concatenate([feature, returning[:, 3]]),
            second=seasons.day_start(day, portfolio.zone)[account] + second,
        )

    def _feature(self, day: int, account: Ints, keys: Keys) -> Ints:
        weights = self._adoption.adopted[account] + 0.02
        edges = np.cumsum(weights, axis=1)
        u = self._draws.uniform("contact feature", day, keys)
        chosen = (edges <= (u * edges[:, -1])[:, None]).sum(axis=1)
        feature: Ints = np.minimum(chosen, len(catalogue.FEATURES) - 1)
        return feature

    def handle(
        self,
        day: int,
        contacts: Contacts,
        health: Health,
        knowledge: Knowledge,
        *,
        ai_live: bool,
        overload: Floats,
    ) -> Handling:
        """Answer the day's contacts. Slow, escalated and wrong answers tell on the account's health.

        `overload`: per account, work its CSM has in relation to the time for it.
        """
        draws, keys, account = self._draws, contacts.keys, contacts.account
        portfolio, count = self._portfolio, len(contacts)
        mood = health.value[account]
        technical = np.array(questions.TECHNICAL)[contacts.topic]
        ai = technical & (draws.uniform("by chat", day, keys) < AI_CHANNEL_SHARE) & ai_live

        is_stale = knowledge.is_stale(contacts.feature, contacts.second)
        right = np.where(is_stale, 1 - self._effects.stale_answer_wrong_probability, FRESH_ANSWER_CORRECT)
        is_correct = draws.uniform("correct", day, keys) < right
        confidence = np.clip(
            0.86 + 0.10 * draws.normal("confidence", day, keys) - 0.06 * ~is_correct, 0.2, 0.99
        )
        u = draws.uniform("outcome", day, keys)
        handed = (u < AI_ESCALATES) | portfolio.wants_human[account] | (confidence < LOW_CONFIDENCE)
        dropped = ~handed & (u < AI_ESCALATES + AI_ABANDONED)
        confirmed = draws.uniform("confirmed", day, keys) < np.where(is_correct, CONFIRMS, 0.15)
        outcome = np.select([handed, dropped, confirmed], [ESCALATED, ABANDONED, CONFIRMED], ASSUMED)
        drawn = draws.pick("reason", day, keys, np.array([0.35, 0.30, 0.20, 0.15]))
        reason = np.select([portfolio.wants_human[account], confidence < LOW_CONFIDENCE], [0, 1], drawn)
        human = ~ai | (outcome == ESCALATED)
        wrong = ai & ~human & ~is_correct
        returns = draws.uniform("comes back", day, keys) < self._effects.wrong_answer_recontact_probability
        comes_back = wrong & returns

        share = np.array(CSM_SHARE)[portfolio.segment[account]] * (CSM_SHARE_WITH_AI if ai_live else 1.0)
        csm = human & (draws.uniform("to csm", day, keys) < share)
        pace = np.where(csm, np.maximum(overload[account], 0.6), 1.0)
        human_hours = pace * np.exp(np.log(3.2) + 1.05 * draws.normal("first response", day, keys))
        work = pace * np.exp(np.log(14.0) + 1.1 * draws.normal("solving", day, keys))
        solved_hours = np.where(
            human, human_hours + work, 0.05 + 0.4 * draws.exponential("ai solving", day, keys)
        )
        reopened = human & (draws.uniform("reopened", day, keys) < REOPENED)
        worry = 0.05 * np.exp(-0.5 * (mood - 0.95))
        is_escalated = human & (draws.uniform("escalated", day, keys) < np.minimum(worry, 0.5))
        feel = 4.25 + 0.45 * (mood - 0.95) - 0.012 * np.minimum(human_hours * human, 72) - 1.4 * wrong
        csat = np.clip(np.rint(feel + 0.8 * draws.normal("csat", day, keys)), 1, 5)
        answers = draws.uniform("answers csat", day, keys) < 0.22 * portfolio.responsiveness[account]

        np.add.at(health.value, account, SLOW_HEALTH * (human & (human_hours > SLOW_HOURS)))
        np.add.at(
            health.value, account, ESCALATED_HEALTH * is_escalated + self._effects.wrong_answer_health * wrong
        )
        self._call_back(day, contacts, np.flatnonzero(comes_back))
        nan = np.full(count, np.nan)
        return Handling(
            ai=ai,
            by=np.select([~human, csm], [BY_AI, BY_CSM], BY_AGENT),
            outcome=outcome,
            reason=reason,
            confidence=confidence,
            is_stale=is_stale,
            is_correct=is_correct,
            comes_back=comes_back,
            answer_seconds=np.where(ai, 1.2 + 1.1 * draws.exponential("answer", day, keys), nan),
            human_hours=np.where(human, human_hours, nan),
            solved_hours=solved_hours,
            reopened_hours=np.where(
                reopened, solved_hours + 6 + 60 * draws.exponential("reopening", day, keys), nan
            ),
            is_escalated=is_escalated,
            csat=np.where(answers, csat, nan),
        )

    def _call_back(self, day: int, contacts: Contacts, rows: Ints) -> None:
        """Whoever got a wrong answer asks again within days."""
        later = 1 + (RECONTACT_DAYS * self._draws.uniform("back on", day, contacts.keys[rows])).astype(
            np.int64
        )
        for row, days in zip(rows.tolist(), later.tolist(), strict=True):
            entry = (
                contacts.account[row],
                contacts.requester[row],
                contacts.topic[row],
                contacts.feature[row],
            )
            account, requester, topic, feature = (int(value) for value in entry)
            self._returning.setdefault(day + days, []).append((account, requester, topic, feature))
