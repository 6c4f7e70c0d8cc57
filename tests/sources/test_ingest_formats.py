"""Whatever a file looks like outside, the same rows come out."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from drops import Drop

UNICODE = "日本 🙂 \u200f\u05e2\u05d1\u05e8\u05d9\u05ea \u202e"
EVENTS = [
    {"event_id": "e1", "occurred_at": "2026-01-05T10:00:00+02:00", "account_id": "A1", "event": "login"},
    {"event_id": "e2", "occurred_at": "2026-01-06 00:00:00", "account_id": "A2", "event": 'said "hi, you"'},
    {"event_id": "e3", "occurred_at": "2026-01-07", "account_id": "A1", "event": UNICODE},
]
EXPECTED = [
    ("e1", "2026-01-05 08:00:00", "A1", "login"),
    ("e2", "2026-01-06 00:00:00", "A2", 'said "hi, you"'),
    ("e3", "2026-01-07 00:00:00", "A1", UNICODE),
]


def as_csv(delimiter: str = ",", end: str = "\n") -> str:
    def field(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if any(each in text for each in '",;\t|\n') else text

    rows = [list(EVENTS[0]), *([field(value) for value in row.values()] for row in EVENTS)]
    return "".join(delimiter.join(row) + end for row in rows)


def as_jsonl() -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in EVENTS)


def as_parquet(tmp_path: Path) -> bytes:
    path = tmp_path / "made.parquet"
    events = pa.Table.from_pylist(EVENTS)
    duckdb.connect().from_arrow(events).write_parquet(str(path))
    return path.read_bytes()


def stream_zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


WAYS: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "plain csv": ("usage_events.csv", lambda _: as_csv().encode()),
    "byte order mark": ("usage_events.csv", lambda _: b"\xef\xbb\xbf" + as_csv().encode()),
    "windows line ends": ("usage_events.csv", lambda _: as_csv(end="\r\n").encode()),
    "old mac line ends": ("usage_events.csv", lambda _: as_csv(end="\r").encode()),
    "no newline at the end": ("usage_events.csv", lambda _: as_csv().rstrip().encode()),
    "blank lines": ("usage_events.csv", lambda _: ("\n  \n" + as_csv(end="\n\n")).encode()),
    "semicolons": ("usage_events.csv", lambda _: as_csv(";").encode()),
    "tabs": ("usage_events.csv", lambda _: as_csv("\t").encode()),
    "pipes": ("usage_events.csv", lambda _: as_csv("|").encode()),
    "utf-16": ("usage_events.csv", lambda _: as_csv(end="\r\n").encode("utf-16")),
    "utf-32 json lines": ("usage_events.jsonl", lambda _: as_jsonl().encode("utf-32")),
    "other case and spaces": (
        "usage_events.csv",
        lambda _: as_csv().replace("event_id,occurred_at", " Event ID , OCCURRED-AT").encode(),
    ),
    "space around values": ("usage_events.csv", lambda _: as_csv().replace("A1", "  A1 ").encode()),
    "gzipped csv": ("usage_events.csv.gz", lambda _: gzip.compress(as_csv().encode())),
    "zstd csv": ("usage_events.csv.zst", lambda _: stream_zstd(as_csv().encode())),
    "json lines": ("usage_events.jsonl", lambda _: as_jsonl().encode()),
    "gzipped json lines": ("usage_events.jsonl.gz", lambda _: gzip.compress(as_jsonl().encode())),
    "zstd json lines": ("usage_events.jsonl.zst", lambda _: stream_zstd(as_jsonl().encode())),
    "parquet": ("usage_events.parquet", as_parquet),
    "gzipped parquet": ("usage_events.parquet.gz", lambda path: gzip.compress(as_parquet(path))),
    "zstd parquet": ("usage_events.parquet.zst", lambda path: stream_zstd(as_parquet(path))),
    "below a folder": ("usage_events/2026/01/part.csv", lambda _: as_csv().encode()),
    "upper-case suffix": ("Usage_Events.CSV", lambda _: as_csv().encode()),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_same_rows_come_out_of_every_form(drop: Drop, tmp_path: Path, way: str) -> None:
    name, content = WAYS[way]
    drop.write(name, content(tmp_path))

    load = drop.load()["usage_events"]

    rows = drop.rows(
        "select event_id, occurred_at::varchar, account_id, event"
        " from raw_drop_folder.usage_events order by event_id"
    )
    assert rows == EXPECTED
    assert (load.rows_in, load.rows_loaded) == (3, 3)
    assert drop.rows("select distinct _file from raw_drop_folder.usage_events") == [(name,)]


def test_a_record_that_spans_lines_keeps_its_first_line_and_shifts_no_other(drop: Drop) -> None:
    drop.write(
        "survey_responses.csv",
        "response_id,account_id,submitted_at,kind,score,comment\n"
        'r1,A1,2026-01-01,nps,9,"first\nsecond ""quoted""\n\nfourth"\n'
        "r2,A1,2026-01-01,nps,eleven,\n"
        'r3,A1,2026-01-01,nps,3,"a\r\nb"\n'
        "r4,A1,2026-01-01,nps\n",
    )
    drop.load()

    rows = drop.rows("select response_id, _line, comment from raw_drop_folder.survey_responses order by 1")
    assert rows == [("r1", 2, 'first\nsecond "quoted"\n\nfourth'), ("r3", 7, "a\nb")]
    assert drop.rejected("survey_responses") == [
        (6, "score 'eleven' is not a number"),
        (9, "the row has 4 fields, the header has 6"),
    ]


def test_a_quote_that_never_closes_costs_one_line_and_not_the_file(
    drop: Drop, usage: Callable[..., list[tuple[int, str]]]
) -> None:
    rejected = usage(
        "e1,2026-01-01,A1,login,ui,1",
        'e2,2026-01-01,A1,"login,ui,1',
        "e3,2026-01-01,A1,login,ui,1",
        'e4,2026-01-01,A1,"two',
        'lines",ui,1',
        'e5,2026-01-01,A1,5" pipe,ui,1',
        'e6,2026-01-01,A1,5" by 6" pipe,ui,1',
    )
    assert rejected == [(3, "a quote opened on this line is never closed")]
    assert drop.rows("select event_id, event from raw_drop_folder.usage_events order by 1") == [
        ("e1", "login"),
        ("e3", "login"),
        ("e4", "two\nlines"),
        ("e5", '5" pipe'),
        ("e6", '5" by 6" pipe'),
    ]


def test_a_closing_quote_too_far_down_is_not_taken_for_the_end_of_a_value(
    drop: Drop, usage: Callable[..., list[tuple[int, str]]]
) -> None:
    between = [f"e{number},2026-01-01,A1,login,ui,1" for number in range(1_200)]
    rejected = usage('first,2026-01-01,A1,"login,ui,1', *between, 'last,2026-01-01,A1,6",ui,1')
    assert rejected == [(2, "a quote opened on this line is never closed")]
    assert drop.rows("select count(*) from raw_drop_folder.usage_events") == [(1_201,)]


def test_lines_are_numbered_across_the_chunks_a_big_file_is_read_in(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assets.sources.drop.lines.CHUNK_BYTES", 7)
    lines = [f"e{number},2026-01-01,A1,été 🙂" for number in range(50)]
    drop.write("usage_events.csv", "event_id,occurred_at,account_id,event\r\n" + "\r\n".join(lines))
    drop.load()
    rows = drop.rows("select event_id, _line, event from raw_drop_folder.usage_events order by _line")
    assert rows == [(f"e{number}", number + 2, "été 🙂") for number in range(50)]


def test_unknown_and_repeated_columns_are_kept_in_extra(drop: Drop) -> None:
    drop.write(
        "users.csv", "user_id,account_id,Colour,email,email,colour,\nu1,A1,red,a@acme.com,b@acme.com,,x\n"
    )
    drop.write(
        "features.jsonl", '{"feature":"f1","weight":{"kg":[1,2]},"b/c":null,"~\'\\"":7}\n{"feature":"f2"}\n'
    )
    drop.load()
    assert drop.rows("select email, extra::varchar from raw_drop_folder.users") == [
        ("a@acme.com", '{"Colour":"red","email":"b@acme.com","column_7":"x"}')
    ]
    rows = drop.rows("select feature, extra::varchar from raw_drop_folder.features order by 1")
    assert json.loads(rows[0][1]) == {"weight": {"kg": [1, 2]}, "~'\"": 7}
    assert rows[1] == ("f2", None)


def test_nul_and_control_characters_arrive_as_they_are(drop: Drop) -> None:
    drop.write("users.csv", b"user_id,account_id,name\nu1,A1,a\x00b\x1fc\n")
    drop.write("features.jsonl", '{"feature":"f1","title":"a\\u0000b"}\n')
    drop.load()
    assert drop.rows("select name from raw_drop_folder.users") == [("a\x00b\x1fc",)]
    assert drop.rows("select title from raw_drop_folder.features") == [("a\x00b",)]


def test_nested_parquet_values_become_json(drop: Drop, tmp_path: Path) -> None:
    duckdb.sql(
        "select 'e1' as event_id, timestamp '2026-01-01 10:00' as occurred_at, 'A1' as account_id"
        ", 'x' as event,"
        " {'page': '/p', 'tags': ['a']} as properties, 1.5::decimal(9, 2) as quantity, [1, 2] as more"
    ).write_parquet(str(drop.folder / "usage_events.parquet"))
    drop.load()
    assert drop.rows(
        "select properties ->> '$.tags[0]', quantity, extra::varchar from raw_drop_folder.usage_events"
    ) == [("a", 1.5, '{"more":[1,2]}')]


def test_empty_and_header_only_files_give_no_rows_and_no_error(drop: Drop) -> None:
    drop.write("users.csv", "")
    drop.write("tickets.csv", "ticket_id,account_id,created_at\n")
    drop.write("features.jsonl", "\n\n")
    drop.write("subscriptions.parquet", "")
    loads = drop.load()
    for table in ("users", "tickets", "features", "subscriptions"):
        assert (loads[table].files_read, loads[table].rows_in) == (1, 0)


def test_declared_dates_encodings_and_missing_values_are_followed(drop: Drop) -> None:
    drop.write(
        "formats.toml",
        '[default]\ndate = "%d/%m/%Y"\nmissing = ["NULL"]\n'
        '[usage_events]\noccurred_at = ["%d-%m-%Y %H:%M", "epoch_milliseconds"]\nencoding = "cp1252"\n',
    )
    drop.write(
        "usage_events.csv",
        "event_id,occurred_at,account_id,event,feature\n"
        "e1,03-02-2026 10:30,A1,caf\xe9,NULL\ne2,1767225600500,A1,x,y\ne3,2026-01-02T00:00Z,A1,x,y\n".encode(
            "cp1252"
        ),
    )
    drop.write("subscriptions.csv", "subscription_id,account_id,started_on,mrr\ns1,A1,03/02/2026,5\n")
    drop.load()
    assert drop.rows(
        "select event_id, occurred_at::varchar, event, feature from raw_drop_folder.usage_events order by 1"
    ) == [
        ("e1", "2026-02-03 10:30:00", "café", None),
        ("e2", "2026-01-01 00:00:00.5", "x", "y"),
        ("e3", "2026-01-02 00:00:00", "x", "y"),
    ]
    assert drop.rows("select started_on::varchar from raw_drop_folder.subscriptions") == [("2026-02-03",)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-01-05T10:00:00Z", "2026-01-05 10:00:00"),
        ("2026-01-05 10:00:00.123456-05", "2026-01-05 15:00:00.123456"),
        ("2026-01-05T10:00", "2026-01-05 10:00:00"),
        ("2026-01-05T10", "2026-01-05 10:00:00"),
        ("20260105", "2026-01-05 00:00:00"),
        ("20260105T100000Z", "2026-01-05 10:00:00"),
        ("20260105T100000+0200", "2026-01-05 08:00:00"),
        ("2026-005", "2026-01-05 00:00:00"),
        ("2026-W02-1", "2026-01-05 00:00:00"),
    ],
)
def test_every_iso_form_is_understood(
    drop: Drop, usage: Callable[..., list[tuple[int, str]]], written: str, meant: str
) -> None:
    # Beside a row with another offset: no row may take on its neighbour's.
    assert usage("e0,20260105T000000+1100,A1,x,,", f"e1,{written},A1,x,,") == []
    rows = drop.rows("select occurred_at::varchar from raw_drop_folder.usage_events where event_id = 'e1'")
    assert rows == [(meant,)]
