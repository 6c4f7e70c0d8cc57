"""A simple automation the company has had on its own since it went live, so that history has a before and
an after.

It only uses what any tool could count (visits, sign-up and renewal dates), leaves a tenth of the accounts
out at random, and knows nothing of Tierline's policy. Actions handed to a day replace it.
"""

from dataclasses import dataclass, field

import numpy as np

from simulator.catalogue import SEGMENTS
from simulator.delivered import Delivered
from simulator.draws import Bools, Draws, Floats, Ints
from simulator.effects import NUDGE, ONBOARDING, OUTREACH, PROMPT, REMINDER
from simulator.portfolio import Portfolio

HELD_OUT = 0.10
SHORT, LONG = 1 / 9, 1 / 45  # smoothing of the counted activity, per day
FALLEN, LOWER, RISEN = 0.62, 0.85, 1.12  # short in relation to long
SETTLED_AGE, REMIND_FROM, REMIND_UNTIL = 60, 90, 60  # days
PAUSE = {OUTREACH: 45, NUDGE: 21, PROMPT: 90, REMINDER: 300, ONBOARDING: 1}
ONBOARDING_AGES = (1, 3, 7, 14, 30)
DELIVERY_SECOND = 7 * 3600
PREFIX = "standing-"  # of its actions' identifiers; they are known to the truth, not to the company's systems


@dataclass
class Standing:
    portfolio: Portfolio
    draws: Draws
    _last: dict[str, Ints] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.portfolio)
        self.held_out: Bools = self.draws.uniform("holdout", 0, self.portfolio.keys) < HELD_OUT
        self._last = {kind: np.full(count, -(10**6), dtype=np.int64) for kind in PAUSE}
        self._short: Floats = np.zeros(count)
        self._long: Floats = np.zeros(count)

    def watch(self, counted: Floats) -> None:
        """Yesterday's activity, as counted."""
        fresh = (self._long == 0) & (counted > 0)
        self._short[fresh] = self._long[fresh] = counted[fresh]
        self._short += SHORT * (counted - self._short)
        self._long += LONG * (counted - self._long)

    def decide(self, day: int, active: Bools, to_renewal: Ints) -> Delivered:
        """The day's actions, delivered in the morning (UTC)."""
        portfolio = self.portfolio
        trend = self._short / np.maximum(self._long, 0.05)
        age = day - portfolio.start_day
        settled = active & (age > SETTLED_AGE) & ~portfolio.wants_human
        small = portfolio.segment < len(SEGMENTS) - 1
        wanted = {
            OUTREACH: settled & (trend < FALLEN),
            NUDGE: settled & (trend < LOWER) & (trend >= FALLEN) & ~portfolio.is_machine,
            PROMPT: settled & (trend > RISEN),
            REMINDER: settled
            & small
            & ~portfolio.is_monthly
            & (to_renewal <= REMIND_FROM)
            & (to_renewal > REMIND_UNTIL),
            ONBOARDING: active & np.isin(age, ONBOARDING_AGES),
        }
        ids: list[str] = []
        kinds: list[str] = []
        accounts: list[Ints] = []
        for kind, where in wanted.items():
            rows = np.flatnonzero(where & ~self.held_out & (day - self._last[kind] >= PAUSE[kind]))
            self._last[kind][rows] = day
            ids += [f"{PREFIX}{kind}-{day}-{row}" for row in rows.tolist()]
            kinds += [kind] * len(rows)
            accounts.append(rows)
        account = np.concatenate(accounts)
        return Delivered(
            ids, account, kinds, np.full(len(account), day * 86400 + DELIVERY_SECOND, dtype=np.int64)
        )
