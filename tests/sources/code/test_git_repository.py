"""A local git repository read as it grows, is rewritten, and holds odd names."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.sources.api.errors import ApiError
from assets.sources.code.local_git import LocalRepository
from assets.sources.connector import Places, TableLoad
from assets.sources.git_repository import CONNECTOR, GitRepositorySettings

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CONFIGURED = ("-c", "user.name=Dev", "-c", "user.email=dev@example.com", "-c", "commit.gpgsign=false")


class Repository:
    """A real one, with a clock that moves an hour a commit."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.hours = folder / "core", 0
        self.warehouse, self.places = folder / "w.duckdb", Places(folder / "state", folder / "quarantine")
        subprocess.run(["git", "init", "--quiet", "--initial-branch=main", self.folder], check=True)

    def git(self, *arguments: str) -> str:
        self.hours += 1
        at = f"2026-10-{1 + self.hours // 24:02}T{self.hours % 24:02}:00:00+02:00"
        done = subprocess.run(
            ["git", "-C", str(self.folder), *CONFIGURED, *arguments],
            env={"GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": at, "PATH": "/usr/bin:/bin:/usr/local/bin"},
            check=True,
            capture_output=True,
        )
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def commit(self, title: str, *paths: str) -> None:
        for path in paths:
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(f"{title} {self.hours}")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", title)

    def load(self, **given: Any) -> TableLoad:
        settings = GitRepositorySettings(**{"folders": {"core": self.folder}, "page_size": 2, **given})
        (done,) = CONNECTOR.load(
            self.warehouse, settings, places=self.places, now=NOW, tell=lambda words: None
        )
        return done

    def stored(self, where: str = "true") -> set[tuple[str, str]]:
        """(path, title) of the latest history."""
        with duckdb.connect(str(self.warehouse)) as connection:
            return set(
                connection.execute(
                    f"select path, title from raw_git_repository.code_commits where {where}"
                    " qualify history_number = max(history_number) over (partition by listed)"
                ).fetchall()
            )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.commit("first", "README.md", "src/a.py", 'src/"odd\tname" ü.py')
    made.commit("second", "src/a.py")
    return made


def test_growth_merges_and_renames_are_read_once(repository: Repository) -> None:
    first = repository.load()
    assert first.rows_loaded == 4
    assert ('src/"odd\tname" ü.py', "first") in repository.stored()
    assert repository.load().rows_in == 0

    repository.git("checkout", "--quiet", "-b", "long-lived", "HEAD~1")
    repository.commit("on a branch", "src/b.py")
    repository.git("checkout", "--quiet", "main")
    repository.commit("third", "README.md")
    repository.load()
    repository.git("merge", "--quiet", "--no-ff", "--message", "merge", "long-lived")
    repository.git("mv", "src/b.py", "src/c.py")
    repository.commit("renamed")
    assert repository.load().rows_loaded == 3
    expected = {("src/b.py", "on a branch"), ("src/b.py", "renamed"), ("src/c.py", "renamed")}
    assert repository.stored("title in ('on a branch', 'renamed', 'merge')") == expected


def test_a_rewritten_branch_is_read_again(repository: Repository) -> None:
    repository.load()
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.commit("instead", "src/z.py")
    repository.load()
    assert {title for _, title in repository.stored()} == {"first", "instead"}
    assert repository.load().rows_in == 0


def test_a_list_holds_its_branch_folder_and_days(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "-b", "next")
    repository.commit("next", "src/n.py", "docs/n.md")
    repository.load(listings=["core@next:src/"], start_on="2026-10-01")
    assert {path for path, _ in repository.stored()} == {"src/a.py", "src/n.py", 'src/"odd\tname" ü.py'}
    assert repository.load(listings=["core@main"], start_on="2026-10-02").rows_loaded == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"folders": {"core": "/nowhere/at/all"}}, "there is no folder"),
        ({"listings": ["core@gone"]}, "has no branch 'gone'"),
        ({"listings": ["other"]}, "has no folder for 'other'"),
    ],
)
def test_what_can_not_be_read_is_said(repository: Repository, given: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError, match=words):
        repository.load(**given)


def test_a_folder_that_is_no_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="it is no git repository"):
        LocalRepository(tmp_path).head("main")
