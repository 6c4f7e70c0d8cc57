"""Staged lines to typed rows with a verdict: SQL over `staged` (unit, line, json), evaluated for all lines
at once.

A line that is no JSON object has `json` null or something else than an object; every other line yields its
columns and the reasons why it cannot be taken, all of them, none for most.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from assets.sources import kinds
from assets.sources.bulk.parts import Parts
from assets.sources.bulk.schema import EventTable, Field
from assets.sources.kinds import Kind
from assets.sources.sql import literal, quoted

# Clocks differ: an event may be dated this much after the load before it counts as "in the future".
CLOCK_TOLERANCE = timedelta(days=1)
# Since 1970: smaller numbers than the first are dates without their dashes; then come seconds, milliseconds
# and microseconds, each until the year 5138.
_NUMBERS_FROM, _SECONDS_BELOW, _MILLISECONDS_BELOW, _NUMBERS_BELOW = "1e8", "1e11", "1e14", "1e17"
SHOWN = 80


def fit(table: EventTable, *, source: str, extra_keys: tuple[str, ...] | None, now: datetime) -> str:
    """A select of the raw columns but `_load_id` and `_is_duplicate`, of the lines that break no rule.

    `source`: relation with unit, line, json. `extra_keys`: the lines' keys to keep in `extra`; None: the
    whole line.
    """
    broken = " or ".join(f"({when})" for when, _ in _faults(table, _latest(now)))
    return f"""
        {_typed(table, source)},
        checked as (
            select *, starts_with(json::varchar, '{{') and coalesce(not ({broken}), true)
                as is_fit
            from typed
        )

        select {_columns(table, extra_keys)} from checked where is_fit
    """


def judged(table: EventTable, *, source: str, extra_keys: tuple[str, ...] | None, now: datetime) -> str:
    """The same of all lines, with `reasons` (varchar[], null: fit) and `retry_at` (when a line dated in the
    future is due)."""
    latest = _latest(now)
    reasons = [f"case when {when} then {reason} end" for when, reason in _faults(table, latest)]
    return f"""
        {_typed(table, source)}

        select {_columns(table, extra_keys)},
            case
                when json is null then ['the line is not valid JSON']
                when not starts_with(json::varchar, '{{') then ['the line is not a JSON object']
                else nullif(list_filter([{", ".join(reasons)}], lambda reason: reason is not null), [])
            end as reasons,
            {_retry_at(table, latest)} as retry_at
        from typed
    """


def _latest(now: datetime) -> datetime:
    return (now.astimezone(UTC) + CLOCK_TOLERANCE).replace(tzinfo=None)


def _columns(table: EventTable, extra_keys: tuple[str, ...] | None) -> str:
    declared = ", ".join(quoted(field.name) for field in table.fields)
    return f"{declared}, {_extra(extra_keys)} as extra, unit as _file, line as _line"


def _typed(table: EventTable, source: str) -> str:
    """The relation `typed`: unit, line, json, every field's column and, as `f_<name>`, what was found for it.

    A layer each: an expression that is used several times would be worked out as often.
    """
    parts = Parts.of(table)
    found = [f"{_found(field, parts)} as f_{field.name}" for field in table.fields]
    numbers = [f"{_number_of(field)} as n_{field.name}" for field in table.fields if field.is_epoch]
    values = [f"{_value(field)} as {quoted(field.name)}" for field in table.fields]
    accepted = [
        f"{sane} as {name}"
        for field in table.fields
        if (sane := kinds.acceptable(name := quoted(field.name), field.kind)) != name
    ]
    return f"""
        with lines_apart as (select unit, line, json, {parts.own} from {source}),
        parts as (select {", ".join(["*", *parts.inner])} from lines_apart),
        found as (
            select unit, line, json, not contains(json::varchar, '\\') as is_unescaped, {", ".join(found)}
            from parts
        ),
        numbered as (select {", ".join(["*", *numbers])} from found),
        valued as (select *, {", ".join(values)} from numbered),
        typed as (select * {f"replace ({', '.join(accepted)})" if accepted else ""} from valued)"""


def _found(field: Field, parts: Parts) -> str:
    found = [parts.value(place) for place in field.pointers] or ["null::varchar"]
    if len(found) == 1:
        return found[0]
    filled = [f"nullif({each}, '')" for each in found]
    return f"coalesce({', '.join(filled)})"


def _text(field: Field) -> str:
    """What was found, null where that is nothing. Only what is compared with other tables' values is
    trimmed."""
    found = f"f_{field.name}"
    if field.kind is Kind.JSON:
        return f"nullif(json_extract_string({found}, '$'), '')"
    is_trimmed = field.kind is Kind.IDENTIFIER and not field.values
    return f"nullif({kinds.trimmed(found) if is_trimmed else found}, '')"


def _number_of(field: Field) -> str:
    """Of a moment that is no plain text: finding out that a text is no number costs as much as a cast."""
    found = f"f_{field.name}"
    return f"case when ends_with({found}, 'Z') then null else try_cast({found} as double) end"


def _value(field: Field) -> str:
    found, text = f"f_{field.name}", _text(field)
    match field.kind:
        case Kind.TIMESTAMP:
            value = _moment(field, found)
        case Kind.NUMBER:
            value = kinds.number(found)
        case Kind.WHOLE_NUMBER:
            value = kinds.whole_number(found)
        case Kind.BOOLEAN:
            value = kinds.truth(found)
        case Kind.JSON:
            # An object that was written as text is one all the same, and kept as every other is written.
            read = f"json_extract(try_cast({text} as json), '$')"
            written = f"case when starts_with({text}, '{{') then {read} end"
            value = f"case when starts_with({found}::varchar, '{{') then {found} else {written} end"
        case _ if field.values:
            # With `in` it would be a join.
            accepted = ", ".join(literal(word) for word in field.values)
            value = f"case when list_contains([{accepted}], lower({found})) then lower({found}) end"
        case _:
            is_nested = f"starts_with({text}, '{{') or starts_with({text}, '[')"
            value = f"case when {_is_plain(field)} then {found} when not ({is_nested}) then {text} end"
    if field.wall_clock is not None:
        value = f"timezone({literal(field.wall_clock)}, timezone('UTC', {value}))"
    if field.or_place:
        value = f"coalesce({value}, unit || ':' || line)"
    if field.or_hash:
        value = f"coalesce({value}, 'md5:' || md5(json::varchar))"
    return value


def _is_plain(field: Field) -> str:
    """Text that is plainly neither nested nor to be trimmed, told by its first and last bytes: comparing
    whole texts looks at the first ones only, and taking a character out of each is far dearer."""
    found = f"f_{field.name}"
    plain = f"({found} >= '!' and {found} < '[' or {found} >= 'a' and {found} < '{{')"
    if field.kind is not Kind.IDENTIFIER:
        return plain
    # Without a backslash in its line no text holds a control character.
    ends = " or ".join(f"ends_with({found}, chr({code}))" for code in (9, 10, 13))
    return f"{plain} and not ends_with({found}, ' ') and (is_unescaped or not ({ends}))"


def _moment(field: Field, text: str) -> str:
    # Most exports write it like this, and a plain cast of it is the fastest.
    plain = (
        f"when ends_with({text}, 'Z') and {kinds.starts_with_digit(text)} then try_cast({text} as timestamp)"
    )
    if not field.is_epoch:
        return f"case {plain} else {kinds.iso_moment(text)} end"
    number = f"n_{field.name}"
    scale = (
        f"case when {number} < {_SECONDS_BELOW} then 1e6"
        f" when {number} < {_MILLISECONDS_BELOW} then 1e3 else 1 end"
    )
    epoch = f"make_timestamp(({number} * {scale})::bigint)"
    if field.zone is not None:
        epoch = f"timezone('UTC', timezone({literal(field.zone)}, {epoch}))"
    is_number = f"{number} >= {_NUMBERS_FROM} and {number} < {_NUMBERS_BELOW}"
    return f"case {plain} when {is_number} then {epoch} else {kinds.iso_moment(text)} end"


def _faults(table: EventTable, latest: datetime) -> list[tuple[str, str]]:
    """What is wrong with a line, as SQL: when it is, and the reason given."""
    of_fields = [fault for field in table.fields for fault in _faults_of(field, latest)]
    return of_fields + [(rule.broken_when, literal(rule.reason)) for rule in table.rules]


def _faults_of(field: Field, latest: datetime) -> Iterator[tuple[str, str]]:
    value, text = quoted(field.name), _text(field)
    shown = f"'{field.name} ''' || left({text}, {SHOWN}) || ''''"
    if field.is_required:
        yield f"case when {value} is null then {text} is null end", f"'{field.name} is missing'"
    if not field.is_lenient:
        expected = f"one of {', '.join(field.values)}" if field.values else _expected(field)
        wrong = literal(f" is not {expected}")
        yield f"case when {value} is null then {text} is not null end", f"{shown} || {wrong}"
    if field.is_past:
        yield f"{value} > timestamp '{latest}'", f"{shown} || ' is in the future'"


def _expected(field: Field) -> str:
    return "a JSON object" if field.kind is Kind.JSON else field.kind.described


def _retry_at(table: EventTable, latest: datetime) -> str:
    due = [
        f"case when {quoted(field.name)} > timestamp '{latest}' then {quoted(field.name)} end"
        for field in table.fields
        if field.is_past
    ]
    tolerance = int(CLOCK_TOLERANCE.total_seconds())
    return f"greatest({', '.join(due)}) - interval {tolerance} second" if due else "null::timestamp"


def _extra(keys: tuple[str, ...] | None) -> str:
    """The line's other values as one object; null when none has one."""
    if keys is None:
        return "json"
    if not keys:
        return "null::json"
    pointers = ", ".join(literal("/" + key.replace("~", "~0").replace("/", "~1")) for key in keys)
    names = ", ".join(literal(key) for key in keys)
    entries = f"list_zip([{names}], json_extract(json, [{pointers}]))"
    present = f"list_filter({entries}, lambda entry: coalesce(entry[2]::varchar, 'null') <> 'null')"
    return f"nullif(to_json(map_from_entries({present}))::varchar, '{{}}')::json"
