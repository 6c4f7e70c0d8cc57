"""Text rows to typed rows with a verdict: fit for the raw table, or the reasons why not, all of them.

One bulk `insert … select` per file into the temporary table `judged`: the raw table's columns, and for a
rejected row `reasons` (varchar[]), `sought` (the identities it was looked up by, `kind:value`) and
`retry_at` (when a row dated in the future is due).
"""

from datetime import UTC, datetime

import duckdb

from assets.sources.drop import casting
from assets.sources.drop.attribution import Violation, attribution, shown
from assets.sources.drop.contract import CLOCK_TOLERANCE, SCORE_BOUNDS
from assets.sources.drop.formats import TableFormats
from assets.sources.drop.schema import AccountLink, Column, Table
from assets.sources.drop.staging import TextRows
from assets.sources.sql import literal, quoted


def prepare(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    columns = ", ".join(f"{quoted(name)} {sql_type}" for name, sql_type in table.raw_columns)
    connection.execute(
        f"create or replace temp table judged ({columns},"
        " reasons varchar[], sought varchar[], retry_at timestamp)"
    )


def judge(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    rows: TextRows,
    formats: TableFormats,
    *,
    file: str,
    load_id: int,
    now: datetime,
    accounts_elsewhere: bool = False,
) -> None:
    """Append the file's rows to `judged`. The temporary table `identity` must be current; `now` is aware."""
    latest = (now.astimezone(UTC) + CLOCK_TOLERANCE).replace(tzinfo=None)
    columns = table.columns
    texts = ", ".join(
        f"{casting.cleaned(quoted(each.name), each, formats)} as t_{each.name}" for each in columns
    )
    values = ", ".join(
        f"{casting.cast(f't_{each.name}', each, formats)} as v_{each.name}" for each in columns
    )
    accepted = ", ".join(f"{casting.acceptable(f'v_{each.name}', each)} as c_{each.name}" for each in columns)
    owner = attribution(table, rows.given, accounts_elsewhere=accounts_elsewhere)
    violations = [*_violations(table, rows.given, latest), *owner.violations]
    # A reason that came out null would let its row pass.
    checks = ", ".join(
        f"case when {each.condition} then coalesce({each.reason}, 'breaks a rule') end as reason_{number}"
        for number, each in enumerate(violations)
    )
    reasons = [f"reason_{number}" for number in range(len(violations))]
    is_ok = " and ".join(f"{each} is null" for each in ["problem", *reasons])
    listed = f"list_filter([{', '.join(reasons)}], lambda reason: reason is not null)"
    is_resolved = table.account is AccountLink.RESOLVED
    output = [
        "found_account" if is_resolved and each.name == "account_id" else f"c_{each.name}" for each in columns
    ]
    connection.execute(
        f"""
        insert into judged
        with texts as ({rows.sql}),
        cleaned as (select line, problem, extra, {texts} from texts),
        typed as (select *, {values} from cleaned),
        accepted as (select *, {accepted} from typed),
        checked as (
            select accepted.*, {owner.account} as found_account, {owner.found_by} as found_by,
                {owner.sought} as sought, {checks}
            from accepted {owner.joins}
        ),
        verdicts as (select *, {is_ok} as is_ok from checked)

        select {", ".join(output)}{", found_by" if is_resolved else ""}, extra, ?, line, ?, false,
            case when is_ok then null when problem is not null then [problem] else {listed} end,
            case when not is_ok then sought end,
            case when not is_ok then {_retry_at(table, rows.given, latest)} end
        from verdicts
        """,
        [file, load_id],
    )


def _violations(table: Table, given: frozenset[str], latest: datetime) -> list[Violation]:
    found = []
    for column in table.columns:
        if column.is_required:
            found.append(Violation(f"t_{column.name} is null", f"'{column.name} is missing'"))
        if column.name in given:
            found += _value_violations(column, given, latest)
    if table.name == "survey_responses" and {"kind", "score"} <= given:
        for kind, (low, high) in SCORE_BOUNDS.items():
            reason = f"'score ' || {shown('t_score')} || ' is not between {low:g} and {high:g} ({kind})'"
            found.append(Violation(f"c_kind = '{kind}' and c_score not between {low} and {high}", reason))
    return found


def _value_violations(column: Column, given: frozenset[str], latest: datetime) -> list[Violation]:
    text, value = f"t_{column.name}", f"c_{column.name}"
    subject = f"'{column.name} ' || {shown(text)}"
    wrong_type = literal(f" is not {casting.expected(column)}")
    found = [Violation(f"{text} is not null and {value} is null", f"{subject} || {wrong_type}")]
    if column.minimum is not None:
        found.append(
            Violation(f"{value} < {column.minimum}", f"{subject} || ' is less than {column.minimum:g}'")
        )
    if column.maximum is not None:
        found.append(
            Violation(f"{value} > {column.maximum}", f"{subject} || ' is more than {column.maximum:g}'")
        )
    if column.is_past:
        found.append(Violation(f"{value} > timestamp '{latest}'", f"{subject} || ' is in the future'"))
    if column.not_before is not None and column.not_before in given:
        earlier = f"{column.not_before} ' || {shown(f't_{column.not_before}')}"
        found.append(Violation(f"{value} < c_{column.not_before}", f"{subject} || ' is before {earlier}"))
    return found


def _retry_at(table: Table, given: frozenset[str], latest: datetime) -> str:
    """When the last of a row's future times is no longer in the future; null when none is."""
    due = [
        f"case when c_{column.name} > timestamp '{latest}' then c_{column.name} end"
        for column in table.columns
        if column.is_past and column.name in given
    ]
    if not due:
        return "null::timestamp"
    return f"greatest({', '.join(due)}) - interval {int(CLOCK_TOLERANCE.total_seconds())} second"
