"""However ugly the folder, every row that went in is found again, loaded, flagged or rejected."""

import gzip
import json
import string
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from drops import ACCOUNTS, Drop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

COLUMNS = (
    "event_id",
    "occurred_at",
    "account_id",
    "user_id",
    "email",
    "event",
    "quantity",
    "properties",
    "Ünknown",
)
UGLY = [
    "",
    " ",
    '"',
    '""',
    ",",
    ";",
    "\t",
    "|",
    "'",
    "\\",
    "\n",
    "\r\n",
    "\x00",
    "\x1f",
    "\ufeff",
    "\u202e",
    "🙂",
    "null",
]
texts = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8),
    st.lists(st.sampled_from([*UGLY, "a", "1"]), max_size=4).map("".join),
)
times = st.one_of(
    st.sampled_from(
        ["2026-01-01", "2026-01-01T10:00:00+02:00", "20260101T1000Z", "1 May", "2030-01-01", "infinity"]
    ),
    texts,
)
rows = st.fixed_dictionaries(
    {},
    optional={
        "occurred_at": times,
        "account_id": st.one_of(st.sampled_from(["A1", "A2", " A1", "A9"]), texts),
        "user_id": st.sampled_from(["u1", "u9", ""]),
        "email": st.sampled_from(["x@acme.com", "y@gmail.com", "@", ""]),
        "event": texts,
        "quantity": st.one_of(st.sampled_from(["1", "-1", "1e400", "nan", "0x1F"]), texts),
        "properties": st.one_of(st.sampled_from(["{}", '{"a":"b,c"}', "{"]), texts),
        "Ünknown": texts,
    },
)
forms = st.sampled_from(
    ["csv", "semicolon", "tab", "crlf", "utf-16", "csv.gz", "jsonl", "jsonl.gz", "parquet"]
)
# The number at the end makes keys findable; few of them, so that some come twice.
keys = st.integers(0, 12).map("key{:03d}".format)
folders = st.lists(
    st.tuples(forms, st.lists(st.tuples(keys, rows), min_size=1, max_size=8)), min_size=1, max_size=3
)


def csv_text(table: list[dict[str, Any]], delimiter: str = ",", end: str = "\n") -> str:
    def quoted(value: str) -> str:
        return '"' + value.replace('"', '""') + '"' if set(value) & set(',;\t|"\n\r') else value

    lines = [COLUMNS, *([quoted(row.get(column, "")) for column in COLUMNS] for row in table)]
    return "".join(delimiter.join(line) + end for line in lines)


def write(folder: Path, number: int, form: str, table: list[dict[str, Any]]) -> None:
    place = folder / "usage_events"
    place.mkdir(exist_ok=True)
    if form == "parquet":
        columns = {name: pa.array([row.get(name) for row in table], pa.string()) for name in COLUMNS}
        pq.write_table(pa.table(columns), place / f"{number}.parquet")
        return
    if form.startswith("jsonl"):
        # At least one whole row, so that no mandatory column is missing from the file altogether.
        whole = dict.fromkeys(COLUMNS, "")
        text = "".join(json.dumps(row) + "\n" for row in [{**whole, **table[0]}, *table[1:]])
    else:
        delimiter = {"semicolon": ";", "tab": "\t"}.get(form, ",")
        text = csv_text(table, delimiter, "\r\n" if form == "crlf" else "\n")
    data = text.encode("utf-16" if form == "utf-16" else "utf-8")
    suffix = form if form.startswith(("csv", "jsonl")) else "csv"
    (place / f"{number}.{suffix}").write_bytes(gzip.compress(data) if form.endswith("gz") else data)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(folders)
def test_no_row_is_lost_whatever_the_files_look_like(
    files: list[tuple[str, list[tuple[str, dict[str, str]]]]],
) -> None:
    with tempfile.TemporaryDirectory() as place, duckdb.connect() as connection:
        drop = Drop(Path(place) / "drop", Path(place) / "quarantine", connection)
        drop.write("accounts.csv", ACCOUNTS)
        drop.write("users.csv", "user_id,account_id\nu1,A2\n")
        for number, (form, table) in enumerate(files):
            write(drop.folder, number, form, [{"event_id": key, **row} for key, row in table])
        load = drop.load()["usage_events"]

        written = sorted(key for _, table in files for key, _ in table)
        assert load.rows_in == len(written)
        found = drop.rows(
            "select event_id from raw_drop_folder.usage_events"
            " union all select regexp_extract(\"row\", 'key\\d{3}') from raw_drop_folder._quarantine"
        )
        assert sorted(key for (key,) in found) == written
        counted = drop.rows(
            "select event_id, count(*) from raw_drop_folder.usage_events where not _is_duplicate group by 1"
        )
        assert all(times == 1 for _, times in counted)
        # Nothing that stood in a required column was made null to get the row in.
        halved = "occurred_at is null or account_id is null or event is null or quantity < 0"
        assert drop.rows(f"select count(*) from raw_drop_folder.usage_events where {halved}") == [(0,)]
        assert drop.rows(
            "select count(*) from raw_drop_folder._quarantine where coalesce(reason, '') = ''"
        ) == [(0,)]
        assert drop.load()["usage_events"] == type(load)(
            **{**vars(load), "files_read": 0, "files_unchanged": len(files)}
        )


lines = st.lists(
    st.text(st.sampled_from(string.ascii_letters + '",\n\r\x00é '), max_size=20).map(str.encode)
    | st.binary(max_size=20),
    max_size=6,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines, st.sampled_from(["users.csv", "users.jsonl", "users.parquet", "users.csv.gz"]))
def test_garbage_never_breaks_a_load(garbage: list[bytes], name: str) -> None:
    with tempfile.TemporaryDirectory() as place, duckdb.connect() as connection:
        drop = Drop(Path(place) / "drop", Path(place) / "quarantine", connection)
        drop.write("accounts.csv", ACCOUNTS)
        good = b"user_id,account_id\ngood,A1\n" if name.endswith("csv") else b""
        drop.write(name, good + b"\n".join(garbage))
        load = drop.load()["users"]
        assert load.rows_loaded == (1 if good else 0) or garbage
        assert drop.rows("select count(*) from raw_drop_folder.accounts") == [(2,)]
