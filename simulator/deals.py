"""The commercial paper trail: subscriptions, opportunities, invoices. Rare events, so one row at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from simulator.draws import Bools, Draws, Floats, Ints
from simulator.health import probability
from simulator.people import NEVER
from simulator.portfolio import Portfolio

STAGES = ("qualification", "proposal", "negotiation")


@dataclass
class Subscription:
    account: int
    started: int  # day
    mrr: float
    seats: int
    ended: int = NEVER


@dataclass
class Opportunity:
    """`decided` is the day it is won or lost; until then it moves through the stages."""

    account: int
    kind: str
    created: int  # second since 1970
    closes: int  # day
    amount: float
    seats: int = 0
    decided: int = NEVER
    is_won: bool = False

    def stages(self, today: int) -> Iterator[tuple[int, str]]:
        """The days, up to `today`, on which it came into a stage, and the stage; the last is the present."""
        begun, length = self.created // 86400, max(self.closes - self.created // 86400, 1)
        starts = [begun + -(-number * length // len(STAGES)) for number in range(len(STAGES))]
        yield begun, STAGES[0]
        for number, start in enumerate(starts):
            is_passed = number + 1 < len(STAGES) and starts[number + 1] == start
            if begun < start < self.decided and start <= today and not is_passed:
                yield start, STAGES[number]
        if self.decided <= today:
            yield self.decided, "closed_won" if self.is_won else "closed_lost"


@dataclass(frozen=True)
class Invoice:
    account: int
    issued: int
    due: int
    paid: int  # day; NEVER: not yet
    amount: float


@dataclass
class Deals:
    portfolio: Portfolio
    draws: Draws
    subscriptions: list[Subscription] = field(default_factory=list)
    opportunities: list[Opportunity] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    current: dict[int, Subscription] = field(default_factory=dict)
    price: Floats = field(default_factory=lambda: np.zeros(0))
    _open: list[Opportunity] = field(default_factory=list)  # expansions under way
    _renewals: dict[int, Opportunity] = field(default_factory=dict)
    _first: dict[int, Opportunity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.price = self.portfolio.price.copy()

    def _office_hours(self, stream: str, account: int, day: int) -> int:
        share = self.draws.uniform(stream, day, self.portfolio.keys[account : account + 1])[0]
        return day * 86400 + 43200 + int(share * 28800)

    def _subscribe(self, account: int, day: int, seats: int) -> None:
        """Close what runs, begin anew at today's price."""
        if (running := self.current.get(account)) is not None:
            running.ended = day
        row = Subscription(account, day, round(float(seats * self.price[account]), 2), seats)
        self.current[account] = row
        self.subscriptions.append(row)

    def _add(self, opportunity: Opportunity) -> Opportunity:
        self.opportunities.append(opportunity)
        return opportunity

    def prospect(self, accounts: Ints, days: Ints, closes: Ints, seats: Ints) -> None:
        """A trial begins: a new-business opportunity that the contract will win."""
        for account, day, close in zip(accounts.tolist(), days.tolist(), closes.tolist(), strict=True):
            amount = round(float(seats[account] * self.price[account] * 12), 2)
            self._first[account] = self._add(
                Opportunity(account, "new", day * 86400 + 86399, close, amount, int(seats[account]))
            )

    def begin(self, accounts: Ints, days: Ints, seats: Ints) -> None:
        for account, day in zip(
            accounts.tolist(), np.broadcast_to(days, accounts.shape).tolist(), strict=True
        ):
            self._subscribe(account, day, int(seats[account]))
            if (first := self._first.pop(account, None)) is not None:
                first.decided, first.is_won = day, True

    def propose(self, accounts: Ints, day: int, health: Floats, seats: Ints) -> None:
        """Expansion opportunities; how they end is drawn here and shows when they are decided."""
        keys = self.portfolio.keys[accounts]
        growth = 0.08 + 0.35 * self.draws.uniform("expansion size", day, keys) ** 1.5
        runs = 15 + 45 * self.draws.uniform("expansion length", day, keys)
        wins = self.draws.uniform("expansion won", day, keys) < 0.25 + 0.5 * probability(health)
        busy = {each.account for each in self._open}
        for number, account in enumerate(accounts.tolist()):
            if account in busy or account not in self.current:
                continue
            more = max(round(int(seats[account]) * float(growth[number])), 1)
            amount = round(float(more * self.price[account] * 12), 2)
            close = day + int(runs[number])
            created = self._office_hours("expansion at", account, day)
            row = Opportunity(account, "expansion", created, close, amount, more, close, bool(wins[number]))
            self._open.append(self._add(row))

    def settle(self, day: int, staying: Bools) -> Iterator[tuple[int, int]]:
        """Expansions decided today; yields (account, seats from now on) for those won."""
        for row in [each for each in self._open if each.decided <= day or not staying[each.account]]:
            self._open.remove(row)
            running = self.current.get(row.account)
            if not staying[row.account] or running is None:
                row.decided, row.is_won = min(day, row.decided), False
            elif row.is_won:
                self._subscribe(row.account, day, running.seats + row.seats)
                yield row.account, running.seats + row.seats

    def growing(self) -> Ints:
        """Accounts with an expansion under way."""
        return np.array([row.account for row in self._open], dtype=np.int64)

    def offer_renewal(self, accounts: Ints, day: int, renewals: Ints) -> None:
        for account, renewal in zip(accounts.tolist(), renewals.tolist(), strict=True):
            if (running := self.current.get(account)) is not None:
                created = self._office_hours("renewal at", account, day)
                amount = round(running.mrr * 12, 2)
                self._renewals[account] = self._add(
                    Opportunity(account, "renewal", created, renewal, amount, running.seats)
                )

    def renew(self, accounts: Ints, day: int, seats: Ints, uplift: float) -> None:
        for account in accounts.tolist():
            self.price[account] *= 1 + uplift
            self._subscribe(account, day, int(seats[account]))
            if (row := self._renewals.pop(account, None)) is not None:
                row.decided, row.is_won = day, True

    def give_up(self, accounts: Ints, days: Ints) -> None:
        """Renewals that their CSM will close as lost on `days`, some time before the contract ends."""
        for account, day in zip(accounts.tolist(), days.tolist(), strict=True):
            if (row := self._renewals.get(account)) is not None:
                row.decided = day

    def lose(self, accounts: Ints, day: int) -> None:
        for account in accounts.tolist():
            if (running := self.current.pop(account, None)) is not None:
                running.ended = day
            if (row := self._renewals.pop(account, None)) is not None:
                row.decided = min(row.decided, day)

    def bill(self, day: int, health: Floats) -> None:
        """Invoices on the first of the month, for what runs; unhappy accounts pay late, a few very late."""
        accounts = np.array(sorted(self.current), dtype=np.int64)
        keys = self.portfolio.keys[accounts]
        late = np.exp(2.6 - 0.45 * health[accounts] + 0.6 * self.draws.normal("paying", day, keys))
        for account, delay in zip(accounts.tolist(), np.rint(late).astype(np.int64).tolist(), strict=True):
            self.invoices.append(Invoice(account, day, day + 30, day + 12 + delay, self.current[account].mrr))
