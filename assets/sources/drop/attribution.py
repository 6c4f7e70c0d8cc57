"""Whose row is it: how a row finds its account (and CSM) in `identity`, and the reasons when it does not."""

from dataclasses import dataclass

from assets.sources.drop import identity
from assets.sources.drop.schema import AccountLink, Table
from assets.sources.sql import literal


@dataclass(frozen=True)
class Violation:
    """A condition that rejects a row when true, and the reason to give: both SQL."""

    condition: str
    reason: str


@dataclass(frozen=True)
class Attribution:
    """`joins` go behind the relation with the cleaned texts `t_<column>`; the others are SQL over both.

    `sought`: varchar[] of the `kind:value` that were looked up, so that a rejected row can wait for them.
    """

    joins: str
    account: str
    found_by: str
    sought: str
    violations: tuple[Violation, ...]


@dataclass(frozen=True)
class _Way:
    """One way to an account: its name in `_resolved_by`, the identity kind, the SQL of the value sought."""

    name: str
    kind: str
    value: str

    @property
    def alias(self) -> str:
        return f"by_{self.name}"

    @property
    def join(self) -> str:
        return (
            f"left join identity as {self.alias} on {self.alias}.kind = '{self.kind}'"
            f" and {self.alias}.value = {self.value}"
        )

    @property
    def sought(self) -> str:
        return f"'{self.kind}:' || {self.value}"


def shown(text: str) -> str:
    """SQL of a value as it appears in a reason: quoted, and not longer than a reader can take in."""
    return f"'''' || left({text}, 80) || ''''"


def attribution(table: Table, given: frozenset[str], *, accounts_elsewhere: bool = False) -> Attribution:
    """`accounts_elsewhere`: other systems say who the accounts are, so ids are taken as given; whom the row
    belongs to is found out later, by identity in the models.
    """
    if accounts_elsewhere:
        return _as_given(table, given)
    ways = _ways(table, given)
    violations: list[Violation] = []
    account = found_by = "null::varchar"
    if table.account is AccountLink.RESOLVED:
        account, found_by = _resolution(ways)
        violations = _unresolved(table, ways, given, account)
    elif table.account is not AccountLink.NONE and ways:
        account = "by_account_id.account_id"
        violations = [
            Violation(
                f"t_account_id is not null and {account} is null",
                f"'unknown account ' || {shown('t_account_id')}",
            )
        ]
    if table.requires_csm:
        csm = _Way("csm_id", "csm_id", "t_csm_id")
        ways = [*ways, csm]
        violations.append(
            Violation(
                "t_csm_id is not null and by_csm_id.value is null", f"'unknown csm ' || {shown('t_csm_id')}"
            )
        )
    listed = ", ".join(way.sought for way in ways)
    return Attribution(
        joins=" ".join(way.join for way in ways),
        account=account,
        found_by=found_by,
        sought=f"list_filter([{listed}], lambda each: each is not null)" if ways else "null::varchar[]",
        violations=tuple(violations),
    )


def _as_given(table: Table, given: frozenset[str]) -> Attribution:
    violations: tuple[Violation, ...] = ()
    if table.account is AccountLink.RESOLVED:
        violations = (_unnamed(table, given),)
    account = "t_account_id" if "account_id" in given else "null::varchar"
    found_by = f"case when {account} is not null then 'account_id' end"
    return Attribution(
        joins="", account=account, found_by=found_by, sought="null::varchar[]", violations=violations
    )


def _ways(table: Table, given: frozenset[str]) -> list[_Way]:
    """In order of strength; only by columns that the file has."""
    if table.account in (AccountLink.REQUIRED, AccountLink.OPTIONAL):
        return [_Way("account_id", "account_id", "t_account_id")] if "account_id" in given else []
    ways: list[_Way] = []
    domains: list[str] = []
    for column in table.identified_by:
        if column not in given:
            continue
        kind = identity.KIND_OF_COLUMN[column]
        value = identity.lookup_value(kind, f"t_{column}")
        if kind == "domain":
            domains.insert(0, value)
            continue
        ways.append(_Way(kind, kind, value))
        if kind == "email":
            domains.append(identity.email_domain(f"t_{column}"))
    if domains:
        ways.append(
            _Way("domain", "domain", f"coalesce({', '.join(domains)})" if len(domains) > 1 else domains[0])
        )
    return ways


def _resolution(ways: list[_Way]) -> tuple[str, str]:
    """A row that names its account means that one: an unknown id is never overruled by an address."""
    others = [way for way in ways if way.name != "account_id"]
    found = [f"when {way.alias}.account_id is not null then" for way in others]
    account = " ".join(f"{when} {way.alias}.account_id" for when, way in zip(found, others, strict=True))
    found_by = " ".join(f"{when} '{way.name}'" for when, way in zip(found, others, strict=True))
    if len(others) < len(ways):
        account = f"when t_account_id is not null then by_account_id.account_id {account}"
        found_by = f"when t_account_id is not null then 'account_id' {found_by}"
    return (f"case {account} end", f"case {found_by} end") if ways else ("null::varchar", "null::varchar")


def _unresolved(table: Table, ways: list[_Way], given: frozenset[str], account: str) -> list[Violation]:
    violations = [_unnamed(table, given)]
    if not ways:
        return violations
    tried = ", ".join(
        f"case when {way.value} is not null then case when {way.alias}.value is null then 'no account has '"
        f" else 'several accounts have ' end || '{way.kind} ' || {shown(way.value)} end"
        for way in ways
        if way.name != "account_id"
    )
    reason = (
        f"'unknown account (' || array_to_string([{tried}], ', ') || ')'" if tried else "'unknown account'"
    )
    if "account_id" in given:
        by_id = f"'unknown account ' || {shown('t_account_id')}"
        reason = f"case when t_account_id is not null then {by_id} else {reason} end"
    return [*violations, Violation(f"{_is_named(table, given)} and ({account}) is null", reason)]


def _is_named(table: Table, given: frozenset[str]) -> str:
    named = [f"t_{column} is not null" for column in table.identified_by if column in given]
    return f"({' or '.join(named)})" if named else "false"


def _unnamed(table: Table, given: frozenset[str]) -> Violation:
    return Violation(
        f"not {_is_named(table, given)}", literal(f"needs one of {', '.join(table.identified_by)}")
    )
