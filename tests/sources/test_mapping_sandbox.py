"""A mapping reads its folder and nothing else: every way out that we know of is tried."""

import http.server
import threading
from pathlib import Path

import duckdb
import pytest
from drops import Drop

from assets.sources.drop import mapping
from assets.sources.drop.mapping import MappingError

SECRET = "the secret"


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """The folder that a mapping may read:

    `data`; beside it a secret, a warehouse, and links that lead there.
    """
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "orders.csv").write_text("id,customer\n1,A1\n2,A2\n")
    (folder / "sub" / "more.csv").write_text("id,customer\n3,A3\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text(SECRET)
    with duckdb.connect(str(tmp_path / "outside" / "warehouse.duckdb")) as connection:
        connection.execute("create table secrets as select 'the secret' as secret")
    (folder / "link.txt").symlink_to(tmp_path / "outside" / "secret.txt")
    (folder / "linked").symlink_to(tmp_path / "outside")
    return folder


def run(folder: Path, sql: str) -> list[tuple[object, ...]]:
    working = folder.parent / "working"
    working.mkdir(exist_ok=True)
    path = folder.parent / "accounts.sql"
    path.write_text(sql)
    result = mapping.run(folder, {"accounts": path}, working=working)["accounts"]
    return duckdb.read_parquet(str(result.path)).fetchall()


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("select id, customer from 'orders.csv' order by id", [(1, "A1"), (2, "A2")]),
        ("select id from read_csv('./orders.csv');", [(1,), (2,)]),
        ("select ';' as mark; -- done;\n/* really */ ", [(";",)]),
        ("-- a comment\nselect id from read_csv('**/*.csv') order by id -- and another", [(1,), (2,), (3,)]),
        ("with orders as (from 'sub/more.csv') select customer from orders", [("A3",)]),
        ("from 'orders.csv' select count(*)", [(2,)]),
        ("select file from glob('*') order by file", [("link.txt",), ("orders.csv",)]),
    ],
)
def test_a_mapping_reads_files_of_its_folder_by_their_relative_names(
    box: Path, sql: str, rows: list[tuple[object, ...]]
) -> None:
    assert run(box, sql) == rows


@pytest.mark.parametrize(
    "sql",
    [
        "from read_text('{outside}/secret.txt')",
        "from read_text('../outside/secret.txt')",
        "from read_text('sub/../../outside/secret.txt')",
        "from read_text('{folder}/../outside/secret.txt')",
        "from read_text('file://{outside}/secret.txt')",
        "from read_text('link.txt')",
        "from read_text('linked/secret.txt')",
        "from read_text('l*.txt')",
        "from read_text('*/secret.txt')",
        "from glob('{outside}/*')",
        "from glob('../*/*')",
        "from glob('linked/*')",
        "from read_text('/etc/passwd')",
        "from read_blob('/proc/self/environ')",
        "from read_text('/dev/stdin')",
        "from read_csv('/etc/passwd', sep = ':')",
        "from sniff_csv('{outside}/secret.txt')",
        "from read_duckdb('{outside}/warehouse.duckdb')",
        "from '{outside}/warehouse.duckdb'",
        "from parquet_metadata('{outside}/secret.txt')",
        "from query('from read_text(''{outside}/secret.txt'')')",
        "select getenv('TIERLINE_SMTP_PASSWORD')",
        "from job",
        "from sys",
        "from 'http://127.0.0.1:{port}/secret.csv'",
        "from read_csv('https://127.0.0.1:{port}/secret.csv')",
        "from 's3://bucket/secret.csv'",
    ],
)
def test_a_mapping_cannot_see_out_of_its_folder(box: Path, sql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIERLINE_SMTP_PASSWORD", SECRET)
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

        do_HEAD = do_GET  # noqa: N815

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        text = sql.format(outside=box.parent / "outside", folder=box, port=server.server_port)
        try:
            rows = run(box, text)
        except MappingError:
            rows = []
        assert rows == []
        assert asked == []
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '{folder}/written.csv'",
        "copy (select 1) to '{outside}/written.csv'",
        "with w as (copy (select 1) to '{folder}/written.csv') from w",
        "with w as (copy (select 1) to '{outside}/written.csv') from w",
        "select * from (with w as (copy (select 1) to '{folder}/written.csv') from w)",
        "with w as (insert into t values (1) returning 1) from w",
        "create table t as select 1",
        "attach '{outside}/warehouse.duckdb' as w",
        "attach '{folder}/new.duckdb' as n",
        "export database '{folder}/written'",
        "install httpfs",
        "load httpfs",
        "pragma enable_profiling",
        "set threads = 2",
        "set enable_external_access = true",
        "reset allowed_directories",
        "call enable_logging()",
        "from enable_logging(storage = 'file', storage_path = '{folder}')",
        "from enable_profiling(save_location = '{folder}/written.json')",
        "select 1; select 2",
        "select 1; copy (select 1) to '{folder}/written.csv'",
        "select 1) as mapped; copy (select 1) to '{folder}/written.csv'; select * from (select 1",
        "select 1) as mapped, (select 2",
        "prepare p as select 1",
        "explain analyze select 1",
        "",
        "-- nothing",
        "selekt 1",
    ],
)
def test_a_mapping_is_one_select_that_writes_nothing(box: Path, sql: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in box.parent.rglob("*") if path.is_file()}
    with pytest.raises(MappingError, match=r"^accounts\.sql: "):
        run(box, sql.format(outside=box.parent / "outside", folder=box))
    after = {path: path.stat().st_mtime_ns for path in box.parent.rglob("*") if path.is_file()}
    assert set(after) - set(before) <= {
        box.parent / "accounts.sql",
        box.parent / "working" / "accounts.parquet",
    }
    assert all(after[path] == modified for path, modified in before.items())


def test_a_mapping_cannot_reach_the_warehouse_it_is_loaded_into(drop: Drop, tmp_path: Path) -> None:
    drop.load()
    drop.write("users.sql", "select account_id as user_id, account_id from raw_drop_folder.accounts")
    with pytest.raises(MappingError, match=r"users\.sql: .*does not exist"):
        drop.load()


def test_the_sandbox_has_no_environment_and_leaves_nothing_in_the_folder(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(box.parent / "home"))
    before = sorted(box.iterdir())
    settings = dict(run(box, "select name, value from duckdb_settings()"))
    assert settings["enable_external_access"] == "false"
    assert settings["lock_configuration"] == "true"
    assert settings["python_enable_replacements"] == "false"
    assert settings["allowed_directories"] == f"[{box}/, {box.parent}/working/spill/]"
    # More than memory holds: it spills, beside the home's own files.
    run(box, "select a.range * 7 % 1000003 as n from range(4000000) a order by n")
    assert sorted(box.iterdir()) == before


def test_a_mapping_that_fails_ends_the_load_and_the_error_names_it(drop: Drop) -> None:
    drop.load()
    drop.write("data.csv", "id\nnot a number\n")
    for sql, told in {
        "select nothing from 'data.csv'": r'users\.sql: Binder Error: .*"nothing"',
        "select id::integer as user_id, 'A1' as account_id from 'data.csv'": r"users\.sql: Conversion Error",
        "select id as user_id from 'data.csv'": r"users\.sql: it does not yield account_id",
        "from 'missing.csv'": r"users\.sql: .*missing\.csv",
    }.items():
        drop.write("users.sql", sql)
        drop.write("accounts.csv", "account_id,name\nA1,Renamed\n")
        with pytest.raises(MappingError, match=told):
            drop.load()
        assert drop.rows("select name from raw_drop_folder.accounts order by 1") == [("Acme",), ("Beta",)]


def test_the_mapping_folders_sql_wins_over_the_drop_folders(drop: Drop, tmp_path: Path) -> None:
    drop.write("people.csv", "id\nu1\n")
    drop.write("users.sql", "select 'wrong' as user_id, 'A1' as account_id")
    drop.mapping = tmp_path / "mapping"
    drop.mapping.mkdir()
    (drop.mapping / "users.sql").write_text("select id as user_id, 'A1' as account_id from 'people.csv'")
    drop.load()
    assert drop.rows("select user_id from raw_drop_folder.users") == [("u1",)]
    # Any file of the folder may be what the mapping reads.
    drop.write("people.csv", "id\nu2\n")
    assert drop.load()["users"].files_read == 1
    assert drop.rows("select user_id from raw_drop_folder.users") == [("u2",)]


def test_rows_of_a_mapping_are_judged_like_any_others(drop: Drop) -> None:
    drop.write(
        "usage_events.sql",
        "select * from (values ('e1', date '2026-01-01', 'A1', 'x', {'a': [1]}),"
        " ('e2', null, 'A9', 'x', null))"
        " t(event_id, occurred_at, account_id, event, properties)",
    )
    load = drop.load()["usage_events"]
    assert (load.rows_in, load.rows_loaded, load.rows_quarantined) == (2, 1, 1)
    assert drop.rejected("usage_events") == [(2, "occurred_at is missing; unknown account 'A9'")]
    assert drop.rows('select "row" from raw_drop_folder._quarantine') == [
        ('{"event_id":"e2","occurred_at":null,"account_id":"A9","event":"x","properties":null}',)
    ]
