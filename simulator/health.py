"""Latent health: one hidden number per account, on the logit scale, that everything observable hangs on.

It returns slowly to a level of its own, which itself drifts; shocks hit it: incidents of the product (many
accounts at once), a champion who leaves, a budget that is cut, a rival's trial, a new sponsor. Nobody in
the company sees it.
"""

import numpy as np

from simulator import catalogue
from simulator.draws import Bools, Draws, Floats, Ints
from simulator.portfolio import Portfolio

RETURN_RATE = 0.022  # a day, to the account's own level: half of a deviation is gone after a month
DAILY_NOISE = 0.055
ADOPTION_PULL, TYPICAL_DEPTH = 1.0, 0.57  # who uses more of the product is at home on a higher level
LEVEL_DRIFT = 0.011
TYPICAL_LEVEL, LEVEL_SPREAD = 0.95, 0.72
NEWCOMER_DEFICIT = 0.35  # new accounts begin below their level
# name, hazard a day, effect on health now, effect on its level for good
SHOCKS = (
    ("budget cut", 1 / 1300, -0.55, -0.80),
    ("rival's trial", 1 / 900, -0.45, -0.30),
    ("new sponsor", 1 / 900, 0.40, 0.35),
    ("botched rollout", 1 / 1500, -0.80, 0.0),
)
CHAMPION_LOSS = ("champion left", -0.75, -0.45)
INCIDENT_HAZARD = 1 / 35
INCIDENT = -0.30  # for accounts that use the broken feature
INCIDENT_FELT, INCIDENT_CONTACTS, INCIDENT_FADES = 0.6, 2.5, 0.6


def probability(logit: Floats) -> Floats:
    """Latent health on the 0-1 scale."""
    result: Floats = 1.0 / (1.0 + np.exp(-logit))
    return result


class Health:
    """`value` and `level` on the logit scale, per account; `shocks` logs (day, account, name, effect)."""

    def __init__(self, portfolio: Portfolio, draws: Draws) -> None:
        self._keys, self._draws = portfolio.keys, draws
        by_segment = np.array((-0.05, 0.0, 0.15))[portfolio.segment]
        self.level: Floats = TYPICAL_LEVEL + by_segment + LEVEL_SPREAD * draws.normal("level", 0, self._keys)
        self.value: Floats = self.level + 0.25 * draws.normal("first health", 0, self._keys)
        self.shocks: list[tuple[int, Ints, str, float]] = []
        self.incident_echo: Floats = np.zeros(len(portfolio))  # additional support contacts, in multiples

    def join(self, accounts: Ints) -> None:
        self.value[accounts] -= NEWCOMER_DEFICIT

    def _shock(self, day: int, hit: Ints, name: str, now: float, for_good: float) -> None:
        self.value[hit] += now
        self.level[hit] += for_good
        if len(hit):
            self.shocks.append((day, hit, name, now))

    def step(self, day: int, active: Bools, lost_champion: Ints, adopted: Bools, depth: Floats) -> None:
        """One day for active accounts. `adopted`: accounts x features; `depth`: its share of what can be."""
        noise = DAILY_NOISE * self._draws.normal("health", day, self._keys)
        drift = LEVEL_DRIFT * self._draws.normal("health level", day, self._keys)
        at_home = self.level + ADOPTION_PULL * (depth - TYPICAL_DEPTH)
        self.value += np.where(active, RETURN_RATE * (at_home - self.value) + noise, 0.0)
        self.level += np.where(active, drift - 0.0004 * (self.level - TYPICAL_LEVEL), 0.0)
        for number, (name, hazard, now, for_good) in enumerate(SHOCKS):
            u = self._draws.uniform("shock", day, self._keys, number)
            self._shock(day, np.flatnonzero(active & (u < hazard)), name, now, for_good)
        self._shock(day, lost_champion, *CHAMPION_LOSS)
        self._incident(day, active, adopted)

    def _incident(self, day: int, active: Bools, adopted: Bools) -> None:
        self.incident_echo *= INCIDENT_FADES
        one = self._keys[:1] * np.uint64(0)
        if float(self._draws.uniform("incident", day, one)[0]) >= INCIDENT_HAZARD:
            return
        weights = np.array([feature.appeal for feature in catalogue.FEATURES])
        broken = int(self._draws.pick("incident feature", day, one, weights)[0])
        felt = self._draws.uniform("incident felt", day, self._keys) < INCIDENT_FELT
        hit = np.flatnonzero(active & adopted[:, broken] & felt)
        self._shock(day, hit, f"incident: {catalogue.FEATURES[broken].name}", INCIDENT, 0.0)
        self.incident_echo[hit] += INCIDENT_CONTACTS
