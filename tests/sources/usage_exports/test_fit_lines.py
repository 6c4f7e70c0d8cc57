"""Lines that become rows and lines that are rejected, each worked out on its own, are all the lines there
are, whatever stands in them; and the quick ways to tell a plain text take none that is not."""

import json
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_odd_rows import EVENTS, NO_OBJECTS, PERSON
from test_usage_declarations import EVENTS as TABLES

from assets.sources.bulk import judging

NOW = datetime(2026, 10, 21, tzinfo=UTC)
MOMENTS = ["2026-10-01T10:00:00Z", "2026-10-01 10:00:00.5", "20261001", "today", "2099-01-01T00:00:00Z",
           "20240-01-01T00:00:00Z", 1790000000, "1790000000123", 1e12]  # fmt: skip
ODD: list[Any] = [
    None,
    "",
    " ",
    "{",
    "[x",
    '{"a": 1}',
    '["a"]',
    "Track",
    True,
    0,
    -1.5,
    2**70,
    [],
    {},
    {"a": {"id": 1}},
]
texts = st.text('aZ0 \t\n\r{[]}|~!"\\é🙂', max_size=6)
values = st.one_of(texts, st.sampled_from([*ODD, *MOMENTS]))


def put(line: dict[str, Any], pointer: str, value: Any) -> None:
    *parents, last = pointer.removeprefix("/").split("/")
    for key in parents:
        if not isinstance(line.get(key), dict):
            line[key] = {}
        line = line[key]
    line[last] = value


@st.composite
def lines_of(draw: st.DrawFn, system: str) -> list[tuple[str, Any]]:
    """Texts of lines, clean ones and others, each with what it says of the person (no objects: `...`)."""
    person = next(field for field in TABLES[system].fields if field.name == PERSON[system]).pointers[0]
    pointers = [place for field in TABLES[system].fields for place in field.pointers]
    found: list[tuple[str, Any]] = [(text, ...) for text in draw(st.lists(st.sampled_from(NO_OBJECTS)))]
    for number in range(draw(st.integers(1, 12))):
        line = EVENTS[system](f"e{number}")
        for place in draw(st.lists(st.sampled_from(pointers), max_size=3)):
            put(line, place, draw(values))
        said = draw(values)
        put(line, person, said)
        found.append((json.dumps(line, ensure_ascii=draw(st.booleans())), said))
    return found


def identifier(value: Any) -> str | None:
    """What an identifier's column holds: text without space around it, null for nothing and for the nested."""
    if isinstance(value, list | dict) or value is None:
        return None
    text = (value if isinstance(value, str) else json.dumps(value)).strip(" \t\n\r")
    return None if text.startswith(("{", "[")) else text or None


@pytest.mark.parametrize("system", TABLES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_fit_lines_are_those_without_a_reason_and_hold_the_same(system: str, data: st.DataObject) -> None:
    lines = data.draw(lines_of(system))
    selects = [
        each(TABLES[system], source="staged", extra_keys=("odd",), now=NOW)
        for each in (judging.fit, judging.judged)
    ]
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            "create table staged as select 'u' as unit, unnest(?::bigint[]) as line,"
            " unnest(?::varchar[])::json as json",
            [list(range(len(lines))), [text for text, _ in lines]],
        )
        fit, judged = (connection.execute(f"from ({each}) order by _line").fetchall() for each in selects)
    assert fit == [row[:-2] for row in judged if row[-2] is None]
    assert len(judged) == len(lines)
    person = [field.name for field in TABLES[system].fields].index(PERSON[system])
    for row, (_, said) in zip(judged, lines, strict=True):
        if said is ...:
            assert row[-2] == ["the line is not a JSON object"]
        elif not isinstance(said, float):
            assert row[person] == identifier(said)
