"""Contacts that stood and are not listed any more, against a server whose list says what each test tells it to."""

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
from assets.sources.intercom_listings import CONTACTS, MOST_ASKED, standing_contacts


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


STOOD = [f"c{number:04}" for number in range(MOST_ASKED + 10)]


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
