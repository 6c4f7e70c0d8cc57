"""Contracts: who is a customer, when they decide to leave, when they go, renew, grow and shrink.

Leaving has two moments. The *decision* falls with a daily hazard that depends on latent health, segment and
the distance to the renewal (most yearly contracts are decided 75 to 20 days before it); nothing brings a
decided account back. The account is then *gone* (`churn_day`) at the end of its contract period, and works
less until then.
"""

from dataclasses import dataclass

import numpy as np

from simulator.deals import Deals
from simulator.draws import Bools, Draws, Floats, Ints
from simulator.people import NEVER
from simulator.portfolio import Portfolio, next_renewal
from simulator.scenario import add_months

MONTHLY_DECISION = (0.0135, 0.0072, 0.0034)  # a month by segment, at reference health
REFERENCE_HEALTH = 0.95
HEALTH_SLOPE = 1.35  # a unit of logit health divides the hazard by e ** 1.35
WINDOW = (75, 20)  # days before a yearly renewal in which it is mostly decided
IN_WINDOW, OUTSIDE = 5.3, 0.235  # average over the year is 1
NOTICE_DAYS = 30  # of those who leave in the middle of a contract
TELLING = 0.6  # share of those who leave that tell their CSM ahead
TELL_DAYS = (3, 21)  # after the decision
MONTHLY_EXPANSION = (0.018, 0.024, 0.028)
EXPANSION_SLOPE = 0.9
CONTRACTION_AT_RENEWAL = 0.07
SLACK = 1.1  # seats paid for each user wanted
UPLIFT = 0.03  # price at yearly renewal
OFFER_DAYS = 120  # before the renewal its opportunity is opened
FADING_DAYS = 28.0  # use after the decision


@dataclass(frozen=True)
class Hazards:
    """Per account and day, effects included; zero where nothing can happen."""

    churn: Floats
    expansion: Floats


class Contracts:
    def __init__(self, portfolio: Portfolio, draws: Draws, first_day: int) -> None:
        self._portfolio, self._draws = portfolio, draws
        count = len(portfolio)
        self.deals = Deals(portfolio, draws)
        self.active: Bools = portfolio.start_day < first_day
        self.churn_day: Ints = np.full(count, NEVER, dtype=np.int64)
        self.decided_day: Ints = np.full(count, NEVER, dtype=np.int64)
        self.leave_day: Ints = np.full(count, NEVER, dtype=np.int64)
        self.renewal_day: Ints = next_renewal(portfolio.contract_day, first_day - 1)
        self.seats: Ints = self._paid(portfolio.seats)
        # an account that is already here paid its way up: it has the size it is growing to
        standing = np.flatnonzero(self.active & (portfolio.contract_day < first_day))
        self.deals.begin(standing, portfolio.contract_day[standing], self.seats)

    def _paid(self, seats: Ints) -> Ints:
        paid: Ints = np.maximum(np.rint(seats * SLACK), 2).astype(np.int64)
        return paid

    def wanted_users(self) -> Ints:
        """Head count the account would fill: its paid seats, less some slack."""
        wanted: Ints = np.maximum(np.rint(self.seats / SLACK), 2).astype(np.int64)
        return wanted

    def fading(self, day: int) -> Floats:
        """Share of its work an account still does: 1 until it decides to leave, less from then on."""
        since = np.maximum(day - self.decided_day, 0)
        return np.where(self.decided_day <= day, np.exp(-since / FADING_DAYS), 1.0)

    def hazards(self, day: int, health: Floats, churn_effect: Floats, expansion_effect: Floats) -> Hazards:
        portfolio = self._portfolio
        undecided = self.active & (self.decided_day > day) & (portfolio.contract_day <= day)
        to_renewal = self.renewal_day - day
        timing = np.where((to_renewal <= WINDOW[0]) & (to_renewal > WINDOW[1]), IN_WINDOW, OUTSIDE)
        timing = np.where(portfolio.is_monthly, 1.0, timing)
        daily = np.array(MONTHLY_DECISION)[portfolio.segment] * 12 / 365
        churn = daily * timing * np.exp(-HEALTH_SLOPE * (health - REFERENCE_HEALTH)) * churn_effect
        grow = np.array(MONTHLY_EXPANSION)[portfolio.segment] * 12 / 365
        expansion = grow * np.exp(EXPANSION_SLOPE * (health - REFERENCE_HEALTH)) * expansion_effect
        return Hazards(np.where(undecided, churn, 0.0), np.where(undecided, np.minimum(expansion, 0.02), 0.0))

    def _leave_day(self, day: int, accounts: Ints) -> Ints:
        """The end of the period an account has paid for."""
        portfolio = self._portfolio
        to_renewal = self.renewal_day[accounts] - day
        yearly = np.where(to_renewal <= WINDOW[0], self.renewal_day[accounts], day + NOTICE_DAYS)
        contract = portfolio.contract_day[accounts]
        months = np.maximum((day + 5 - contract) // 31, 0)
        monthly = add_months(contract, months)
        while (early := monthly < day + 5).any():
            months = months + early
            monthly = add_months(contract, months)
        return np.where(portfolio.is_monthly[accounts], monthly, np.maximum(yearly, day + 5))

    def open(self, day: int) -> Ints:
        """Accounts that sign up today (a trial), and contracts that begin. Returns the sign-ups."""
        portfolio = self._portfolio
        joining = np.flatnonzero((portfolio.start_day == day) & ~self.active)
        self.active[joining] = True
        self.deals.prospect(
            joining, portfolio.start_day[joining], portfolio.contract_day[joining], self.seats
        )
        self.deals.begin(
            np.flatnonzero(self.active & (portfolio.contract_day == day)), np.full(1, day), self.seats
        )
        return joining

    def close(self, day: int) -> Ints:
        """Accounts whose last paid period ended: gone from today. Returns them."""
        leaving = np.flatnonzero(self.active & (self.leave_day == day))
        self.active[leaving] = False
        self.churn_day[leaving] = day
        self.deals.lose(leaving, day)
        return leaving

    def _tell(self, day: int, decided: Ints) -> None:
        """Some say that they will leave; the others' renewals are open until they are gone."""
        keys = self._portfolio.keys[decided]
        length = TELL_DAYS[1] - TELL_DAYS[0] + 1
        after = TELL_DAYS[0] + (length * self._draws.uniform("telling after", day, keys)).astype(np.int64)
        tells = self._draws.uniform("telling", day, keys) < TELLING
        self.deals.give_up(decided[tells], np.minimum(day + after, self.leave_day[decided])[tells])

    def step(self, day: int, health: Floats, hazards: Hazards) -> Ints:
        """Decisions, growth and renewals of one day. Returns accounts that decided to leave today."""
        keys = self._portfolio.keys
        decided = np.flatnonzero(self._draws.happens("churn", day, keys, hazards.churn))
        self.decided_day[decided] = day
        self.leave_day[decided] = self._leave_day(day, decided)
        self._tell(day, decided)

        asked = np.flatnonzero(self._draws.happens("expansion", day, keys, hazards.expansion))
        asked = asked[self.decided_day[asked] > day]
        self.deals.propose(asked, day, health[asked], self.seats)
        for account, seats in self.deals.settle(day, self.active & (self.decided_day > day)):
            self.seats[account] = seats
        self._renew(day, health)
        return decided

    def _renew(self, day: int, health: Floats) -> None:
        portfolio = self._portfolio
        soon = np.flatnonzero(self.active & ~portfolio.is_monthly & (self.renewal_day - day == OFFER_DAYS))
        self.deals.offer_renewal(soon, day, self.renewal_day[soon])
        due = np.flatnonzero(self.active & (self.renewal_day == day))
        if not len(due):
            return
        yearly = due[~portfolio.is_monthly[due] & (self.decided_day[due] > day)]
        hazard = CONTRACTION_AT_RENEWAL * np.exp(-0.9 * (health[yearly] - REFERENCE_HEALTH))
        shrinks = self._draws.uniform("contraction", day, portfolio.keys[yearly]) < np.minimum(hazard, 0.6)
        share = 0.08 + 0.27 * self._draws.uniform("contraction size", day, portfolio.keys[yearly])
        kept = np.where(shrinks, np.maximum(np.rint(self.seats[yearly] * (1 - share)), 2), self.seats[yearly])
        self.seats[yearly] = kept.astype(np.int64)
        self.deals.renew(yearly, day, self.seats, UPLIFT)
        self.renewal_day[due] = add_months(self.renewal_day[due], 12)
