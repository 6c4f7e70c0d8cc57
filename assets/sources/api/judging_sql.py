"""The statements that judge a batch of payloads (`batch`: position, payload, extra, digest,
problem, and per column its text and whether it is a misfit, as `ColumnTexts` has them).

Two of them, because planning all reasons of all columns takes longer than judging thousands of good rows.
"""

from collections.abc import Iterable

from assets.sources.api import casting
from assets.sources.api.tables import Column, Table
from assets.sources.sql import literal, quoted

_KEY_SEPARATOR = "|"


def ddl(table: Table) -> str:
    """`judged`: every row, typed. `reasons`: why the rejected ones are; by rules of their columns
    (`is_judged`), or because they could not be brought into the columns' form.
    """
    columns = "".join(f", {quoted(each.name)} {each.kind.sql_type}" for each in table.columns)
    return f"""
        create table judged (
            position bigint, is_rejected boolean, key varchar, extra varchar, digest varchar{columns}
        );
        create table reasons (position bigint, reasons varchar[], payload varchar, is_judged boolean)
    """


def judge(table: Table) -> str:
    rules = " or ".join(rule for column in table.columns for rule, _ in _rules(column))
    return f"""
        insert into judged
        {_typed(table, "batch")}
        select position, problem is not null or coalesce({rules}, false),
            {_joined(_value_of(table, name) for name in table.key)}, extra, digest,
            {", ".join(_value(column) for column in table.columns)}
        from typed
    """


def give_reasons(table: Table) -> str:
    """For the rows of the batch that are rejected. Of a row that is no object nothing more is said."""
    given = ", ".join(
        f"case when problem is null and {rule} then {reason} end"
        for column in table.columns
        for rule, reason in _rules(column)
    )
    rejected = (
        "(from batch semi join (from judged where is_rejected) as bad on bad.position = batch.position)"
    )
    return f"""
        insert into reasons
        {_typed(table, rejected)}
        select position, list_filter([problem, {given}], lambda reason: reason is not null), payload,
            problem is null
        from typed
    """


def text_column(column: Column) -> str:
    """Of the batch: the text that is cast."""
    return quoted(f"t_{column.name}")


def misfit_column(column: Column) -> str:
    """Of the batch: true where the text is no value for the column, whatever it says."""
    return quoted(f"m_{column.name}")


def key_text(table: Table) -> str:
    """A row's key as one text, as an expression over the raw table's columns."""
    return _joined(quoted(name) for name in table.key)


def _typed(table: Table, rows: str) -> str:
    """The CTE `typed`: the batch's columns, and per column its value (`c_`) beside its text (`t_`)."""
    values = [
        f"{casting.cast(text_column(each), misfit_column(each), each)} as {_value(each)}"
        for each in table.columns
    ]
    return f"with typed as (select *, {', '.join(values)} from {rows})"


def _rules(column: Column) -> list[tuple[str, str]]:
    """When a row breaks one, and the reason to give."""
    text, value = text_column(column), _value(column)
    subject = f"{literal(column.name + ' ')} || {casting.shown(text)}"
    wrong = literal(f" is not {column.kind.described}")
    found = [(f"({text} is not null and {value} is null)", f"{subject} || {wrong}")]
    if column.is_required:
        found.append((f"{text} is null", literal(f"{column.name} is missing")))
    if column.minimum is not None:
        less = literal(f" is less than {column.minimum:g}")
        found.append((f"{value} < {column.minimum}", f"{subject} || {less}"))
    if column.maximum is not None:
        more = literal(f" is more than {column.maximum:g}")
        found.append((f"{value} > {column.maximum}", f"{subject} || {more}"))
    return found


def _joined(values: Iterable[str]) -> str:
    return f" || '{_KEY_SEPARATOR}' || ".join(f"{value}::varchar" for value in values)


def _value_of(table: Table, name: str) -> str:
    return next(_value(column) for column in table.columns if column.name == name)


def _value(column: Column) -> str:
    return quoted(f"c_{column.name}")
