"""What every connector of usage can be told: where in an event stand the things that are not the vendor's
own."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from assets.sources.api.settings import ApiSettings


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError("there is no such time zone; give one as in Europe/Berlin") from None
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class UsageSettings(ApiSettings):
    """`*_property`: the name of the event property that holds it, empty where there is none.

    `history_days`: how far back the first load goes without `start_on`. `late_days`: a day, hour or folder
    is read again until so many days after its end, for events that arrive late. `shrink_limit`: what is read
    again with less than this share of its events is refused, and what stood is kept; after a real shrink, set
    it to 0 for one load. `shrink_rows`: losing fewer than so many is no shrink, unless most of what the load
    reads again is gone.
    """

    timeout_seconds: float = Field(default=300, gt=0)
    history_days: int = Field(default=730, ge=1)
    late_days: int = Field(default=2, ge=0)
    shrink_rows: int = Field(default=10, ge=1)
    feature_property: str = "feature"
    channel_property: str = "channel"
    quantity_property: str = "quantity"
    email_property: str = "email"
    domain_property: str = "company_domain"
