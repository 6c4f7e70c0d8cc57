"""Staged lines to typed rows with a verdict: SQL over `staged` (unit, line, json), evaluated for all lines
at once.

A line that is no JSON object has `json` null or something else than an object; every other line yields its
columns and the reasons why it cannot be taken, all of them, none for most.
"""

from datetime import UTC, datetime, timedelta

from assets.sources import kinds
from assets.sources.bulk.schema import EventTable, Field
from assets.sources.kinds import Kind
from assets.sources.sql import literal, quoted

# Clocks differ: an event may be dated this much after the load before it counts as "in the future".
CLOCK_TOLERANCE = timedelta(days=1)
# Since 1970: smaller numbers than the first are dates without their dashes; then come seconds, milliseconds
# and microseconds, each until the year 5138.
_NUMBERS_FROM, _SECONDS_BELOW, _MILLISECONDS_BELOW, _NUMBERS_BELOW = "1e8", "1e11", "1e14", "1e17"
SHOWN = 80


def judged(table: EventTable, *, source: str, extra_keys: tuple[str, ...] | None, now: datetime) -> str:
    """A select of the raw columns but `_load_id` and `_is_duplicate`, and of `reasons` (varchar[], null:
    fit) and `retry_at` (when a line dated in the future is due).

    `source`: relation with unit, line, json. `extra_keys`: the lines' keys to keep in `extra`; None: the
    whole line.
    """
    latest = (now.astimezone(UTC) + CLOCK_TOLERANCE).replace(tzinfo=None)
    pointers = list(dict.fromkeys(place for field in table.fields for place in field.pointers))
    place_of = {place: number for number, place in enumerate(pointers, start=1)}
    # A layer each: an expression that is used several times would be worked out as often.
    found = [f"{_found(field, place_of)} as f_{field.name}" for field in table.fields]
    texts = [f"{_text(field)} as t_{field.name}" for field in table.fields]
    texts += [f"{_number_of(field)} as n_{field.name}" for field in table.fields if field.is_epoch]
    values = [f"{_value(field)} as {quoted(field.name)}" for field in table.fields]
    reasons = [
        *(reason for field in table.fields for reason in _reasons(field, latest)),
        *(f"case when {rule.broken_when} then {literal(rule.reason)} end" for rule in table.rules),
    ]
    columns = ", ".join(quoted(field.name) for field in table.fields)
    listed = (
        f"list_filter([{', '.join(f'r{number}' for number in range(len(reasons)))}], lambda r: r is not null)"
    )
    is_fit = " and ".join(f"r{number} is null" for number in range(len(reasons)))
    return f"""
        with parts as (
            select unit, line, json,
                json_extract_string(json, [{", ".join(literal(place) for place in pointers)}]) as p
            from {source}
        ),
        found as (select unit, line, json, {", ".join(found)} from parts),
        texts as (select unit, line, json, {", ".join(texts)} from found),
        typed as (select *, {", ".join(values)} from texts),
        checked as (
            select *, {", ".join(f"{reason} as r{number}" for number, reason in enumerate(reasons))}
            from typed
        )

        select {columns}, {_extra(extra_keys)} as extra, unit as _file, line as _line,
            case
                when json is null then ['the line is not valid JSON']
                when not starts_with(json::varchar, '{{') then ['the line is not a JSON object']
                when {is_fit} then null
                else {listed}
            end as reasons,
            {_retry_at(table, latest)} as retry_at
        from checked
    """


def _found(field: Field, place_of: dict[str, int]) -> str:
    parts = [f"p[{place_of[place]}]" for place in field.pointers] or ["null::varchar"]
    if len(parts) == 1:
        return parts[0]
    filled = [f"nullif({part}, '')" for part in parts]
    return f"coalesce({', '.join(filled)})"


def _text(field: Field) -> str:
    """Trimming costs as much as taking the line apart: only what is compared with other tables' values
    needs it."""
    found = f"f_{field.name}"
    if field.kind is not Kind.IDENTIFIER or field.values:
        return f"nullif({found}, '')"
    # Comparing whole texts looks at their first bytes only; taking a character out of each is far dearer.
    ends = " or ".join(f"ends_with({found}, {end})" for end in ("' '", "chr(9)", "chr(10)", "chr(13)"))
    is_trimmed = f"{found} >= '!' and {found} < chr(127) and not ({ends})"
    return f"case when {is_trimmed} then {found} else nullif({kinds.trimmed(found)}, '') end"


def _number_of(field: Field) -> str:
    """Of a moment that is no plain text: finding out that a text is no number costs as much as a cast."""
    found = f"f_{field.name}"
    return f"case when ends_with({found}, 'Z') then null else try_cast({found} as double) end"


def _value(field: Field) -> str:
    text = f"t_{field.name}"
    match field.kind:
        case Kind.TIMESTAMP:
            value = _moment(field, text)
        case Kind.NUMBER:
            value = kinds.number(text)
        case Kind.WHOLE_NUMBER:
            value = kinds.whole_number(text)
        case Kind.BOOLEAN:
            value = kinds.truth(text)
        case Kind.JSON:
            # An object that was written as text is one all the same.
            value = f"case when starts_with({text}, '{{') then try_cast({text} as json) end"
        case _ if field.values:
            accepted = ", ".join(literal(word) for word in field.values)
            value = f"case when lower({text}) in ({accepted}) then lower({text}) end"
        case _:
            is_nested = f"starts_with({text}, '{{') or starts_with({text}, '[')"
            value = f"case when not ({is_nested}) then {text} end"
    if field.wall_clock is not None:
        value = f"timezone({literal(field.wall_clock)}, timezone('UTC', {value}))"
    if field.or_place:
        value = f"coalesce({value}, unit || ':' || line)"
    if field.or_hash:
        value = f"coalesce({value}, 'md5:' || md5(json::varchar))"
    return kinds.acceptable(value, field.kind)


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


def _reasons(field: Field, latest: datetime) -> list[str]:
    text, value = f"t_{field.name}", quoted(field.name)
    shown = f"'{field.name} ''' || left({text}, {SHOWN}) || ''''"
    found = []
    if field.is_required:
        found.append(f"case when {text} is null then '{field.name} is missing' end")
    if not field.is_lenient:
        expected = f"one of {', '.join(field.values)}" if field.values else _expected(field)
        wrong = literal(f" is not {expected}")
        found.append(f"case when {text} is not null and {value} is null then {shown} || {wrong} end")
    if field.is_past:
        found.append(f"case when {value} > timestamp '{latest}' then {shown} || ' is in the future' end")
    return found


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
