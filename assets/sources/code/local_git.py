"""Asking a local git repository: what a branch points to, and its commits with the files they changed.

Nothing in the repository's own configuration may run a program, and nothing is fetched. Commits that merge
are listed with the files that differ from all their parents; renamed files under both names.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile

from assets.sources.api.errors import ApiError

_FIELD = "\x1f"
_READ_SIZE = 1 << 16


class GitRepositoryError(ApiError):
    """A repository can't be read; the message says why and what to do."""


@dataclass(frozen=True)
class ChangedFiles:
    """A commit; times as git writes them (ISO 8601 with an offset)."""

    sha: str
    committed_at: str
    authored_at: str
    title: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class LocalRepository:
    """`folder`: a working copy or a bare repository."""

    folder: Path
    git: str = "git"

    def head(self, branch: str | None) -> str | None:
        """The commit a branch (the one checked out: None) points to; None before its first commit."""
        name = "HEAD" if branch is None else branch
        answer = self._ask(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", codes=(0, 1)
        )
        if not answer and branch is not None:
            raise GitRepositoryError(f"{self.folder} has no branch {branch!r}; correct it in the settings")
        return answer.strip() or None

    def is_before(self, earlier: str, later: str) -> bool:
        """Whether `earlier` is still there, and part of the history of `later`."""
        if self._code("cat-file", "-e", f"{earlier}^{{commit}}") != 0:
            return False
        return self._code("merge-base", "--is-ancestor", earlier, later) == 0

    def commits(self, head: str, *, after: str | None, path: str) -> Iterator[ChangedFiles]:
        """Commits that led to `head`, parents first, without those that led to `after`."""
        # One record per commit: a mark that nobody can put into a title, then fields, then (`-z`) file names.
        mark = token_hex(16)
        shown = f"--format=format:{mark}%H{_FIELD}%cI{_FIELD}%aI{_FIELD}%s"
        arguments = [
            "log",
            "-z",
            "--topo-order",
            "--reverse",
            "--name-only",
            "--no-renames",
            "--diff-merges=cc",
        ]
        arguments += ["--root", "--no-ext-diff", "--no-textconv", "--no-color", shown]
        arguments += [head, *([f"^{after}"] if after else []), "--", *([f":(literal){path}"] if path else [])]
        with TemporaryFile() as complaints:
            process = subprocess.Popen(  # noqa: S603 - no shell; options end before what the settings gave
                self._command(arguments), stdout=subprocess.PIPE, stderr=complaints, env=_environment()
            )
            with process:
                output = process.stdout
                assert output is not None
                yield from _parsed(_records(iter(lambda: output.read(_READ_SIZE), b""), mark.encode()))
            if process.returncode != 0:
                complaints.seek(0)
                raise self._error(complaints.read().decode("utf-8", "replace"))

    def _ask(self, *arguments: str, codes: Sequence[int] = (0,)) -> str:
        answer = self._run(arguments)
        if answer.returncode not in codes:
            raise self._error(answer.stderr.decode("utf-8", "replace"))
        return answer.stdout.decode("utf-8", "replace")

    def _code(self, *arguments: str) -> int:
        return self._run(arguments).returncode

    def _run(self, arguments: Sequence[str]) -> "subprocess.CompletedProcess[bytes]":
        if not self.folder.is_dir():
            raise GitRepositoryError(f"there is no folder {self.folder}; correct the path in the settings")
        try:
            return subprocess.run(  # noqa: S603 - no shell, and the program is ours to choose
                self._command(arguments), capture_output=True, env=_environment(), check=False
            )
        except FileNotFoundError as error:
            raise GitRepositoryError("git is not installed; install it, or turn this source off") from error

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [self.git, "-C", str(self.folder), "--no-pager", "-c", "core.fsmonitor=false", *arguments]

    def _error(self, complaint: str) -> GitRepositoryError:
        if "dubious ownership" in complaint:
            advice = "it belongs to another user; allow it with git config --global --add safe.directory"
        elif "not a git repository" in complaint:
            advice = "it is no git repository; correct the path in the settings"
        else:
            advice = (complaint.strip().splitlines() or ["git failed"])[-1]
        return GitRepositoryError(f"{self.folder} can't be read: {advice}")


def _environment() -> Mapping[str, str]:
    """Ours, without what would point git elsewhere; never asking, never fetching."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }


def _records(blocks: Iterator[bytes], mark: bytes) -> Iterator[str]:
    """The text between two marks. What is no UTF-8 is kept, escaped."""
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(mark)
        for record in whole:
            if record:
                yield record.decode("utf-8", "backslashreplace")
    if rest:
        yield rest.decode("utf-8", "backslashreplace")


def _parsed(records: Iterator[str]) -> Iterator[ChangedFiles]:
    for record in records:
        sha, committed_at, authored_at, rest = record.split(_FIELD, 3)
        # after the title a line end, then the names, each ended by NUL; without files, only the NUL between
        title, _, names = rest.partition("\n")
        paths = tuple(name for name in names.split("\0") if name)
        yield ChangedFiles(sha, committed_at, authored_at, title.rstrip("\0"), paths)
