"""Which vendor shows what, when a company is seen through many at once and each thing should stand once."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import Any

from simulator.scenario import ScenarioError

Shares = Mapping[str, float]


class SplitError(ScenarioError):
    """The split can't be used; the message says what to change."""


@dataclass(frozen=True)
class Split:
    """Shares of accounts by vendor; `usage_events`: the vendor of each channel. A vendor that could show a
    thing and is not named shows none of it.

    `accounts` carries contacts, opportunities and CSM activities along, `tickets` the support desk's
    organisations and users (a CRM that is a desk, too, keeps to those of `accounts`). An account's group
    stays together. `tickets` and `ai_conversations` of one account fall alike, so that with equal shares the
    same accounts are meant.
    """

    accounts: Shares
    tickets: Shares
    ai_conversations: Shares
    survey_responses: Shares
    code_changes: Shares
    usage_events: Mapping[str, str]
    seed: int = 7

    @classmethod
    def of(cls, given: Any, seed: int) -> "Split | None":
        """From a preset's name or plain values, which replace those of `one_of_each`. Raises SplitError."""
        if given is None:
            return None
        if given == "one_of_each":
            given = {}
        if not isinstance(given, Mapping):
            raise SplitError(f"split is {given!r}; it can be 'one_of_each' or an object")
        unknown = sorted(set(given) - {each.name for each in fields(cls)})
        if unknown:
            raise SplitError(f"{unknown[0]!r} can't be split; these can: {', '.join(ONE_OF_EACH)}")
        return cls(**{**ONE_OF_EACH, "seed": seed, **given})

    def __post_init__(self) -> None:
        for thing, vendors in VENDORS.items():
            named = getattr(self, thing)
            own = named.values() if thing == "usage_events" else named
            if strange := sorted(set(own) - set(vendors)):
                raise SplitError(f"{strange[0]!r} does not show {thing}; these do: {', '.join(vendors)}")

    def channels(self, vendor: str) -> list[str]:
        """Channels whose usage a vendor gets."""
        return [channel for channel, own in self.usage_events.items() if own == vendor]

    def place(self, thing: str, key: str) -> str | None:
        """The vendor that shows the thing for an account (or another key)."""
        shares: Shares = getattr(self, thing)
        line = "support" if thing in ("tickets", "ai_conversations") else thing
        digest = blake2b(f"{self.seed}/split/{line}/{key}".encode(), digest_size=6).digest()
        left = int.from_bytes(digest, "big") / float(1 << 48) * sum(shares.values())
        for vendor, share in shares.items():
            left -= share
            if left < 0:
                return vendor
        return None


VENDORS = {
    "accounts": ("salesforce", "hubspot"),
    "tickets": ("zendesk", "intercom", "salesforce", "hubspot"),
    "ai_conversations": ("zipchat", "intercom"),
    "survey_responses": ("delighted", "pendo"),
    "code_changes": ("github", "gitlab", "bitbucket"),
    "usage_events": ("mixpanel", "segment", "amplitude", "pendo"),
}
ONE_OF_EACH: dict[str, Any] = {
    "accounts": {"salesforce": 0.5, "hubspot": 0.5},
    "tickets": {"zendesk": 0.6, "intercom": 0.4},
    "ai_conversations": {"zipchat": 1.0},
    "survey_responses": {"delighted": 1.0},
    "code_changes": {"github": 1.0},
    "usage_events": {"ui": "mixpanel", "mobile": "mixpanel", "api": "segment", "integration": "segment"},
}
