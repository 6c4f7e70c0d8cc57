"""Account attributes on their way to systems that keep them in fields of their own names.

Each system's destination maps the names here (`score`, `tier`, `risk`, `risk_band`, `as_of`) to its fields;
an empty field name leaves that attribute out.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from sensors.channels.attributes import AccountAttributes
from sensors.channels.channel import (
    ChannelMisconfiguredError,
    DeliveryError,
    DestinationRejectedError,
    Message,
    Outcome,
)
from sensors.channels.http_exchange import is_channel_wide

NAMES = ("score", "tier", "risk", "risk_band", "as_of")
_SCORES, _RISKS = (0.0, 100.0), (0.0, 1.0)
Value = float | str | None


def field_names(defaults: Mapping[str, str], changed: Mapping[str, str], system: str) -> dict[str, str]:
    """The system's field of each attribute. Raises `ChannelMisconfiguredError`."""
    if unknown := sorted(set(changed) - set(NAMES)):
        raise ChannelMisconfiguredError(
            f"{system}'s fields: {unknown[0]!r} is no attribute; there are {', '.join(NAMES)}"
        )
    return {name: field for name, field in {**defaults, **changed}.items() if field}


def account_of(message: Message, system: str) -> str:
    """The account's id in the system, as the decision's facts name it. Raises `DestinationRejectedError`."""
    external_id = message.content.get("external_id")
    if not external_id:
        raise DestinationRejectedError(
            f"the decision names no account of {system} (`external_id` in its facts)"
        )
    return str(external_id)


def values(account: AccountAttributes, fields: Mapping[str, str]) -> dict[str, Value]:
    """What to write, by the system's field; an unknown score or risk is None."""
    given: dict[str, Value] = {
        "score": account.score,
        "tier": account.tier,
        "risk": account.risk,
        "risk_band": account.risk_band,
        "as_of": account.as_of.isoformat(),
    }
    return {field: given[name] for name, field in fields.items()}


def written_in_batches(
    accounts: Sequence[AccountAttributes],
    size: int,
    write: Callable[[Sequence[AccountAttributes]], Sequence[Outcome]],
) -> Iterator[Outcome]:
    """One outcome per account, in order. What is no value of an account is refused here and not sent; after
    an answer that concerns the whole system (rate limit, wrong credentials) the rest is not sent either.
    """
    halted: DeliveryError | None = None
    for start in range(0, len(accounts), size):
        batch = accounts[start : start + size]
        problems = [_problem(account) for account in batch]
        sound = [account for account, problem in zip(batch, problems, strict=True) if problem is None]
        outcomes: Sequence[Outcome] = []
        if halted is None and sound:
            try:
                outcomes = write(sound)
            except DeliveryError as error:
                outcomes = [error] * len(sound)
                halted = error if is_channel_wide(error) else None
        elif halted is not None:
            outcomes = [halted] * len(sound)
        following = iter(outcomes)
        for problem in problems:
            yield DestinationRejectedError(problem) if problem else next(following)


def _problem(account: AccountAttributes) -> str | None:
    """Why these are no attributes of an account, in words."""
    if not account.external_id.strip():
        return "the account has no id in that system"
    if not _within(account.score, _SCORES):
        return f"the score {account.score} is not between 0 and 100"
    if not _within(account.risk, _RISKS):
        return f"the risk {account.risk} is not between 0 and 1"
    return None


def _within(value: float | None, bounds: tuple[float, float]) -> bool:
    return value is None or (math.isfinite(value) and bounds[0] <= value <= bounds[1])
