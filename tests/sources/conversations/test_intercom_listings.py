"""Contacts and companies that stood and are not listed any more, against a server whose lists say what each test
tells them to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from assets.sources.api import ApiClient, ApiSettings, GaveUpError, Reading
from assets.sources.intercom_listings import COMPANIES, CONTACTS, MOST_ASKED, companies, standing_contacts


@dataclass
class Workspace:
    """`found`: status of contacts that are asked for by id; others are there."""

    listed: list[str]
    total_count: int | None
    found: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_proven: bool = False

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        if path.startswith("/contacts?"):
            told = {} if self.total_count is None else {"total_count": self.total_count}
            return 200, {"data": [{"id": number} for number in self.listed], **told}
        number = path.removeprefix("/contacts/")
        self.asked.append(number)
        return self.found.get(number, 200), {"id": number}

    @contextmanager
    def served(self) -> Iterator[str]:
        workspace = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = workspace.answer(self.path)
                self._say(status, body)

            def do_POST(self) -> None:
                self._say(*workspace.answer(f"POST {self.path}"))

            def _say(self, status: int, body: dict[str, Any]) -> None:
                self.send_response_only(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *given: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()

    def standing(self, stood: list[str], *, may_shrink: bool = False) -> list[str]:
        """The ids that are read, where these stood before."""
        reading = Reading(None, datetime.now(UTC), lambda words: None, standing=lambda table: stood)
        with self.served() as url:
            client = ApiClient("intercom", ApiSettings(base_url=url, max_attempts=1))
            pages = list(standing_contacts(client, reading, page_size=50, attempts=1, may_shrink=may_shrink))
        self.is_proven = any(CONTACTS in page.proven for page in pages)
        return [row["id"] for page in pages for row in page.rows.get(CONTACTS, ())]


STOOD = [f"c{number:04}" for number in range(MOST_ASKED[CONTACTS] + 10)]
MANY = [f"c{number:04}" for number in range(MOST_ASKED[COMPANIES] + 10)]


def test_each_contact_that_is_missing_is_asked_for_and_gone_by_404_or_410() -> None:
    workspace = Workspace(["a", "b"], None, {"merged": 404, "deleted": 410})
    assert workspace.standing(["a", "merged", "deleted", "moved"]) == ["a", "b", "moved"]
    assert sorted(workspace.asked) == ["deleted", "merged", "moved"]


@pytest.mark.parametrize(("listed", "told"), [(9, None), (9, 12), (0, 0)])
def test_a_list_that_is_empty_says_no_length_or_a_longer_one_takes_no_three_hundred_away(
    listed: int, told: int | None
) -> None:
    workspace = Workspace(STOOD[:listed], told)
    missing = len(STOOD) - listed
    with pytest.raises(GaveUpError, match=rf"{missing} contacts that stood are not in intercom's list"):
        workspace.standing(STOOD)
    assert workspace.asked == []


def test_so_many_are_gone_where_the_list_is_as_long_as_it_says_or_a_person_said_so() -> None:
    whole = Workspace(STOOD[:9], 9)
    assert whole.standing(STOOD) == STOOD[:9]
    short = Workspace(STOOD[:9], None)
    assert short.standing(STOOD, may_shrink=True) == STOOD[:9]
    assert whole.asked == short.asked == []
    assert (whole.is_proven, short.is_proven) == (True, False)


@pytest.mark.parametrize("stood", [STOOD, STOOD[:9]])
def test_the_list_of_another_workspace_proves_nothing_however_whole_it_is(stood: list[str]) -> None:
    workspace = Workspace(["x", "y"], 2, dict.fromkeys(STOOD, 404))
    assert workspace.standing(stood) == ["x", "y"]
    assert not workspace.is_proven
    assert Workspace(["x", "y"], 2).standing([]) == ["x", "y"]


@dataclass
class Scrolled(Workspace):
    """`total_count` is what the other list says. `cut`: so many rows come in each scroll, then all; `empty`:
    ids of companies without people.
    """

    cut: list[int] = field(default_factory=list)
    empty: set[str] = field(default_factory=set)
    list_status: int = 200
    scrolls: int = 0
    said: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        if path == "POST /companies/list?per_page=1":
            told = {} if self.total_count is None else {"total_count": self.total_count}
            return self.list_status, {"data": [], **told}
        if not path.startswith("/companies/scroll"):
            self.asked.append(path.removeprefix("/companies/"))
            return self.found.get(self.asked[-1], 200), self._company(self.asked[-1])
        nothing: dict[str, Any] = {"data": [], "total_count": None, "scroll_param": "more"}
        if path.endswith("=more"):
            return 200, nothing
        most = self.cut[self.scrolls] if self.scrolls < len(self.cut) else None
        self.scrolls += 1
        return 200, {**nothing, "data": [self._company(number) for number in self.listed[:most]]}

    def _company(self, number: str) -> dict[str, Any]:
        return {"id": number, "user_count": 0 if number in self.empty else 2}

    def scrolled(self, stood: list[str], *, may_shrink: bool = False) -> set[str]:
        """The ids that are read, where these stood before."""
        reading = Reading(None, datetime.now(UTC), self.said.append, standing=lambda table: stood)
        with self.served() as url:
            client = ApiClient("intercom", ApiSettings(base_url=url, max_attempts=1))
            pages = list(companies(client, client, reading, may_shrink=may_shrink))
        self.is_proven = any(COMPANIES in page.proven for page in pages)
        return {row["id"] for page in pages for row in page.rows.get(COMPANIES, ())}


def test_a_scroll_as_long_as_the_list_of_companies_says_is_proven_however_many_are_gone() -> None:
    whole = Scrolled(MANY[:9], 8, empty=set(MANY[:1]))
    assert whole.scrolled(MANY) == set(MANY[:9])
    assert (whole.is_proven, whole.asked, whole.said) == (True, [], [])


def test_a_scroll_that_may_leave_companies_without_people_out_takes_none_away_unasked() -> None:
    gone, empty = STOOD[9:12], STOOD[12:]
    silent = Scrolled(STOOD[:9], 9, dict.fromkeys(gone, 404), empty=set(empty))
    assert silent.scrolled(STOOD) == {*STOOD[:9], *empty}
    assert (silent.is_proven, len(silent.asked)) == (True, len(STOOD) - 9)
    with pytest.raises(GaveUpError, match=r"may leave some out: it is not loaded"):
        Scrolled(MANY[:9], 9).scrolled(MANY)


@pytest.mark.parametrize(("told", "status"), [(None, 200), (9, 403), (9, 404), (9, 422), (9, 500)])
def test_where_no_number_of_companies_can_be_had_a_scroll_proves_nothing(
    told: int | None, status: int
) -> None:
    unknown = Scrolled(MANY[:9], told, list_status=status)
    assert unknown.scrolled(MANY[:9]) == set(MANY[:9])
    assert not unknown.is_proven
    assert ["can't be learnt" in words for words in unknown.said] == [True]
    with pytest.raises(
        GaveUpError, match=rf"{len(MANY) - 9:,} companies that stood are not in intercom's list"
    ):
        unknown.scrolled(MANY)
    assert unknown.scrolled(MANY, may_shrink=True) == set(MANY[:9])
    assert not unknown.is_proven


def test_a_scroll_that_is_cut_off_is_begun_anew_and_if_it_stays_so_takes_no_company_away() -> None:
    once = Scrolled(STOOD[:20], 20, cut=[16, 17])
    assert once.scrolled(STOOD[:20]) == set(STOOD[:20])
    assert (once.scrolls, once.is_proven, once.asked) == (2, True, [STOOD[17], STOOD[18], STOOD[19]])
    short = Scrolled(STOOD[:20], 20, cut=[16] * 6)
    with pytest.raises(GaveUpError, match="companies ended after 16 of 20: it is cut off and not loaded"):
        short.scrolled(STOOD[:20])
    assert (short.scrolls, short.asked) == (3, [])
    assert short.scrolled(STOOD[:20], may_shrink=True) == set(STOOD[:20])


def test_a_company_that_is_not_in_the_scroll_is_asked_for_before_it_counts_as_gone() -> None:
    workspace = Scrolled(["a", "b"], None, {"deleted": 404})
    assert workspace.scrolled(["a", "deleted", "empty"]) == {"a", "b", "empty"}
    assert (workspace.asked, workspace.is_proven) == (["deleted", "empty"], True)


@pytest.mark.parametrize(("empty", "is_proven"), [(0, False), (4, True), (5, False)])
def test_companies_without_people_which_the_list_leaves_out_make_no_scroll_whole(
    empty: int, is_proven: bool
) -> None:
    workspace = Scrolled(STOOD[:20], 16, empty=set(STOOD[:empty]))
    assert workspace.scrolled(STOOD[:20]) == set(STOOD[:20])
    assert workspace.is_proven == is_proven


@pytest.mark.parametrize(("told", "is_proven"), [(9_999, True), (10_000, False), (10_001, True)])
def test_a_number_at_which_the_list_of_companies_ends_proves_nothing(told: int, is_proven: bool) -> None:
    listed = [str(number) for number in range(10_002)]
    workspace = Scrolled(listed, told, empty={"0"})
    assert workspace.scrolled(listed) == set(listed)
    assert workspace.is_proven == is_proven


def test_a_scroll_that_gives_the_same_page_again_and_again_ends() -> None:
    class Stuck(Workspace):
        def answer(self, path: str) -> tuple[int, dict[str, Any]]:
            assert len(self.asked) < 100, "it never ends"
            self.asked.append(path)
            return 200, {"data": [{"id": "a"}, {"id": "b"}], "scroll_param": "same"}

    reading = Reading(None, datetime.now(UTC), lambda words: None, standing=lambda table: [])
    with Stuck([], None).served() as url:
        client = ApiClient("intercom", ApiSettings(base_url=url, max_attempts=1))
        with pytest.raises(GaveUpError, match="list of companies gives the same page again and again"):
            list(companies(client, client, reading, may_shrink=False))
