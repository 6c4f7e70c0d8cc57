"""The suite for commits of code hosts and local repositories; the same for each of them."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks.rules import CRITICAL, Bounds, between, key, not_in_future, required, rows_without


def code_commits(bounds: Bounds) -> list[Expectation]:
    return [
        *key("listed", "path", "sha"),
        required("repository"),
        required("committed_at"),
        between("history_number", 1),
        rows_without(
            "select * from {batch} where not regexp_full_match(sha, '[0-9a-f]{{7,64}}')",
            "sha is a commit's hash",
        ),
        rows_without(
            "select * from {batch} where path like '/_%' or path like '../%'",
            "path is relative to the repository",
            severity=CRITICAL,
        ),
        *not_in_future("committed_at", bounds),
    ]


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {"code_commits": code_commits}
