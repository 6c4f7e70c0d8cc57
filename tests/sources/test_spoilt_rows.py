"""Each field of a row of every API, replaced by something else: rows are rejected one by one, none is lost."""

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from requests import Request, Response
from requests.structures import CaseInsensitiveDict
from served import environment

from assets.sources.api import ApiClient, ApiConnector, ApiError, NotFoundError, Spoilt, Stream
from assets.sources.api.judging import Judge
from assets.sources.api.streams import Reading
from assets.sources.pendo import RECORDS
from assets.sources.registry import SYSTEMS, connector
from assets.sources.settings import read_settings, variable
from simulator.vendors.server import VendorServer

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ODD: tuple[Any, ...] = (None, 7, [7], {"odd": 1}, "odd")
MORE = {
    "hubspot": {"overlap_seconds": str(10**9)},
    "pendo": {"start_on": "2026-10-01"},
    "github": {"start_on": "2026-10-01"},
    "gitlab": {"start_on": "2026-10-01"},
    "bitbucket": {"start_on": "2026-10-01"},
}
# The others are read in the same way.
ONLY = {
    "intercom": {"contacts", "conversations"},
    "salesforce": {"users", "opportunities"},
    "hubspot": {"owners", "companies", "tickets"},
}
# What is in the rows of other things: how many there are, these alone say.
HANGING = {("zendesk", "ticket_comments"), ("pendo", "polls")}
# Answers that tell of one row.
_ONE = re.compile(r"/(conversations/\d+|commits/[0-9a-f]{8,}|diffstat/[0-9a-f]{8,})")
Place = tuple[str | int, ...]
# By path the answers given to it, in turn.
Answers = dict[str, list[tuple[Mapping[str, str], Any]]]


def engine_of(system: str) -> ApiConnector[Any] | None:
    found = RECORDS if system == "pendo" else connector(system)
    return found if isinstance(found, ApiConnector) and system != "git_repository" else None


class Tape:
    """Records what a vendor answers, and plays it again with a change."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: Answers = {}
        self.given: dict[str, int] | None = None
        self.asked = 0
        send = ApiClient._send_request

        def sent(client: ApiClient, request: Request, **named: Any) -> Response:
            path = str(request.url).partition("?")[0]
            if self.given is None:
                response = send(client, request, **named)
                self.answers.setdefault(path, []).append((response.headers, response.json()))
                return response
            self.asked += 1
            assert self.asked < 500, "it asks for ever"
            if path not in self.answers:
                raise NotFoundError(path)
            turn = min(self.given.get(path, 0), len(self.answers[path]) - 1)
            self.given[path] = turn + 1
            return _played(*self.answers[path][turn])

        monkeypatch.setattr(ApiClient, "_send_request", sent)

    def play(self, answers: Answers) -> None:
        self.answers, self.given, self.asked = answers, {}, 0


def _played(headers: Mapping[str, str], body: Any) -> Response:
    response = Response()
    response.status_code, response.headers = 200, CaseInsensitiveDict(headers)
    response.json = lambda **named: copy.copy(body)  # type: ignore[method-assign]
    return response


def read(
    stream: Stream, cursor: Any = None, tell: Callable[[str], None] = lambda words: None
) -> tuple[list[tuple[str, Any]], Any]:
    """(table, row) of all pages, and the last cursor."""
    rows = []
    for page in stream.read(Reading(cursor, NOW, tell)):
        rows += [(table, row) for table, given in page.rows.items() for row in given]
        cursor = page.cursor or cursor
    return rows, cursor


def fields(body: Any, place: Place = (), *, is_row: bool = False) -> Iterator[tuple[Place, Any]]:
    """Places in the first row of each list, and in what is in it; the row itself, too."""
    if isinstance(body, list) and body:
        if isinstance(body[0], Mapping) or is_row:
            yield (*place, 0), body[0]
        yield from fields(body[0], (*place, 0), is_row=True)
    elif isinstance(body, dict):
        for name, value in body.items():
            if is_row:
                yield (*place, name), value
            yield from fields(value, (*place, name), is_row=is_row)


def replaced(body: Any, place: Place, value: Any) -> Any:
    if not place:
        return value
    changed = copy.copy(body)
    changed[place[0]] = replaced(body[place[0]], place[1:], value)
    return changed


def variants(answers: Answers) -> Iterator[tuple[Answers, str]]:
    """The answers with one thing replaced in one of them, and what, unless rows may go with it. Of things
    alike only the first.
    """
    met = set()
    for path, given in answers.items():
        kind = re.sub(r"\w*\d\w*", "#", path.partition("//")[2])
        is_row = bool(_ONE.search(path))
        for turn, (headers, body) in enumerate(given[:2]):
            for place, found in fields(body, is_row=is_row):
                name = (kind, len(place), *(each for each in place if each != 0))
                if name not in met:
                    met.add(name)
                    for odd in ODD:
                        changed = [*given[:turn], (headers, replaced(body, place, odd)), *given[turn + 1 :]]
                        # No list is as good as an empty one.
                        is_none = odd is None and isinstance(found, list)
                        yield {**answers, path: changed}, "" if is_none else f"{kind} {place} {odd}"


def opened(system: str, vendors: VendorServer, folder: Path) -> tuple[ApiConnector[Any], Any]:
    engine = engine_of(system)
    assert engine is not None
    given = {**environment(system, vendors, folder), **MORE.get(system, {})}
    settings = read_settings(
        system, engine.settings_type, {variable(system, name): value for name, value in given.items()}
    )
    return engine, settings


@pytest.mark.parametrize("system", [each for each in SYSTEMS if engine_of(each)])
def test_an_odd_row_keeps_no_other_from_being_read(
    system: str, vendors: VendorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, settings = opened(system, vendors, tmp_path)
    for position, stream in enumerate(engine.streams(settings)):
        if stream.name not in ONLY.get(system, {stream.name}):
            continue
        with monkeypatch.context() as patched:
            tape = Tape(patched)

            def rows_by_table(position: int = position) -> Counter[str]:
                """Of two readings, the second from where the first ended."""
                again = engine.streams(settings)[position]
                rows, cursor = read(again)
                return Counter(table for table, _ in rows + read(again, cursor)[0])

            expected = rows_by_table()
            owner = stream.tables[0] if (system, stream.name) not in HANGING else None
            for answers, what in variants(tape.answers):
                tape.play(answers)
                found = rows_by_table()
                assert not (owner and what) or found[owner] >= expected[owner], what


# What comes instead of an answer, with 200 all the same.
NO_ANSWERS: tuple[Any, ...] = ({"error": {"message": "no access"}}, {"success": False}, "no access", [])
# A list that is bare may be empty.
MAY_BE_EMPTY = {"delighted", "github", "gitlab", "pendo"}


@pytest.mark.parametrize("system", [each for each in SYSTEMS if engine_of(each)])
def test_an_error_that_comes_with_200_is_no_empty_list(
    system: str, vendors: VendorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of any answer: the reading ends with an error that names the system or what it read, or the
    one row that it was about is set aside."""
    engine, settings = opened(system, vendors, tmp_path)
    met = set()
    for position, stream in enumerate(engine.streams(settings)):
        with monkeypatch.context() as patched:
            tape = Tape(patched)
            rows, cursor = read(stream)
            read(engine.streams(settings)[position], cursor)
            recorded = tape.answers
            for path, given in recorded.items():
                kind = (stream.name, re.sub(r"\w*\d\w*", "#", path.partition("//")[2]))
                if kind in met:
                    continue
                met.add(kind)
                for body in NO_ANSWERS:
                    if body == [] and system in MAY_BE_EMPTY:
                        continue
                    tape.play({**recorded, path: [(given[0][0], body)]})
                    told: list[str] = []
                    try:
                        found, reached = read(engine.streams(settings)[position], tell=told.append)
                        found += read(engine.streams(settings)[position], reached, told.append)[0]
                    except ApiError as error:
                        assert re.search(f"(?i){system}|product/core", str(error)), (kind, body, str(error))
                    else:
                        is_told = any(isinstance(row, Spoilt) for _, row in found) or told
                        assert is_told, (kind, body, len(found), len(rows))


@dataclass(frozen=True)
class Spoiling:
    """Of a system's answers to a path the first one with something there is changed."""

    system: str
    table: str
    path: str
    place: Place
    odd: Any
    reason: str


SPOILINGS = [
    Spoiling("hubspot", "contacts", "/objects/contacts", ("results", 0, "associations", "companies"), 7,
             "the associated companies cannot be read"),
    Spoiling("hubspot", "contacts", "/contacts/companies/batch/read", ("results", 0, "to", 0), None,
             "the associated companies cannot be read"),
    Spoiling("hubspot", "contacts", "/objects/contacts$", ("results", 0, "properties"), None,
             "properties is no object"),
    Spoiling("zendesk", "ticket_comments", "/ticket_events.json", ("ticket_events", 0, "child_events", 0), 7,
             "child_events is no list of objects"),
    Spoiling("zipchat", "messages", "/conversations/", ("conversation", "messages"), None,
             "the messages of the conversation are no list"),
    Spoiling("intercom", "conversation_parts", "/conversations/", ("conversation_parts",), 7,
             "the parts of the conversation are no list"),
    Spoiling("totango", "accounts", "/search/accounts", ("response", "accounts", "hits", 0, "selected_fields"),
             [7], "selected_fields is no list of the 8 fields that were asked for"),
    Spoiling("pendo", "polls", "/guide", (0, "polls"), 7, "the polls of the guide are no list"),
]  # fmt: skip


@pytest.mark.parametrize("spoiling", SPOILINGS, ids=lambda each: f"{each.system} {each.place[-1]}")
def test_a_row_that_cannot_be_read_is_rejected_with_the_reason(
    spoiling: Spoiling, vendors: VendorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, settings = opened(spoiling.system, vendors, tmp_path)
    table = next(each for each in engine.tables if each.name == spoiling.table)
    number, stream = next(
        each for each in enumerate(engine.streams(settings)) if table.name in each[1].tables
    )
    tape = Tape(monkeypatch)
    read(stream, read(stream)[1])
    path, turn, (headers, body) = next(
        (path, turn, answer)
        for path, given in tape.answers.items()
        for turn, answer in enumerate(given)
        if re.search(spoiling.path, path) and spoiling.place in dict(fields(answer[1], is_row=True))
    )
    given = list(tape.answers[path])
    given[turn] = (headers, replaced(body, spoiling.place, spoiling.odd))
    tape.play({**tape.answers, path: given})
    stream = engine.streams(settings)[number]
    rows, cursor = read(stream)
    judge = Judge(table, NOW.replace(tzinfo=None))
    judge.add(row for name, row in rows + read(stream, cursor)[0] if name == table.name)
    verdict = judge.verdict()
    judge.close()
    assert verdict.rejected["reason"].to_pylist() == [spoiling.reason]
    assert verdict.counts.rows_quarantined == 1
