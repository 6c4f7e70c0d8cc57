"""The company: steps through days, takes in what was delivered, and shows what its systems would show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from simulator import delivered, event_rows, portfolio
from simulator.activity import Activity, Rhythm
from simulator.adoption import Adoption
from simulator.contracts import Contracts, Hazards
from simulator.desk import Desk
from simulator.draws import Bools, Draws, Ints
from simulator.feedback import Feedback
from simulator.health import Health
from simulator.influence import Influence
from simulator.knowledge import Knowledge
from simulator.ledger import Ledger
from simulator.names import Names
from simulator.people import People
from simulator.records import Records
from simulator.scenario import Scenario, ScenarioError, to_date
from simulator.standing import Standing
from simulator.state import frame as state_frame
from simulator.support import BY_CSM, Support
from simulator.tables import AI_ANSWERS, LOGGED, TABLES
from simulator.usage import Batch, Usage


@dataclass(frozen=True)
class Day:
    """What a step leaves to see: the UTC day's events, and the hazards that held (the truth)."""

    day: int
    events: Batch | None
    names: Names
    hazards: Hazards
    activity: Activity

    @cached_property
    def usage(self) -> pa.Table | None:
        """The events in the contract's columns; made when asked for, on whichever thread that is."""
        return None if self.events is None else event_rows.table(self.events, self.day, self.names)


class Company:
    """One company. `step` advances a day; `frame` shows a table as of the end of the last day stepped.

    With `watched=False` it skips event rows and words, and is only as much as the truth needs.
    """

    def __init__(self, scenario: Scenario, *, watched: bool = True) -> None:
        self.scenario = scenario
        self.draws = draws = Draws(scenario.seed)
        self.portfolio = portfolio.found(scenario, draws)
        begin = scenario.founding_day
        self.today = begin - 1
        self.health = Health(self.portfolio, draws)
        self.contracts = Contracts(self.portfolio, draws, begin)
        self.people = People(self.portfolio, draws)
        self.adoption = Adoption(self.portfolio, draws)
        self.influence = Influence(scenario.effects, self.portfolio.is_machine)
        self.knowledge = Knowledge(draws, begin)
        self.desk = Desk(self.portfolio, draws, scenario.csm_count)
        self.standing = Standing(self.portfolio, draws)
        self.names = Names(self.portfolio, self.people, draws)
        self.ledger = Ledger({**{table: TABLES[table] for table in LOGGED}, "ai_answers": AI_ANSWERS})
        self._support = Support(self.portfolio, self.people, self.adoption, draws, scenario.effects)
        self._feedback = Feedback(self.portfolio, self.people, draws)
        self._rhythm = Rhythm(self.portfolio, draws, scenario.intensity)
        self._usage = Usage(self.portfolio, self.people, self.adoption, draws)
        self._records = Records(self.ledger, self.names, self.people, draws)
        here = np.flatnonzero(self.contracts.active)
        self.people.settle(here, self._settled_seats(begin), begin)
        self.adoption.settle(here, self.health.value, begin)
        self.watched = False
        while self.today < scenario.first_day - 1:
            unseen = self.step(self.today + 1, [])
        self.watched = watched
        self._usage.step(unseen.activity)  # what runs over into the first day
        self.names.grow()

    def _settled_seats(self, day: int) -> Ints:
        """Users of the accounts that are already here: newer ones have not filled their seats."""
        tenure = day - self.portfolio.start_day
        filled = 1 - np.exp(-np.maximum(tenure, 1) / 60)
        seats: Ints = np.maximum(np.rint(self.portfolio.seats * filled), 1).astype(np.int64)
        return seats

    @property
    def account_ids(self) -> list[str]:
        return self.names.account_ids

    def step(self, day: int, actions: Iterable[Mapping[str, Any]] | pl.DataFrame | None = None) -> Day:
        """Live through `day` (days since 1970; the one after `today`), with the actions delivered since the
        last step.

        None: the company's own automation decides, if the scenario has it and it is live. Raises
        ScenarioError for a day out of turn, DeliveredError for an action that can't be understood.
        """
        if day != self.today + 1:
            raise ScenarioError(f"step {to_date(day)} is out of turn; the next is {to_date(self.today + 1)}")
        contracts, health, influence = self.contracts, self.health, self.influence
        working = contracts.active.copy()
        contracts.close(day)
        working &= contracts.active  # since before today, and not gone
        received = self._received(day, actions)
        influence.receive(day, received, health.value)
        self.desk.receive(day, received)

        joined = contracts.open(day)
        self.people.open(joined, day)
        health.join(joined)
        self.adoption.open(joined, day)
        lost = self.people.step(
            day, working, contracts.decided_day <= day, health.value, contracts.wanted_users()
        )
        health.step(day, working, lost, self.adoption.adopted, self.adoption.depth())
        hazards = contracts.hazards(
            day, health.value, influence.churn(day, health.value), influence.expansion(day)
        )
        contracts.step(day, health.value, hazards)
        self.adoption.step(day, working, health.value, influence.adoption(day))
        if self.watched:
            self.names.grow()
        if to_date(day).day == 1:
            contracts.deals.bill(day, health.value)
        self.knowledge.step(day)
        activity = self._rhythm.step(day, working, self.people, health.value, contracts.fading(day))
        self.standing.watch(activity.per_account(len(working), self.people))
        self._serve(day, working)
        events = self._usage.step(activity) if self.watched else None
        self.today = day
        return Day(day, events, self.names, hazards, activity)

    def _received(
        self, day: int, actions: Iterable[Mapping[str, Any]] | pl.DataFrame | None
    ) -> delivered.Delivered:
        if actions is not None:
            plays = self.scenario.effects.plays
            rows = actions.iter_rows(named=True) if isinstance(actions, pl.DataFrame) else actions
            return delivered.read(rows, self.account_ids, plays).on(day)
        if self.scenario.automation == "standing" and day >= self.scenario.live_day:
            return self.standing.decide(day, self.contracts.active, self.contracts.renewal_day - day)
        return delivered.Delivered.nothing()

    def _serve(self, day: int, working: Bools) -> None:
        """Support, feedback and the CSMs' own work."""
        live = self.scenario.automation != "none" and day >= self.scenario.live_day
        contacts = self._support.contacts(day, working, self.health)
        handling = self._support.handle(
            day, contacts, self.health, self.knowledge, ai_live=live, overload=self.desk.overload()
        )
        done = self.desk.step(
            day,
            working,
            contacts.account[handling.by == BY_CSM],
            to_renewal=self.contracts.renewal_day - day,
            growing=self.contracts.deals.growing(),
            prepared=live,
        )
        self.desk.tell(day, done, self.influence, self.health.value)
        if self.watched:
            answers = self._feedback.step(day, working, self.health.value, self.influence.nps_points)
            self._records.support(day, contacts, handling, self.knowledge)
            self._records.feedback(day, answers)
            self._records.activities(day, done, self.health, self.desk.present(day))

    def frame(self, table: str) -> pl.DataFrame:
        """A contract table (all but usage_events) as of the end of `today`: nothing later is in it."""
        return state_frame(self, table)
