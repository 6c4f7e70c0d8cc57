"""Usage events: activity of a day as rows, sorted by time, in the drop folder's shape.

A person's event carries the user (mobile: the e-mail, where there is one); what a machine sends carries the
account (integrations: the domain, where there is one). Machine rows are roll-ups with a `quantity`. A local
day that runs past midnight UTC is carried into the next file.
"""

from dataclasses import dataclass

import numpy as np

from simulator import catalogue, seasons
from simulator.activity import BOT_ROWS, Activity
from simulator.adoption import Adoption
from simulator.draws import Draws, Ints
from simulator.people import ORDINALS, People
from simulator.portfolio import Portfolio

# chance of a session to begin in each local hour
HOURS = np.array([1, 1, 1, 1, 1, 2, 6, 18, 46, 74, 80, 66, 46, 58, 76, 74, 62, 42, 20, 12, 9, 7, 4, 2], float)
PAUSE_SECONDS = 95.0  # between two events of a session, on average
PLACE_BITS = 40  # more rows than fit in a day
NO_FEATURE = len(catalogue.FEATURES)

SESSION, PROBE = 2 * len(catalogue.FEATURES), 2 * len(catalogue.FEATURES) + 1


@dataclass(frozen=True)
class Batch:
    """Event rows as numbers. `who` is a row of the people, or -1 and then `account` says who."""

    second: Ints
    account: Ints
    who: Ints
    feature: Ints
    event: Ints
    channel: Ints
    quantity: Ints

    def take(self, rows: Ints) -> "Batch":
        return Batch(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def __len__(self) -> int:
        return len(self.second)


def join(batches: list[Batch]) -> Batch:
    return Batch(
        *(np.concatenate([getattr(b, name) for b in batches]) for name in Batch.__dataclass_fields__)
    )


class Usage:
    """Turns activity into event rows; keeps what belongs to the next UTC day."""

    def __init__(self, portfolio: Portfolio, people: People, adoption: Adoption, draws: Draws) -> None:
        self._portfolio, self._people, self._adoption, self._draws = portfolio, people, adoption, draws
        self._carried: list[Batch] = []
        features = catalogue.FEATURES
        self._appeal = np.array([feature.appeal for feature in features])
        self._by_channel = np.array(
            [
                [channel in feature.channels for feature in features]
                for channel in range(len(catalogue.CHANNELS))
            ]
        )
        self._is_ui = np.array(
            [catalogue.UI in f.channels or catalogue.MOBILE in f.channels for f in features]
        )

    def _features(self, bits: np.ndarray, account: Ints, by_person: bool) -> Ints:
        """A feature per row, among those the account has taken up, by appeal."""
        allowed = self._is_ui if by_person else self._by_channel[catalogue.API]
        weights = np.where(self._adoption.adopted & allowed, self._appeal, 0.0)
        edges = np.cumsum(weights, axis=1)
        total = edges[:, -1]
        edges /= np.where(total > 0, total, 1.0)[:, None]
        # one sorted line for all accounts: account number + edge, searched once
        line = (np.arange(len(edges))[:, None] + np.where(total > 0, edges.T, 1.0).T).ravel()
        u = (bits >> np.uint64(11)) * 2.0**-53
        found = np.searchsorted(line, account + u, side="right") - account * len(self._appeal)
        return np.where(total[account] > 0, np.minimum(found, NO_FEATURE - 1), NO_FEATURE)

    def _visits(self, activity: Activity, start: Ints) -> Batch:
        """Every visit is one session: its start, then its events a pause apart."""
        people, day = self._people, activity.day
        length = activity.events + 1
        visit = np.repeat(np.arange(len(length)), length)
        place = np.arange(len(visit)) - np.repeat(np.cumsum(length) - length, length)
        who = activity.visits[visit]
        account = people.account[who]
        keys = people.keys[activity.visits]
        hour = self._draws.pick("session hour", day, keys, HOURS)
        begin = hour * 3600 + (3600 * self._draws.uniform("session minute", day, keys)).astype(np.int64)
        bits = self._draws.bits("event", day, people.keys[who] * ORDINALS + place.astype(np.uint64))
        feature = np.where(place == 0, NO_FEATURE, self._features(bits, account, by_person=True))
        low = (bits & np.uint64(0x3FF)).astype(np.int64)  # the low bits are not used by the feature's choice
        spread = (PAUSE_SECONDS * (0.3 + 1.4 * (low >> 1) / 512) * place).astype(np.int64)
        # a session ends with the local day
        second = start[account] + np.minimum(begin[visit] + spread, 86399)
        event = np.where(feature == NO_FEATURE, SESSION, 2 * feature + ((low & 3) == 0))
        channel = np.where(activity.is_mobile[visit], catalogue.MOBILE, catalogue.UI)
        return Batch(second, account, who, feature, event, channel, np.ones(len(who), dtype=np.int64))

    def _machines(self, activity: Activity, start: Ints) -> Batch:
        """Roll-ups spread over the whole local day."""
        rows = activity.machine_rows
        account = np.repeat(activity.machine_accounts, rows)
        place = np.arange(len(account)) - np.repeat(np.cumsum(rows) - rows, rows)
        keys = account.astype(np.uint64) * ORDINALS + place.astype(np.uint64)
        bits = self._draws.bits("machine event", activity.day, keys)
        feature = self._features(bits, account, by_person=False)
        second = start[account] + (86400 * self._draws.uniform("machine second", activity.day, keys)).astype(
            np.int64
        )
        size = 20 * self._draws.exponential("requests", activity.day, keys) ** 1.6
        event = np.where(feature == NO_FEATURE, SESSION, 2 * feature + (bits & np.uint64(1)).astype(np.int64))
        channel = np.repeat(activity.machine_channel, rows)
        nobody = np.full(len(account), -1, dtype=np.int64)
        return Batch(second, account, nobody, feature, event, channel, 1 + size.astype(np.int64))

    def _bots(self, activity: Activity, start: Ints) -> Batch:
        """A page monitor that signs in as the account's first user and is never tired."""
        account = np.repeat(activity.bots, BOT_ROWS)
        place = np.tile(np.arange(BOT_ROWS), len(activity.bots))
        who = self._people.first_user[account]
        flat = np.zeros(len(account), dtype=np.int64)
        second = start[account] + place * (86400 // BOT_ROWS)
        return Batch(second, account, who, flat + NO_FEATURE, flat + PROBE, flat + catalogue.UI, flat + 1)

    def step(self, activity: Activity) -> Batch:
        """The rows of one UTC day, sorted by time."""
        start = seasons.day_start(activity.day, self._portfolio.zone)
        today = [self._visits(activity, start), self._machines(activity, start), self._bots(activity, start)]
        rows = join([*self._carried, *today])
        midnight = (activity.day + 1) * 86400
        self._carried = [rows.take(np.flatnonzero(rows.second >= midnight))]
        here = np.flatnonzero(rows.second < midnight)
        # time above, place below: sorting the values is a stable sort by time, and faster than an argsort
        line = ((rows.second[here] - (midnight - 86400)) << PLACE_BITS) | here
        return rows.take(np.sort(line) & ((1 << PLACE_BITS) - 1))
