"""Following one list of commits, newest first, from run to run.

Hosts list commits by date and say nothing when a branch is rewritten. So each run lists again what is not
older than `overlap` before the newest commit known, and compares: commits that are new are handed on; when
one that must still be there is gone, the history was rewritten, and all of it is read again under the next
number. Reading all of a list may take hours (a request per commit): it goes on where it was interrupted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

# Lists the commits of a list that are not older than a moment (all: None), newest first.
ListCommits = Callable[[datetime | None], Iterable["Commit"]]
# Hosts may or may not count the boundary itself.
_BOUNDARY_SECONDS = 1


@dataclass(frozen=True)
class Commit:
    """A commit as a host shows it; times as text, to be judged with the rows. Without a sha it is no commit:
    handed on each time, for the judge to reject.
    """

    sha: str
    committed_at: str | None
    authored_at: str | None
    title: str | None


@dataclass(frozen=True)
class Part:
    """How far reading all of a list has come: from commit `first` of the list through `last`."""

    number: int
    first: str
    last: str


@dataclass(frozen=True)
class History:
    """What is known of a list: its number, its commits of late by sha (epoch seconds), a part read of it."""

    number: int = 1
    recent: Mapping[str, int] = field(default_factory=dict)
    part: Part | None = None

    @classmethod
    def of(cls, state: Mapping[str, Any] | None) -> "History":
        """From what `state` gave."""
        if not state:
            return cls()
        part = Part(**state["part"]) if state.get("part") else None
        return cls(int(state["number"]), dict(state["recent"]), part)

    @property
    def state(self) -> dict[str, Any]:
        """As JSON can hold it."""
        part = vars(self.part) if self.part else None
        return {"number": self.number, "recent": dict(self.recent), "part": part}

    def newest(self, now: datetime) -> datetime | None:
        """When the latest commit was made; one from a clock that runs ahead says nothing about time."""
        times = [at for at in self.recent.values() if at <= now.timestamp()]
        return datetime.fromtimestamp(max(times), UTC) if times else None


@dataclass
class HistoryReader:
    """One run through a list. `history` is what to remember once the commits handed on so far are stored;
    `number` the history these belong to.
    """

    history: History
    overlap: timedelta
    start: datetime | None
    now: datetime
    tell: Callable[[str], None]
    number: int = 0

    def commits(self, listed: ListCommits) -> Iterator[Commit]:
        """Commits not handed on before."""
        known = self.history
        newest = known.newest(self.now)
        if newest is None or known.part is not None:
            yield from self._all(listed, known.part.number if known.part else known.number)
            return
        self.number = known.number
        since = self._bounded(newest - self.overlap)
        met: dict[str, Commit] = {}
        for commit in listed(since):
            if not commit.sha:
                yield commit
            met.setdefault(commit.sha, commit)
        met.pop("", None)
        floor = since.timestamp() + _BOUNDARY_SECONDS
        if any(sha not in met for sha, at in known.recent.items() if floor < at <= newest.timestamp()):
            self.tell("the history was rewritten; reading all of it again")
            yield from self._all(listed, known.number + 1)
            return
        recent = dict(known.recent)
        # The oldest first: what is left when this is interrupted is newer than what is remembered.
        for sha, commit in reversed(met.items()):
            if sha not in known.recent:
                recent[sha] = epoch(commit.committed_at)
                self.history = History(known.number, recent)
                yield commit
        self.history = self._remembered(known.number, recent)

    def _all(self, listed: ListCommits, number: int) -> Iterator[Commit]:
        """All of a list, but the part of it that was read before."""
        self.number = number
        known, part = self.history, self.history.part
        above: list[Commit] = []
        times: dict[str, int] = {}
        top, is_within = "", False
        for commit in listed(self.start):
            if not commit.sha:
                yield commit
                continue
            top = top or commit.sha
            times.setdefault(commit.sha, epoch(commit.committed_at))
            if part is None:
                self.history = replace(known, part=Part(number, top, commit.sha))
                yield commit
                continue
            if commit.sha == part.first:
                # What came since; upwards from the part, so that it stays in one piece.
                for new in reversed(above):
                    self.history = replace(known, part=replace(part, first=new.sha))
                    yield new
                is_within = True
            if not is_within:
                above.append(commit)
            elif commit.sha == part.last:
                part = None
        if part is not None:
            # A commit brings all its ancestors: if an end of the part is gone, the branch was rewritten.
            self.tell("the history was rewritten meanwhile; reading all of it again")
            self.history = replace(known, part=None)
            yield from self._all(listed, number + 1)
            return
        self.history = self._remembered(number, times)

    def _bounded(self, since: datetime) -> datetime:
        return max(since, self.start) if self.start else since

    def _remembered(self, number: int, times: Mapping[str, int]) -> History:
        """The commits that the next run will compare with: those within the overlap of the newest."""
        newest = max((at for at in times.values() if at <= self.now.timestamp()), default=0)
        floor = newest - self.overlap.total_seconds()
        return History(number, {sha: at for sha, at in times.items() if at >= floor})


def epoch(text: str | None) -> int:
    """Seconds of an ISO time; 0 when it is none, which is before everything."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return 0
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
