"""Which features each account has taken up, and the path it takes to more of them."""

import numpy as np

from simulator import catalogue
from simulator.draws import Bools, Draws, Floats, Ints
from simulator.health import probability
from simulator.portfolio import Portfolio

ADOPTING = 1 / 70  # a day, with half of the features taken up, at good health, after the first weeks
ONBOARDING_BOOST, ONBOARDING_FADES_DAYS = 3.0, 25.0
DROPPING = 1 / 130  # a day, with half of the features taken up, at good health
FIRST_FEATURES = 2


class Adoption:
    """`adopted`: accounts x features. `can`: what plan and usage type allow."""

    def __init__(self, portfolio: Portfolio, draws: Draws) -> None:
        self._portfolio, self._draws = portfolio, draws
        plans = np.array(catalogue.PLANS)[portfolio.plan]
        features = catalogue.FEATURES
        self._appeal = np.array([feature.appeal for feature in features])
        machine = np.array(
            [{catalogue.API, catalogue.INTEGRATION} & set(f.channels) != set() for f in features]
        )
        person = np.array([{catalogue.UI, catalogue.MOBILE} & set(f.channels) != set() for f in features])
        in_plan = np.array([[plan in f.plans for f in features] for plan in plans])
        mixed = (np.array(catalogue.USAGE_TYPES)[portfolio.usage_type] == "mixed")[:, None]
        reachable = np.where(portfolio.is_machine[:, None], machine, person | (mixed & machine))
        self.can: Bools = in_plan & reachable
        self.adopted: Bools = np.zeros_like(self.can)

    def _next(self, day: int, accounts: Ints, k: int) -> Ints:
        """The feature an account takes up next: among those missing, by appeal; -1 when it has all."""
        weights = np.where(self.can[accounts] & ~self.adopted[accounts], self._appeal, 0.0)
        edges = np.cumsum(weights, axis=1)
        u = self._draws.uniform("next feature", day, self._portfolio.keys[accounts], k)
        chosen = (edges <= (u * edges[:, -1])[:, None]).sum(axis=1)
        return np.where(edges[:, -1] > 0, np.minimum(chosen, len(self._appeal) - 1), -1)

    def _take_up(self, day: int, accounts: Ints, k: int = 0) -> None:
        feature = self._next(day, accounts, k)
        self.adopted[accounts[feature >= 0], feature[feature >= 0]] = True

    def settle(self, accounts: Ints, health: Floats, first_day: int) -> None:
        """What accounts of some tenure have taken up before the first day."""
        tenure = first_day - self._portfolio.start_day[accounts]
        reach = 1 - np.exp(-tenure / 150)
        share = np.clip(0.25 + 0.7 * probability(health[accounts]) * reach, 0, 1)
        wanted = np.ceil(share * self.can[accounts].sum(axis=1)).astype(np.int64)
        for number in range(int(wanted.max(initial=0))):
            self._take_up(0, accounts[wanted > number], number)

    def open(self, accounts: Ints, day: int) -> None:
        for number in range(FIRST_FEATURES):
            self._take_up(day, accounts, number + 1)

    def step(self, day: int, active: Bools, health: Floats, effect: Floats) -> None:
        """`effect` multiplies the daily hazard of taking up one more feature."""
        keys = self._portfolio.keys
        age = np.maximum(day - self._portfolio.start_day, 0)
        depth = self.depth()
        pace = ADOPTING * 2 * (1 - depth) * (0.3 + probability(health))
        pace *= 1 + ONBOARDING_BOOST * np.exp(-age / ONBOARDING_FADES_DAYS)
        hazard = np.where(active, pace * effect, 0.0)
        self._take_up(day, np.flatnonzero(self._draws.happens("adoption", day, keys, hazard)))
        dropping = np.where(active, DROPPING * 2 * depth * np.exp(-0.8 * (health - 0.95)), 0.0)
        accounts = np.flatnonzero(self._draws.happens("abandoning", day, keys, dropping))
        u = self._draws.uniform("abandoned", day, keys[accounts])
        weight = self.adopted[accounts] / self._appeal
        edges = np.cumsum(weight, axis=1)
        feature = np.minimum((edges <= (u * edges[:, -1])[:, None]).sum(axis=1), len(self._appeal) - 1)
        several = self.adopted[accounts].sum(axis=1) > 1
        self.adopted[accounts[several], feature[several]] = False

    def depth(self) -> Floats:
        """Share of the features it can use that an account uses."""
        share: Floats = self.adopted.sum(axis=1) / np.maximum(self.can.sum(axis=1), 1)
        return share
