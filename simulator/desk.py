"""What the CSMs do all day: tickets, delivered tasks, renewals, onboarding, reviews, growth, outreach; in
that order.

A CSM has so many minutes a day. What does not fit waits for some days and is then dropped; that is
overload, and accounts feel it as slow answers and missing contact.
"""

from dataclasses import dataclass, field

import numpy as np

from simulator.delivered import Delivered
from simulator.draws import Bools, Draws, Floats, Ints, Keys, entity_keys
from simulator.effects import OUTREACH
from simulator.influence import Influence
from simulator.portfolio import Portfolio
from simulator.questions import ACTIVITY_NAMES
from simulator.scenario import to_date
from simulator.seasons import FIXED_HOLIDAYS, SATURDAY

TICKET, QBR, OUTREACH_WORK, ONBOARDING, RENEWAL, EXPANSION, INTERNAL = range(len(ACTIVITY_NAMES))
# served in this order: tickets, delivered tasks, renewal, onboarding, review, growth, outreach
RANK = {TICKET: 0, RENEWAL: 2, ONBOARDING: 3, QBR: 4, EXPANSION: 5, OUTREACH_WORK: 6}
TASK_RANK = 1
DAILY_MINUTES, DAILY_SPREAD = 375.0, 35.0
ABSENT = 0.08
INTERNAL_MINUTES = 60.0
TICKET_MINUTES, TICKET_SPREAD = 68.0, 0.6
RENEWAL_MINUTES, ONBOARDING_MINUTES, EXPANSION_MINUTES, OUTREACH_MINUTES, TASK_MINUTES = (
    40.0,
    45.0,
    40.0,
    30.0,
    30.0,
)
QBR_MINUTES, QBR_MINUTES_PREPARED = 240.0, 75.0  # four hours by hand; with a prepared pack
QBR_EVERY = (0, 182, 91)  # days, by segment; 0: none
OUTREACH_EVERY = (60, 21, 10)
WAITS_DAYS = 5
RENEWAL_FROM_DAYS, ONBOARDING_DAYS = 60, 45
IGNORED_TASKS = 0.10
TOUCH_HEALTH = 0.03  # what a conversation with a person does
FIRST_HOUR = 13  # UTC; the CSMs' working day
SMOOTHING = 0.2  # of the overload that accounts feel


@dataclass(frozen=True)
class Work:
    """Pieces of work, one entry each. `action` is an index into the desk's delivered tasks, -1 for none."""

    account: Ints
    kind: Ints
    rank: Ints
    minutes: Floats
    since: Ints  # day it became due
    action: Ints

    def take(self, rows: Ints) -> "Work":
        return Work(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def __len__(self) -> int:
        return len(self.account)


@dataclass(frozen=True)
class Done:
    """Work of a day with its beginning (second since 1970) and CSM."""

    work: Work
    csm: Ints
    second: Ints
    action_ids: list[str | None]


def _join(parts: list[Work]) -> Work:
    return Work(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in Work.__dataclass_fields__)
    )


@dataclass
class Desk:
    portfolio: Portfolio
    draws: Draws
    csms: int
    _waiting: list[Work] = field(default_factory=list)
    _tasks: list[tuple[str, int]] = field(default_factory=list)  # delivered: action id, second

    def __post_init__(self) -> None:
        self._csm_keys = entity_keys(self.csms)
        self.load: Floats = np.ones(self.csms)  # pressing work in relation to time, smoothed

    def overload(self) -> Floats:
        """Per account, that of its CSM."""
        return self.load[self.portfolio.csm]

    def receive(self, day: int, actions: Delivered) -> None:
        """Delivered actions that a person has to carry out. Some are ignored for good."""
        mine = np.flatnonzero([kind == OUTREACH for kind in actions.kinds])
        keys = np.array([hash_of(actions.ids[row]) for row in mine.tolist()], dtype=np.uint64)
        heeded = mine[self.draws.uniform("task ignored", 0, keys) >= IGNORED_TASKS]
        index = np.arange(len(heeded)) + len(self._tasks)
        self._tasks.extend((actions.ids[row], int(actions.second[row])) for row in heeded.tolist())
        minutes = np.full(len(heeded), TASK_MINUTES)
        self._plan(day, actions.account[heeded], OUTREACH_WORK, minutes, action=index, rank=TASK_RANK)

    def _plan(
        self,
        day: int,
        account: Ints,
        kind: int,
        minutes: Floats,
        *,
        action: Ints | None = None,
        rank: int = -1,
    ) -> None:
        same = np.ones(len(account), dtype=np.int64)
        rank = RANK[kind] if rank < 0 else rank
        action = -same if action is None else action
        self._waiting.append(Work(account, same * kind, same * rank, minutes, same * day, action))

    def _spread(self, stream: str, day: int, keys: Keys, typical: float) -> Floats:
        return typical * np.exp(TICKET_SPREAD * self.draws.normal(stream, day, keys) - TICKET_SPREAD**2 / 2)

    def _routine(self, day: int, working: Bools, to_renewal: Ints, growing: Ints, *, prepared: bool) -> None:
        """What is due by the calendar. Each account has its own rhythm."""
        portfolio, keys = self.portfolio, self.portfolio.keys
        phase = (self.draws.bits("rhythm", 0, keys) % np.uint64(10_000)).astype(np.int64) + day
        large = portfolio.segment > 0
        yearly = ~portfolio.is_monthly
        age = day - portfolio.start_day
        weekly = phase % 7 == 0
        renewal = (
            working
            & yearly
            & (to_renewal <= RENEWAL_FROM_DAYS)
            & (to_renewal > 0)
            & weekly
            & (large | (phase % 14 == 0))
        )
        self._due(day, renewal, RENEWAL, RENEWAL_MINUTES)
        self._due(day, working & large & (age < ONBOARDING_DAYS) & weekly, ONBOARDING, ONBOARDING_MINUTES)
        every = np.array(QBR_EVERY)[portfolio.segment]
        review = working & (every > 0) & (phase % np.maximum(every, 1) == 0)
        self._due(day, review, QBR, QBR_MINUTES_PREPARED if prepared else QBR_MINUTES)
        expanding = np.zeros(len(keys), dtype=bool)
        expanding[growing] = True
        self._due(day, working & expanding & weekly, EXPANSION, EXPANSION_MINUTES)
        outreach = working & (phase % np.array(OUTREACH_EVERY)[portfolio.segment] == 0)
        self._due(day, outreach, OUTREACH_WORK, OUTREACH_MINUTES)

    def _due(self, day: int, where: Bools, kind: int, minutes: float) -> None:
        account = np.flatnonzero(where)
        spread = self._spread(f"minutes {kind}", day, self.portfolio.keys[account], minutes)
        self._plan(day, account, kind, spread)

    def step(
        self, day: int, working: Bools, tickets: Ints, *, to_renewal: Ints, growing: Ints, prepared: bool
    ) -> Done:
        """One day. `tickets`: account per ticket a CSM took on; `growing`: accounts with an open deal."""
        place = np.arange(len(tickets)) - np.searchsorted(np.sort(tickets), np.sort(tickets), side="left")
        keys = np.sort(tickets).astype(np.uint64) * np.uint64(1024) + place.astype(np.uint64)
        self._plan(day, np.sort(tickets), TICKET, self._spread("ticket minutes", day, keys, TICKET_MINUTES))
        self._routine(day, working, to_renewal, growing, prepared=prepared)
        waiting = _join(self._waiting)
        waiting = waiting.take(np.flatnonzero(working[waiting.account] & (waiting.since > day - WAITS_DAYS)))
        at_work = self._minutes(day)
        csm = self.portfolio.csm[waiting.account]
        order = np.lexsort((waiting.account, waiting.since, waiting.rank, csm))
        waiting, csm = waiting.take(order), csm[order]
        total = np.cumsum(waiting.minutes)
        begins = np.searchsorted(csm, np.arange(self.csms), side="left")
        before = np.concatenate([[0.0], total])[begins]
        within = total - before[csm]  # minutes of this CSM's queue up to and with this piece
        fits = within <= at_work[csm]
        if at_work.any():
            pressing = waiting.minutes * (waiting.rank < RANK[OUTREACH_WORK])
            asked = np.bincount(csm, weights=pressing, minlength=self.csms)
            load = np.where(at_work > 0, asked / np.maximum(at_work, 1.0), self.load)
            self.load += SMOOTHING * (np.clip(load, 0.0, 4.0) - self.load)
        self._waiting = [waiting.take(np.flatnonzero(~fits))]
        rows = np.flatnonzero(fits)
        second = day * 86400 + FIRST_HOUR * 3600 + 60 * (within - waiting.minutes)[rows]
        work = waiting.take(rows)
        ids = [self._tasks[index][0] if index >= 0 else None for index in work.action.tolist()]
        return Done(work, csm[rows], second.astype(np.int64), ids)

    def _minutes(self, day: int) -> Floats:
        """Time each CSM has today, meetings of their own taken off."""
        on = to_date(day)
        if on.weekday() >= SATURDAY or (on.month, on.day) in FIXED_HOLIDAYS["us"]:
            return np.zeros(self.csms)
        there = self.draws.uniform("absent", day, self._csm_keys) >= ABSENT
        time = DAILY_MINUTES + DAILY_SPREAD * self.draws.normal("csm day", day, self._csm_keys)
        return np.where(there, np.maximum(time, 120.0), 0.0)

    def present(self, day: int) -> Ints:
        """CSMs who work today."""
        return np.flatnonzero(self._minutes(day) > 0)

    def tell(self, day: int, done: Done, influence: Influence, health: Floats) -> None:
        """What the day's work does: a conversation helps a little, an asked-for outreach as configured."""
        conversation = done.work.kind != TICKET
        np.add.at(health, done.work.account[conversation], TOUCH_HEALTH)
        for row in np.flatnonzero(done.work.action >= 0).tolist():
            action_id, delivered = self._tasks[int(done.work.action[row])]
            hours = max(int(done.second[row]) - delivered, 0) / 3600
            influence.outreach_done(day, action_id, int(done.work.account[row]), hours)


def hash_of(text: str) -> int:
    """A stable key for an identifier from outside."""
    value = 0xCBF29CE484222325
    for byte in text.encode():  # FNV-1a
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value
