"""The true effects: what a delivered action really does to an account.

They are configured here (or in a JSON file with the same keys), never learned, and written to the truth
folder. Plays are known by their public names only; a play that is not listed does nothing but count as a
message.
"""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any


class EffectsError(ValueError):
    """An effects file that can't be read; the message names the key."""


OUTREACH, NUDGE, PROMPT, REMINDER, ONBOARDING = "outreach", "nudge", "prompt", "reminder", "onboarding"
KINDS = (OUTREACH, NUDGE, PROMPT, REMINDER, ONBOARDING)


def _plays() -> dict[str, str]:
    return {
        "declining_outreach": OUTREACH,
        "critical_escalation": OUTREACH,
        "immediate_routing": OUTREACH,
        "at_risk_review": OUTREACH,
        "churn_risk_intervention": OUTREACH,
        "churn_risk_severe": OUTREACH,
        "executive_sponsor_outreach": OUTREACH,
        "usage_nudge": NUDGE,
        "adoption_alert": NUDGE,
        "expansion_prompt": PROMPT,
        "renewal_reminder": REMINDER,
        "onboarding_sequence": ONBOARDING,
    }


@dataclass(frozen=True)
class Effects:
    """Multipliers act on daily hazards while they last; health is on the logit scale of the latent health.

    Set everything to its neutral value (`Effects.none()`) and delivered actions change nothing.
    """

    plays: dict[str, str] = field(default_factory=_plays)
    # a person reaching out: only for accounts whose latent health is below `declining_below` (0-1)
    declining_below: float = 0.55
    outreach_within_hours: float = 24.0
    timely_outreach_churn_multiplier: float = 0.70
    late_outreach_churn_multiplier: float = 0.92
    outreach_days: int = 45
    # machine messages to the customer
    nudge_adoption_multiplier: float = 1.6
    nudge_days: int = 14
    onboarding_adoption_multiplier: float = 1.4
    onboarding_days: int = 30
    prompt_expansion_multiplier: float = 1.25
    prompt_days: int = 21
    reminder_churn_multiplier: float = 0.93
    reminder_days: int = 30
    # too many messages: per message above `messages_free` within `messages_window_days`
    messages_free: int = 3
    messages_window_days: int = 14
    message_nps_points: float = -0.5
    message_health: float = -0.03
    # "we miss you" to an account that works through its API
    nudge_to_machine_account_nps_points: float = -1.5
    # AI support
    stale_answer_wrong_probability: float = 0.55
    wrong_answer_recontact_probability: float = 0.7
    wrong_answer_health: float = -0.10

    @classmethod
    def none(cls) -> "Effects":
        """Nothing that is delivered has any effect. AI support's own effects stay: they need no delivery."""
        return cls(
            timely_outreach_churn_multiplier=1.0,
            late_outreach_churn_multiplier=1.0,
            nudge_adoption_multiplier=1.0,
            onboarding_adoption_multiplier=1.0,
            prompt_expansion_multiplier=1.0,
            reminder_churn_multiplier=1.0,
            message_nps_points=0.0,
            message_health=0.0,
            nudge_to_machine_account_nps_points=0.0,
        )

    @classmethod
    def read(cls, path: Path) -> "Effects":
        """Raises EffectsError when the file names a setting that does not exist."""
        try:
            given: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError) as error:
            raise EffectsError(f"{path} is not a readable JSON file: {error}") from error
        unknown = set(given) - {each.name for each in fields(cls)}
        if unknown:
            raise EffectsError(f"{path} has unknown settings {sorted(unknown)}; see simulator/effects.py")
        wrong = {play: kind for play, kind in given.get("plays", {}).items() if kind not in KINDS}
        if wrong:
            raise EffectsError(f"{path} gives plays the unknown kinds {wrong}; kinds are {', '.join(KINDS)}")
        return cls(**given)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, sort_keys=True)
