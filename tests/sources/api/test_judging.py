"""What becomes of payloads: typed rows, reasons, and nothing lost."""

import json
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.sources.api import (
    Column,
    OddRowError,
    Table,
    at,
    flag,
    identifier,
    nested,
    number,
    on,
    shaped,
    text,
    whole_number,
)
from assets.sources.api.judging import BATCH_ROWS, Judge, UnjudgedRowsError, Verdict
from assets.sources.api.tables import DeclarationError

NOW = datetime(2026, 11, 1)  # noqa: DTZ001 - raw columns are naive UTC


# Beyond a batch, and beyond what is read together of it.
MANY = BATCH_ROWS + 120


def judged(columns: tuple[Column, ...], *payloads: Any, **declared: Any) -> Verdict:
    table = Table("things", ("id",), (identifier("id", required=True), *columns), **declared)
    judge = Judge(table, NOW)
    judge.add(payloads)
    verdict = judge.verdict()
    judge.close()
    return verdict


UTC_NOON = datetime(2026, 1, 2, 12)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("column", "given_value", "expected"),
    [
        (identifier("v"), 12345678901, "12345678901"),
        (identifier("v"), "  a ", "a"),
        (identifier("v"), "", None),
        (text("v"), "  a ", "  a "),
        (text("v"), "[not a list]", "[not a list]"),
        (text("v"), " \n", None),
        (number("v"), "12.5", 12.5),
        (whole_number("v"), 7.0, 7),
        (flag("v"), "false", False),
        (at("v"), "2026-01-02T13:00:00+01:00", UTC_NOON),
        (at("v"), "2026-01-02T12:00:00.000+0000", UTC_NOON),
        (at("v", per_second=1), 1767355200, UTC_NOON),
        (at("v", per_second=1000), "1767355200000", UTC_NOON),
        (at("v", per_second=1), "2026-01-02T12:00:00Z", UTC_NOON),
        (on("v"), "2026-01-02", date(2026, 1, 2)),
        (on("v"), "2026-01-02T23:00:00-08:00", date(2026, 1, 2)),
        (nested("v"), {"a": [1, None]}, '{"a":[1,null]}'),
        (nested("v"), "a word", '"a word"'),
        (number("v", "a.b"), 3, None),
    ],
)
def test_a_value_becomes_its_columns_kind(column: Column, given_value: Any, expected: Any) -> None:
    (row,) = judged((column,), {"id": 1, "v": given_value}).loaded.to_pylist()
    assert row["v"] == expected


@pytest.mark.parametrize(
    ("column", "given_value", "reason"),
    [
        (text("v"), {"a": 1}, """v '{"a":1}' is not text"""),
        (identifier("v"), ["a"], """v '["a"]' is not text"""),
        (number("v"), True, "v 'true' is not a number"),
        (number("v"), "inf", "v 'inf' is not a number"),
        (whole_number("v"), 1.5, "v '1.5' is not a whole number"),
        (whole_number("v", minimum=0), -1, "v '-1' is less than 0"),
        (number("v", maximum=10), 11, "v '11' is more than 10"),
        (flag("v"), "perhaps", "v 'perhaps' is not true or false"),
        (at("v"), 20260102, "v '20260102' is not a timestamp"),
        (at("v"), "today", "v 'today' is not a timestamp"),
        (at("v", per_second=1), 1e30, "v '1e30' is not a timestamp"),
        (on("v"), "2026-02-30", "v '2026-02-30' is not a date"),
        (text("v", required=True), None, "v is missing"),
        (text("v"), ["x" * 80], "v '[\"" + "x" * 58 + "…' is not text"),
    ],
)
def test_a_value_that_does_not_is_rejected_with_the_reason(
    column: Column, given_value: Any, reason: str
) -> None:
    verdict = judged((column,), {"id": 1, "v": given_value})
    assert verdict.loaded.num_rows == 0
    (row,) = verdict.rejected.to_pylist()
    assert (row["key"], row["reason"]) == ("1", reason)
    assert json.loads(row["payload"]) == {"id": 1, "v": given_value}


def test_a_row_that_cannot_be_shaped_is_rejected_alone_and_keeps_its_key() -> None:
    def shape(row: dict[str, Any]) -> dict[str, Any]:
        if row["v"] == "odd":
            raise OddRowError("v is odd")
        return {**row, "v": row["v"] + 1}

    rows = [{"id": 1, "v": 1}, {"id": 2, "v": "odd"}, {"id": 3}, {"id": 4, "v": [1]}, 5]
    verdict = judged((number("v"),), *shaped(rows, shape))
    assert verdict.loaded["v"].to_pylist() == [2.0]
    told = {row["key"]: row["reason"] for row in verdict.rejected.to_pylist()}
    assert told["2"] == "v is odd"
    assert told["3"] == "the row is not in the form that was expected (KeyError)"
    assert (len(told), verdict.counts.rows_quarantined, "4" in told) == (4, 4, True)


def test_what_no_column_reads_is_kept() -> None:
    columns = (
        text("channel", "via.channel"),
        number("amount", "lines.0.amount"),
        text("dotted", ("f", "a.b")),
    )
    payload = {
        "id": 1,
        "via": {"channel": "web", "rel": "x", "none": None},
        "lines": [{"amount": 5, "tax": 1}],
        "f": {"a.b": "c"},
        "new": [1],
        "gone": None,
        "noise": 3,
    }
    (row,) = judged(columns, payload, ignored=("noise",)).loaded.to_pylist()
    assert (row["channel"], row["amount"], row["dotted"]) == ("web", 5.0, "c")
    assert json.loads(row["extra"]) == {
        "via": {"rel": "x"},
        "lines": [{"amount": 5, "tax": 1}],
        "new": [1],
    }


def test_the_digest_names_the_content_whatever_the_order_of_its_fields() -> None:
    columns = (text("v"), at("seen_at"))
    same = [{"id": 1, "v": "a", "seen_at": None}, {"seen_at": None, "v": "a", "id": 1}]
    touched = {"id": 1, "v": "a", "seen_at": "2026-01-01T00:00:00Z"}
    digests = [
        judged(columns, each, unversioned=("seen_at",)).loaded["_digest"][0].as_py()
        for each in [*same, touched]
    ]
    assert len(set(digests)) == 1
    changed = judged(columns, {**same[0], "v": "b"}, unversioned=("seen_at",))
    assert changed.loaded["_digest"][0].as_py() != digests[0]


def test_what_is_no_unicode_or_no_64_bit_number_is_not_lost() -> None:
    (row,) = judged((text("v"),), {"id": 2**80, "v": "a\ud800b", "\udfff": 1}).loaded.to_pylist()
    assert (row["id"], row["v"]) == (str(2**80), "a?b")


@pytest.mark.parametrize("fault", [ValueError("odd"), None])
def test_rows_that_were_never_judged_end_the_reading(
    fault: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether judging a batch breaks, or forgets it: its rows must not be told of as duplicates."""
    done = Judge._judge_batch

    def second_goes_wrong(judge: Judge, batch: Any) -> None:
        if batch["position"][0].as_py() != BATCH_ROWS + 1:
            done(judge, batch)
        elif fault is not None:
            raise fault

    monkeypatch.setattr(Judge, "_judge_batch", second_goes_wrong)
    with pytest.raises(UnjudgedRowsError):
        judged((), *({"id": number} for number in range(2 * BATCH_ROWS + 1)))


def test_a_table_that_could_not_be_loaded_is_not_declared() -> None:
    column = identifier("id", required=True)
    for key, columns in ((("id",), (identifier("id"),)), (("id",), (column, text("Name"))), ((), (column,))):
        with pytest.raises(DeclarationError):
            Table("things", key, columns)
    with pytest.raises(DeclarationError):
        Table("things", ("id",), (column, text("_digest")))


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
)
values = st.recursive(
    scalars, lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=4), each, max_size=3)
)
payloads = st.fixed_dictionaries(
    {"id": st.integers(1, 4) | values},
    optional=dict.fromkeys(("name", "size", "at", "flag", "tags", "via", "more"), values),
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(payloads | values, max_size=12))
def test_whatever_comes_is_loaded_a_duplicate_or_rejected(rows: list[Any]) -> None:
    rows = [json.loads(json.dumps(row, ensure_ascii=True)) for row in rows]
    columns = (text("name"), whole_number("size"), at("at", per_second=1), flag("flag"), nested("tags"))
    verdict = judged((*columns, text("channel", "via.channel")), *rows)
    counts = verdict.counts
    assert counts.rows_in == len(rows)
    assert counts.rows_in == counts.rows_loaded + counts.rows_duplicate + counts.rows_quarantined
    assert verdict.loaded.num_rows == counts.rows_loaded
    if counts.rows_loaded:
        assert len(set(verdict.loaded["id"].to_pylist())) == counts.rows_loaded


def test_of_many_rows_just_the_odd_ones_are_rejected_each_as_itself() -> None:
    odd = {3: {"a": 1}, 77: ["b"], BATCH_ROWS - 1: {"c": 2}, BATCH_ROWS + 60: {"d": 3}}
    rows = [{"id": place, "v": odd.get(place, f" v{place} "), "n": place} for place in range(MANY)]
    verdict = judged((identifier("v"), whole_number("n")), *rows)
    found = {(row["id"], row["v"], row["n"]) for row in verdict.loaded.to_pylist()}
    assert found == {(str(place), f"v{place}", place) for place in range(MANY) if place not in odd}
    assert {row["key"]: json.loads(row["payload"])["v"] for row in verdict.rejected.to_pylist()} == {
        str(place): value for place, value in odd.items()
    }
    assert verdict.counts.rows_quarantined == len(odd)


@pytest.mark.parametrize(
    ("given_value", "expected"), [(1.5, "1.5"), (1e30, "1e30"), (1e-7, "1e-7"), (float("nan"), None)]
)
def test_a_number_with_a_fraction_is_an_id_as_json_writes_it(given_value: float, expected: str) -> None:
    (row,) = judged((identifier("v"),), {"id": 1, "v": given_value}).loaded.to_pylist()
    assert row["v"] == expected
