"""What a dbt build came to, read from its `run_results.json`."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

_BAD = ("error", "fail", "runtime error", "partial success")
_TESTS = ("test", "unit_test")
_LONGEST_LINE = 500
# how the tests of what a table's columns promise are named
_OF_CONSTRAINTS = "_constraints"


@dataclass(frozen=True)
class Node:
    """One node of the build that did not succeed. `name` is dbt's, `kind` its resource type; `query` is what
    a test asked."""

    name: str
    kind: str
    status: str
    message: str
    query: str = ""

    @property
    def is_test(self) -> bool:
        return self.kind in _TESTS

    @property
    def found_broken_constraints(self) -> bool:
        """Whether asking `query` again tells which constraints of a table are broken."""
        return self.status == "fail" and self.name.endswith(_OF_CONSTRAINTS) and self.query != ""


@dataclass(frozen=True)
class BuildResults:
    """Counts of models and seeds built, of tests by outcome, and what went wrong or was left out."""

    built: int
    passed: int
    warned: int
    failed: int
    bad: list[Node]
    warnings: list[Node]
    seconds: float

    @property
    def first_bad(self) -> Node:
        """A model that could not be built before tests that failed. There must be one of them."""
        return next((node for node in self.bad if not node.is_test), self.bad[0])

    def sentence(self, manifest: Mapping[str, Any] | None = None, broken: str | None = None) -> str:
        """What failed first, what it means, and what to do, in one line.

        `broken`: the constraints that a table's test found broken, in words.
        """
        node = self.first_bad
        more = f" (and {len(self.bad) - 1} more)" if len(self.bad) > 1 else ""
        if not node.is_test:
            return f"dbt could not build {node.name}{more}: {node.message}"
        if broken:
            return f"dbt test {node.name} failed{more}: {broken}"
        means = _description(manifest, node.name) or "a rule about the models' rows does not hold"
        return f"dbt test {node.name} failed{more}: {means} ({node.message})"


def read_results(path: Path) -> BuildResults | None:
    """The results under `path`, or None when dbt stopped before it wrote any."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    statuses: Counter[str] = Counter()
    bad: list[Node] = []
    warnings: list[Node] = []
    built = 0
    for result in content["results"]:
        kind, _, rest = result["unique_id"].partition(".")
        name = rest.split(".")[1] if "." in rest else rest
        status = result["status"]
        message = in_one_line(str(result.get("message") or ""))
        query = str(result.get("compiled_code") or "")
        node = Node(name=name, kind=kind, status=status, message=message, query=query)
        if kind in _TESTS:
            statuses[status] += 1
        elif status == "success":
            built += 1
        if status in _BAD:
            bad.append(node)
        elif status == "warn":
            warnings.append(node)
    return BuildResults(
        built=built,
        passed=statuses["pass"],
        warned=statuses["warn"],
        failed=sum(statuses[status] for status in _BAD),
        bad=bad,
        warnings=warnings,
        seconds=float(content["elapsed_time"]),
    )


def broken_constraints(connection: duckdb.DuckDBPyConnection, test: Node) -> str:
    """What a test of `constraints_hold` found: each broken constraint with its number of rows or keys."""
    found = connection.execute(test.query).fetchall()
    return "; ".join(f"{constraint} ({rows} found)" for constraint, rows in found)


def in_one_line(error: str) -> str:
    """What dagster-dbt says about a dbt that stopped early, without its command line and tracebacks."""
    told = error.rpartition("Errors parsed from dbt logs:")[2].partition("Traceback")[0]
    return " ".join(told.split())[:_LONGEST_LINE]


def is_transient(message: str) -> bool:
    """Whether trying again may help: somebody else held the database for a moment."""
    return "could not set lock" in message.lower()


def _description(manifest: Mapping[str, Any] | None, name: str) -> str:
    nodes = (manifest or {}).get("nodes", {}).values()
    found = next((node for node in nodes if node["name"] == name), None)
    return " ".join(str(found.get("description") or "").split()) if found else ""
