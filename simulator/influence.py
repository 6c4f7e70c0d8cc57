"""What delivered actions do to accounts: the configured true effects, while they last."""

from dataclasses import dataclass, field

import numpy as np

from simulator import effects
from simulator.delivered import ALERT, Delivered
from simulator.draws import Bools, Floats, Ints
from simulator.effects import Effects
from simulator.health import probability

NPS_MEMORY_DAYS = 30.0
PAST = -(2**40)


@dataclass(frozen=True)
class Applied:
    """One effect that an action had: for the truth."""

    action_id: str
    account: int
    kind: str
    from_day: int
    until_day: int
    multiplier: float


@dataclass
class _Spell:
    """A multiplier per account that lasts until a day."""

    until: Ints
    multiplier: Floats

    @classmethod
    def over(cls, accounts: int) -> "_Spell":
        return cls(np.full(accounts, PAST, dtype=np.int64), np.ones(accounts))

    def cast(self, account: int, until: int, multiplier: float) -> None:
        self.until[account], self.multiplier[account] = until, multiplier

    def on(self, day: int) -> Floats:
        return np.where(self.until > day, self.multiplier, 1.0)


@dataclass
class Influence:
    """Arrays over accounts. `nps_points` is added to what its people answer."""

    setting: Effects
    is_machine: Bools
    applied: list[Applied] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = len(self.is_machine)
        self._outreach = _Spell.over(count)
        self._reminder = _Spell.over(count)
        self._adoption = _Spell.over(count)
        self._expansion = _Spell.over(count)
        self.nps_points: Floats = np.zeros(count)
        self._messages: list[tuple[int, Ints]] = []

    def churn(self, day: int, health: Floats) -> Floats:
        """Multiplier of the churn hazard. Outreach helps accounts in decline, and only them."""
        declining = probability(health) < self.setting.declining_below
        return np.where(declining, self._outreach.on(day), 1.0) * self._reminder.on(day)

    def adoption(self, day: int) -> Floats:
        return self._adoption.on(day)

    def expansion(self, day: int) -> Floats:
        return self._expansion.on(day)

    def outreach_done(self, day: int, action_id: str, account: int, hours: float) -> None:
        """A CSM reached out `hours` after the action was delivered."""
        timely = hours <= self.setting.outreach_within_hours
        multiplier = (
            self.setting.timely_outreach_churn_multiplier
            if timely
            else self.setting.late_outreach_churn_multiplier
        )
        name = "timely outreach" if timely else "late outreach"
        until = day + self.setting.outreach_days
        self._cast(self._outreach, Applied(action_id, account, name, day, until, multiplier))

    def _cast(self, spell: _Spell, applied: Applied) -> None:
        spell.cast(applied.account, applied.until_day, applied.multiplier)
        self.applied.append(applied)

    def receive(self, day: int, actions: Delivered, health: Floats) -> None:
        """Messages that reach customers themselves; what needs a person goes to the desk instead."""
        setting = self.setting
        self.nps_points *= np.exp(-1 / NPS_MEMORY_DAYS)
        spells = {
            effects.NUDGE: (self._adoption, setting.nudge_days, setting.nudge_adoption_multiplier),
            effects.ONBOARDING: (
                self._adoption,
                setting.onboarding_days,
                setting.onboarding_adoption_multiplier,
            ),
            effects.PROMPT: (self._expansion, setting.prompt_days, setting.prompt_expansion_multiplier),
            effects.REMINDER: (self._reminder, setting.reminder_days, setting.reminder_churn_multiplier),
        }
        to_customers: list[int] = []
        for action_id, account, kind in zip(
            actions.ids, actions.account.tolist(), actions.kinds, strict=True
        ):
            if kind in (effects.OUTREACH, ALERT):
                continue
            to_customers.append(account)
            if kind in spells:
                spell, days, multiplier = spells[kind]
                self._cast(spell, Applied(action_id, account, kind, day, day + days, multiplier))
            if kind == effects.NUDGE and self.is_machine[account]:
                self.nps_points[account] += setting.nudge_to_machine_account_nps_points
        self._count(day, np.array(to_customers, dtype=np.int64), health)

    def _count(self, day: int, accounts: Ints, health: Floats) -> None:
        """Too many messages annoy."""
        setting = self.setting
        self._messages = [each for each in self._messages if each[0] > day - setting.messages_window_days]
        if not len(accounts):
            return
        self._messages.append((day, accounts))
        recent = np.bincount(np.concatenate([a for _, a in self._messages]), minlength=len(self.nps_points))
        today = np.bincount(accounts, minlength=len(self.nps_points))
        above = np.minimum(np.maximum(recent - setting.messages_free, 0), today)
        self.nps_points += setting.message_nps_points * above
        health += setting.message_health * above
