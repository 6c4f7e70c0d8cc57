"""NPS surveys: asked every quarter, answered by some, a noisy view on latent health."""

from dataclasses import dataclass

import numpy as np

from simulator import seasons
from simulator.draws import Bools, Draws, Floats, Ints
from simulator.people import People
from simulator.portfolio import Portfolio

SURVEY_EVERY_DAYS = 90
FIRST_SURVEY_AGE = 45  # days a person has been there
ASKED = 0.55
ANSWERS = 0.24  # of those asked, at typical responsiveness
CENTRE, SLOPE, PERSON_SPREAD, NOISE = 8.7, 1.15, 0.9, 0.9


@dataclass(frozen=True)
class Answers:
    """One entry per NPS answer of the day."""

    who: Ints
    second: Ints
    score: Ints


class Feedback:
    def __init__(self, portfolio: Portfolio, people: People, draws: Draws) -> None:
        self._portfolio, self._people, self._draws = portfolio, people, draws

    def step(self, day: int, working: Bools, health: Floats, nps_points: Floats) -> Answers:
        portfolio, people, draws = self._portfolio, self._people, self._draws
        phase = (draws.bits("survey phase", 0, portfolio.keys) % np.uint64(SURVEY_EVERY_DAYS)).astype(
            np.int64
        )
        due = working & ((day + phase) % SURVEY_EVERY_DAYS == 0)
        rows = people.present(day, due)
        rows = rows[people.joined[rows] < (day - FIRST_SURVEY_AGE) * 86400]
        keys, account = people.keys[rows], people.account[rows]
        opinion = PERSON_SPREAD * draws.normal("opinion", 0, keys) + NOISE * draws.normal("mood", day, keys)
        score = CENTRE + SLOPE * (health[account] - 0.95) + nps_points[account] + opinion
        # people with strong feelings answer more, occasional users less
        strength = 0.8 + 0.12 * np.abs(score - 8.0)
        chance = (
            ASKED * ANSWERS * portfolio.responsiveness[account] * strength * (0.5 + people.activity[rows])
        )
        answers = np.flatnonzero(draws.uniform("answers", day, keys) < np.minimum(chance, 0.9))
        begin = seasons.day_start(day, portfolio.zone)[account[answers]]
        second = begin + 28800 + (39600 * draws.uniform("answered at", day, keys[answers])).astype(np.int64)
        return Answers(rows[answers], second, np.clip(np.rint(score[answers]), 0, 10).astype(np.int64))
