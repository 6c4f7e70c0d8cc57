"""Users who join, work more or less, and leave; champions among them. Arrays over all users ever, grown
daily."""

import numpy as np

from simulator import catalogue
from simulator.draws import Bools, Draws, Floats, Ints, Keys
from simulator.health import probability
from simulator.portfolio import Portfolio

NEVER = 2**40  # a day that never comes
LEAVING_HAZARD = 1 / 720
JOINING_DAYS = 30.0  # the gap between wanted and present users closes at this pace
NEW_CHAMPION_DAYS = 45.0
KIND_SHARES = (0.16, 0.42, 0.42)  # daily, regular, occasional users
KIND_ACTIVITY = (0.78, 0.36, 0.08)  # chance to work on an ordinary Monday
ORDINALS = np.uint64(1 << 20)


class People:
    """Columns over users: account, ordinal, joined (s since 1970), left_day, activity, burst, role.

    `keys` are stable whatever else happens: account and the user's number within it.
    """

    def __init__(self, portfolio: Portfolio, draws: Draws) -> None:
        self._portfolio, self._draws = portfolio, draws
        count = len(portfolio)
        self.account: Ints = np.zeros(0, dtype=np.int64)
        self.ordinal: Ints = np.zeros(0, dtype=np.int64)
        self.keys: Keys = np.zeros(0, dtype=np.uint64)
        self.joined: Ints = np.zeros(0, dtype=np.int64)
        self.left_day: Ints = np.zeros(0, dtype=np.int64)
        self.activity: Floats = np.zeros(0)
        self.burst: Floats = np.zeros(0)
        self.role: Ints = np.zeros(0, dtype=np.int64)
        self.next_ordinal: Ints = np.zeros(count, dtype=np.int64)
        self.headcount: Ints = np.zeros(count, dtype=np.int64)
        self.first_user: Ints = np.full(count, -1, dtype=np.int64)  # row of who signed up
        self.champion: Ints = np.full(count, -1, dtype=np.int64)  # row of the user; -1: none now

    def __len__(self) -> int:
        return len(self.account)

    def present(self, day: int, active: Bools) -> Ints:
        """Rows of users who have an account to work in today (they start the day after they joined)."""
        return np.flatnonzero((self.left_day > day) & (self.joined < day * 86400) & active[self.account])

    def _add(self, account: Ints, joined: Ints) -> None:
        """`account` sorted, one entry per new user."""
        first = np.searchsorted(account, account, side="left")
        ordinal = self.next_ordinal[account] + np.arange(len(account)) - first
        keys = account.astype(np.uint64) * ORDINALS + ordinal.astype(np.uint64)
        kind = self._draws.pick("user kind", 0, keys, np.array(KIND_SHARES))
        champion = ordinal == 0
        activity = np.array(KIND_ACTIVITY)[np.where(champion, 0, kind)]
        spread = 0.75 + 0.5 * self._draws.uniform("user activity", 0, keys)
        burst = np.exp(0.9 * self._draws.normal("user burst", 0, keys))
        role = self._draws.pick("role", 0, keys, np.array(catalogue.ROLE_SHARES))
        rows = len(self) + np.arange(len(account))
        self.champion[account[champion]] = rows[champion]
        self.first_user[account[champion]] = rows[champion]
        self.account = np.concatenate([self.account, account])
        self.ordinal = np.concatenate([self.ordinal, ordinal])
        self.keys = np.concatenate([self.keys, keys])
        self.joined = np.concatenate([self.joined, joined])
        self.left_day = np.concatenate([self.left_day, np.full(len(account), NEVER, dtype=np.int64)])
        self.activity = np.concatenate([self.activity, activity * spread])
        self.burst = np.concatenate([self.burst, np.minimum(burst, 30.0)])
        self.role = np.concatenate([self.role, np.where(ordinal == 0, 0, role)])
        added = np.bincount(account, minlength=len(self.next_ordinal))
        self.next_ordinal += added
        self.headcount += added

    def settle(self, accounts: Ints, seats: Ints, day: int) -> None:
        """The users that accounts already have on the first day, joined since they signed up."""
        account = np.repeat(accounts, seats[accounts])
        first = np.searchsorted(account, account, side="left")
        keys = account.astype(np.uint64) * ORDINALS + (np.arange(len(account)) - first).astype(np.uint64)
        begin = self._portfolio.start_day[account] + 1
        share = np.where(np.arange(len(account)) == first, 0.0, self._draws.uniform("joined", 0, keys) ** 1.5)
        self._add(account, ((begin + share * (day - 1 - begin)) * 86400).astype(np.int64))

    def open(self, accounts: Ints, day: int) -> None:
        """The first user signs up together with the account."""
        self._add(accounts, self.signed_up_at(accounts))

    def signed_up_at(self, accounts: Ints) -> Ints:
        """Second (since 1970) at which an account signed up."""
        share = self._draws.uniform("signed up", 0, self._portfolio.keys[accounts])
        return self._portfolio.start_day[accounts] * 86400 + (share * 86000).astype(np.int64)

    def step(self, day: int, active: Bools, winding_down: Bools, health: Floats, wanted: Ints) -> Ints:
        """Joining and leaving for one day. Returns the accounts whose champion left today."""
        portfolio = self._portfolio
        rows = self.present(day, active)
        keys = self.keys[rows]
        unhappy = 1.6 - probability(health[self.account[rows]])
        gone = rows[self._draws.happens("user leaves", day, keys, LEAVING_HAZARD * unhappy)]
        self.left_day[gone] = day
        self.headcount -= np.bincount(self.account[gone], minlength=len(portfolio))
        lost = gone[self.champion[self.account[gone]] == gone]
        self.champion[self.account[lost]] = -1

        gap = np.where(active & ~winding_down, np.maximum(wanted - self.headcount, 0), 0)
        joining = np.minimum(self._draws.poisson("user joins", day, portfolio.keys, gap / JOINING_DAYS), gap)
        joining[portfolio.start_day == day] = 0
        account = np.repeat(np.arange(len(portfolio)), joining)
        within = np.arange(len(account)) - np.searchsorted(account, account, side="left")
        moment = account.astype(np.uint64) * ORDINALS + within.astype(np.uint64)
        second = 28800 + 50000 * self._draws.uniform("joins at", day, moment)
        self._add(account, day * 86400 + second.astype(np.int64))
        self._appoint(day, rows, active)
        return np.unique(self.account[lost])

    def _appoint(self, day: int, rows: Ints, active: Bools) -> None:
        """Accounts without a champion find one in time: the longest-standing user still there."""
        wanting = active & (self.champion < 0)
        wanting &= self._draws.happens(
            "champion", day, self._portfolio.keys, np.full(len(active), 1 / NEW_CHAMPION_DAYS)
        )
        rows = rows[(self.left_day[rows] > day) & wanting[self.account[rows]]]
        if len(rows):
            accounts = self.account[rows]
            order = np.lexsort((self.ordinal[rows], accounts))
            firsts = np.unique(accounts[order], return_index=True)[1]
            self.champion[accounts[order][firsts]] = rows[order][firsts]
