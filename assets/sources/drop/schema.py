"""What a table of the contract is made of: columns with a kind and rules, a key, a way to its account."""

from dataclasses import dataclass
from enum import StrEnum

from assets.sources.kinds import Kind

__all__ = ["AccountLink", "Column", "Kind", "Table"]


class AccountLink(StrEnum):
    """How a table's rows belong to an account."""

    NONE = "none"
    IS_ACCOUNT = "is account"
    REQUIRED = "required"  # account_id is given and known
    OPTIONAL = "optional"  # account_id is empty or known
    RESOLVED = "resolved"  # account_id, or found through the table's other identifiers


@dataclass(frozen=True)
class Column:
    """One column and its rules.

    `minimum`, `maximum`: inclusive. `is_past`: dated later than the load plus `CLOCK_TOLERANCE` is an error.
    `not_before`: the name of a column this one may not precede. `values`: the accepted words, any case.
    """

    name: str
    kind: Kind
    is_required: bool = False
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    is_past: bool = False
    not_before: str | None = None


@dataclass(frozen=True)
class Table:
    """One table of the contract.

    `key` identifies a row; `event_time` is the column whose day a change is filed under.

    `identified_by`: the columns that can name the row's account, strongest first, for `RESOLVED` tables.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    account: AccountLink = AccountLink.NONE
    identified_by: tuple[str, ...] = ()
    event_time: str | None = None
    requires_csm: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_required)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def raw_columns(self) -> tuple[tuple[str, str], ...]:
        """Name and type of every column of the raw table, in order."""
        declared = tuple((column.name, column.kind.sql_type) for column in self.columns)
        resolved = (("_resolved_by", "varchar"),) if self.account is AccountLink.RESOLVED else ()
        return declared + resolved + PROVENANCE


# What every raw row carries beside the contract's columns.
PROVENANCE = (
    ("extra", "json"),
    ("_file", "varchar"),
    ("_line", "bigint"),
    ("_load_id", "bigint"),
    ("_is_duplicate", "boolean"),
)
