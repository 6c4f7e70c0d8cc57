"""Who does how much on a day: the hidden part of usage, before it becomes event rows."""

from dataclasses import dataclass

import numpy as np

from simulator import catalogue, seasons
from simulator.draws import Draws, Floats, Ints
from simulator.health import probability
from simulator.people import People
from simulator.portfolio import Portfolio

EVENTS_PER_VISIT = 1.4  # beside the session's start, for a typical user at intensity 1
MACHINE_ROWS = 5.0  # rolled-up rows a day of a typical integration at intensity 1
MIXED_MACHINE_SHARE = 0.5
MIXED_THROUGH_INTEGRATION = 0.4  # the other mixed accounts use the API
BOT_ROWS = 48  # every half an hour, day and night
MOBILE_SHARE = (0.0, 0.20, 0.0, 0.0, 0.85)  # of a visit's chance to be mobile, by usage type


@dataclass(frozen=True)
class Activity:
    """`visits`: rows of users who work today; `events`: how many beside the session's start; `is_mobile`;
    `machine_accounts` with `machine_rows` of `machine_channel`; `bots`: accounts whose page monitor runs."""

    day: int
    visits: Ints
    events: Ints
    is_mobile: np.ndarray
    machine_accounts: Ints
    machine_rows: Ints
    machine_channel: Ints
    bots: Ints

    def per_account(self, accounts: int, people: People) -> Floats:
        """Visits and machine rows: what a tool without access to the truth could count."""
        seen = np.bincount(people.account[self.visits], minlength=accounts).astype(np.float64)
        seen[self.machine_accounts] += self.machine_rows
        return seen


def engagement(health: Floats) -> Floats:
    """How much latent health shows in use: 1 at typical health."""
    return np.clip(0.10 + 1.25 * probability(health), 0.1, 1.25)


class Rhythm:
    """Draws the activity of a day. What an account sees of it is noisy twice: its own weeks, and each
    person's."""

    def __init__(self, portfolio: Portfolio, draws: Draws, intensity: float) -> None:
        self._portfolio, self._draws, self._intensity = portfolio, draws, intensity
        self._mobile = np.array(MOBILE_SHARE)[portfolio.usage_type]
        types = np.array(catalogue.USAGE_TYPES)[portfolio.usage_type]
        self._machine_scale = np.select(
            [portfolio.is_machine, types == "mixed"], [1.0, MIXED_MACHINE_SHARE], 0.0
        )
        integration = self._draws.uniform("mixed channel", 0, portfolio.keys) < MIXED_THROUGH_INTEGRATION
        self._channel = np.where(
            (types == "integration") | ((types == "mixed") & integration),
            catalogue.INTEGRATION,
            catalogue.API,
        )

    def _busy_weeks(self, day: int) -> Floats:
        """An account's own good and bad weeks, unrelated to health: smooth over the week."""
        week, within = divmod(day, 7)
        this = self._draws.normal("busy week", week, self._portfolio.keys)
        following = self._draws.normal("busy week", week + 1, self._portfolio.keys)
        share = within / 7
        result: Floats = np.exp(0.22 * ((1 - share) * this + share * following))
        return result

    def step(self, day: int, working: np.ndarray, people: People, health: Floats, fading: Floats) -> Activity:
        """`working`: accounts that are customers today and have been since before today."""
        portfolio, draws = self._portfolio, self._draws
        mood = engagement(health) * fading * self._busy_weeks(day)
        rows = people.present(day, working & ~portfolio.is_machine)
        account, keys = people.account[rows], people.keys[rows]
        chance = people.activity[rows] * (mood * seasons.human_factor(day, portfolio.zone))[account]
        comes = draws.uniform("visit", day, keys) < np.minimum(chance, 0.97)
        visits, keys, account = rows[comes], keys[comes], account[comes]
        mean = self._intensity * EVENTS_PER_VISIT * people.burst[visits] * np.sqrt(mood[account])
        events = np.ceil(mean * draws.exponential("events", day, keys)).astype(np.int64)
        is_mobile = draws.uniform("mobile", day, keys) < self._mobile[account]

        scale = self._machine_scale * portfolio.volume * mood * seasons.machine_factor(day, portfolio.zone)
        mean = np.where(working, self._intensity * MACHINE_ROWS * scale, 0.0)
        machine = draws.poisson("machine rows", day, portfolio.keys, np.minimum(mean, 5000 * self._intensity))
        accounts = np.flatnonzero(machine)
        return Activity(
            day=day,
            visits=visits,
            events=events,
            is_mobile=is_mobile,
            machine_accounts=accounts,
            machine_rows=machine[accounts],
            machine_channel=self._channel[accounts],
            bots=np.flatnonzero(working & portfolio.has_bot),
        )
