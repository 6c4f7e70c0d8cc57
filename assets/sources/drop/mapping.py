"""SQL mappings: one SELECT over the drop folder's files that yields a table of the contract, sandboxed.

The sandbox is a process of its own with an empty environment (`mapping_sandbox.py`). What it may do: read
the folder, compute, hand back rows. What it may not, see `tests/sources/test_mapping_sandbox.py`.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assets.sources.drop import mapping_sandbox

# DuckDB's own buffers inside the sandbox; beyond it, it spills to disk.
MEMORY_LIMIT = "2GB"
# One thread: rows come out in the same order each time, so the last row of a key is always the same one.
THREADS = "1"


class MappingError(ValueError):
    """A mapping that does not bind, does not run, or is more than one SELECT.

    Names the file and DuckDB's message.
    """


@dataclass(frozen=True)
class MappedRows:
    """A mapping's result: its columns, its row count and, unless it was only bound, the Parquet file."""

    columns: tuple[str, ...]
    rows: int
    path: Path | None


def run(folder: Path, mappings: Mapping[str, Path], *, working: Path | None) -> dict[str, MappedRows]:
    """Run the mappings (table: SQL file) over `folder` and leave their rows as Parquet in `working`.

    With `working` None they are only bound. Raises `MappingError` for the first that fails.
    """
    folder = folder.resolve()
    job = {
        "folder": str(folder),
        "spill": str((working / "spill").resolve()) if working is not None else "",
        "memory_limit": MEMORY_LIMIT,
        "threads": THREADS,
        "queries": {
            table: {
                "sql": path.read_text("utf-8-sig"),
                "target": str((working / f"{table}.parquet").resolve()) if working is not None else None,
            }
            for table, path in mappings.items()
        },
    }
    process = subprocess.run(  # noqa: S603 - our own program under our own interpreter
        [sys.executable, "-I", "-B", mapping_sandbox.__file__],
        input=json.dumps(job),
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    answers = {answer["name"]: answer for answer in map(json.loads, process.stdout.splitlines())}
    results = {}
    for table, path in mappings.items():
        answer = answers.get(table)
        if answer is None:
            last_words = process.stderr.strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
            raise MappingError(f"{path.name}: the mapping ended without a result ({last_words[0]})")
        if answer["error"] is not None:
            raise MappingError(f"{path.name}: {answer['error']}")
        target = job["queries"][table]["target"]  # type: ignore[index]
        results[table] = MappedRows(
            tuple(answer["columns"]), answer["rows"], Path(target) if target else None
        )
    return results
