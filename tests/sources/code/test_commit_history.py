"""Following a list of commits through new ones, merges, rewritten branches and interruptions."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.sources.code.history import Commit, History, HistoryReader

NOW = datetime(2026, 10, 31, tzinfo=UTC)
OVERLAP = timedelta(days=10)


def commit(sha: str, day: int) -> Commit:
    at = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)).isoformat()
    return Commit(sha, at, at, "Change")


class Host:
    """Lists what it has, newest first, as hosts do; `stored` is what came of it, by history."""

    def __init__(self) -> None:
        self.log: list[Commit] = []
        self.state: dict[str, object] | None = None
        self.stored: dict[int, set[str]] = {}
        self.handed_on: list[str] = []

    def listed(self, since: datetime | None) -> list[Commit]:
        newest_first = list(reversed(self.log))
        return [
            each
            for each in newest_first
            if not since or datetime.fromisoformat(each.committed_at or "") >= since
        ]

    def run(self, *, killed_after: int | None = None, page: int = 2) -> None:
        reading = HistoryReader(History.of(self.state), OVERLAP, None, NOW, lambda text: None)
        self.handed_on, waiting = [], []
        for each in reading.commits(self.listed):
            if killed_after is not None and len(self.handed_on) >= killed_after:
                return
            self.handed_on.append(each.sha)
            waiting.append(each.sha)
            if len(waiting) == page:
                self._store(reading, waiting)
        self._store(reading, waiting)

    def _store(self, reading: HistoryReader, waiting: list[str]) -> None:
        self.stored.setdefault(reading.number, set()).update(waiting)
        waiting.clear()
        self.state = reading.history.state

    @property
    def stands(self) -> set[str]:
        return self.stored[max(number for number, shas in self.stored.items() if shas)]


def test_a_second_run_hands_on_only_what_is_new() -> None:
    host = Host()
    host.log = [commit(f"c{day}", day) for day in range(100)]
    host.run()
    assert len(host.handed_on) == 100
    host.run()
    assert host.handed_on == []
    # a branch of last week is merged: its commits are older than the newest one known
    host.log = [*host.log[:95], commit("merged", 94), *host.log[95:], commit("c100", 100)]
    host.run()
    assert sorted(host.handed_on) == ["c100", "merged"]


def test_a_rewritten_history_replaces_the_one_before() -> None:
    host = Host()
    host.log = [commit(f"c{day}", day) for day in range(100)]
    host.run()
    host.log = [*host.log[:40], *(commit(f"new{day}", day) for day in range(40, 90))]
    host.run()
    assert host.stands == {each.sha for each in host.log}
    host.run()
    assert host.handed_on == []


def test_a_commit_dated_in_the_future_does_not_hide_what_comes_after() -> None:
    host = Host()
    host.log = [commit("wrong clock", 9000), *(commit(f"c{day}", day) for day in range(5))]
    host.run()
    host.log.append(commit("c5", 5))
    host.run()
    assert host.handed_on == ["c5"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commits"), st.integers(1, 9)),
        st.tuples(st.just("rewrite"), st.integers(1, 12)),
        st.tuples(st.just("killed"), st.integers(0, 12)),
        st.tuples(st.just("run"), st.just(0)),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@example([("run", 0), ("commits", 3), ("killed", 2), ("rewrite", 1)])
@example([("killed", 2), ("commits", 2), ("killed", 2), ("rewrite", 1)])
@given(STEPS)
def test_whatever_happened_before_a_whole_run_leaves_exactly_what_the_host_lists(
    steps: list[tuple[str, int]],
) -> None:
    host = Host()
    serial = 0
    for kind, amount in [("commits", 3), *steps, ("commits", 1)]:
        if kind in {"commits", "rewrite"}:
            kept = host.log[:-amount] if kind == "rewrite" else host.log
            last = len(kept) * 2
            host.log = [*kept, *(commit(f"s{serial + n}", last + 2 * n) for n in range(amount))]
            serial += amount
        elif kind == "killed":
            host.run(killed_after=amount)
        else:
            host.run()
    host.run()
    host.run()
    assert host.stands == {each.sha for each in host.log}
