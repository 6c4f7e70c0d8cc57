"""What every API connector can be told beside its credentials."""

from typing import Self

from pydantic import Field

from assets.sources.settings import ConnectorSettings

_TRIES_BEFORE_A_PERSON = 2
_PATIENCE_OF_A_PERSON_SECONDS = 60


class ApiSettings(ConnectorSettings):
    """Defaults suit a real vendor; tests make waits short.

    `page_size`: rows asked for at once. `timeout_seconds`: without a byte from the vendor. `max_attempts` per
    request; between them `backoff_seconds`, doubled each time up to a minute, or what the vendor asks for, if
    that is at most `patience_seconds`. `package_rows`: after so many rows what came is committed with its
    cursor, and the load goes on from there. `shrink_limit`: a whole listing with less than this share of the
    rows that stand is refused, unless its stream proved it whole; after a real shrink, set it to 0 for one
    load. `drift_limit`: where more than this share of a table's changes is rejected, the vendor's format has
    changed: they are read again each time, until they fit.
    """

    page_size: int = Field(default=100, ge=1)
    timeout_seconds: float = Field(default=60, gt=0)
    max_attempts: int = Field(default=8, ge=1)
    backoff_seconds: float = Field(default=1, ge=0)
    patience_seconds: float = Field(default=900, ge=0)
    package_rows: int = Field(default=100_000, ge=1)
    shrink_limit: float = Field(default=0.8, ge=0, le=1)
    drift_limit: float = Field(default=0.5, ge=0, le=1)

    def for_a_person_who_waits(self) -> Self:
        """The same with few tries and short waits: whoever tries out settings wants to hear what is wrong."""
        return self.model_copy(
            update={
                "max_attempts": min(self.max_attempts, _TRIES_BEFORE_A_PERSON),
                "patience_seconds": min(self.patience_seconds, _PATIENCE_OF_A_PERSON_SECONDS),
            }
        )
