"""The inside of the sandbox: mapping queries in an in-memory DuckDB that reads one folder and nothing else.

A program of its own (`mapping.py` starts it in an empty environment, with the folder as its working
directory, so that relative file names mean files of the folder). Imports nothing of ours. Reads one job as
JSON from standard input,

    {"folder": …, "spill": …, "memory_limit": …, "threads": …,
     "queries": {name: {"sql": …, "target": path or null}}}

and answers with one JSON line per query: {"name", "columns", "rows", "error"}. The result goes to `target`
as Parquet; without a target the query is only bound.
"""

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

ROWS_PER_BATCH = 65_536


def refusal(connection: duckdb.DuckDBPyConnection, sql: str) -> str | None:
    """Why this text is not one plain SELECT; None when it is."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        return f"it must be exactly one SELECT statement, this has {len(statements)}"
    kind = statements[0].type.name
    if kind != "SELECT":
        return f"it must be a SELECT statement, this is {kind}"
    return None


def locked_down(job: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """A connection that sees the folder.

    `allowed_directories` must be the absolute path: "." would allow everything relative, links and `..`
    included, when the working directory is another.
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": job["memory_limit"],
            "threads": job["threads"],
            "temp_directory": job["spill"],
            "python_enable_replacements": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "allow_unsigned_extensions": "false",
            "allow_persistent_secrets": "false",
        },
    )
    connection.execute("set timezone = 'UTC'")
    connection.execute("set allowed_directories = [?]", [job["folder"]])
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def run(job: dict[str, Any], sql: str, target: str | None) -> dict[str, Any]:
    """Bind one query and, given a target, write its rows there. Each query gets a database of its own."""
    connection = locked_down(job)
    try:
        reason = refusal(connection, sql)
        if reason is not None:
            return {"error": reason}
        # As a view: a WITH that writes (DuckDB binds COPY … TO in one) is only allowed at the top level.
        connection.execute(f"create view mapped as {connection.extract_statements(sql)[0].query}")
        query = "from mapped"
        columns = [str(name) for (name, *_) in connection.execute(f"describe {query}").fetchall()]
        if target is None:
            return {"columns": columns, "rows": 0}
        stream = connection.sql(query).to_arrow_reader(ROWS_PER_BATCH)
        rows = 0
        with pq.ParquetWriter(target, stream.schema, compression="lz4") as writer:
            for batch in stream:
                writer.write_batch(batch)
                rows += batch.num_rows
    except (duckdb.Error, pa.ArrowException) as error:
        return {"error": str(error)}
    else:
        return {"columns": columns, "rows": rows}
    finally:
        connection.close()


def main() -> None:
    job = json.load(sys.stdin)
    if Path.cwd() != Path(job["folder"]):
        sys.exit("the sandbox must run in the folder it may read")
    for name, query in job["queries"].items():
        answer = {
            "name": name,
            "columns": [],
            "rows": 0,
            "error": None,
            **run(job, query["sql"], query["target"]),
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
