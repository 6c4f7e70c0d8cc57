"""Reading what changed since a moment from lists that change meanwhile and promise no order."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from requests import Response

from assets.sources.latest_changes import Known, NumberedPages, moment_of, wait_for_reset

SIZE = 5
Rows = dict[int, dict[str, Any]]


class Vendor:
    """Rows by id with the moment of their last change; between two answers some change, at a later moment."""

    def __init__(self, seed: int, *, newest_first: bool) -> None:
        self.draw, self.newest_first, self.clock, self.is_calm = (
            random.Random(seed),  # noqa: S311
            newest_first,
            1000,
            False,
        )
        self.rows: Rows = {n: {"id": n, "updated_at": self.draw.randrange(900, 960)} for n in range(40)}
        self.asked = 0

    def ask(self, since: int | None, page: int) -> Sequence[dict[str, Any]]:
        self.asked += 1
        fit = [row for row in self.rows.values() if since is None or row["updated_at"] >= since]
        fit.sort(key=lambda row: (row["updated_at"], row["id"]), reverse=self.newest_first)
        shown = [dict(row) for row in fit[(page - 1) * SIZE : page * SIZE]]
        for _ in range(0 if self.is_calm else self.draw.randrange(3)):
            self.clock += 1
            number = self.draw.randrange(45)
            self.rows[number] = {"id": number, "updated_at": self.clock}
        return shown


CHANGED_AT = partial(moment_of, name="updated_at", now=datetime(2026, 11, 1, tzinfo=UTC))


def pages_of(vendor: Vendor, cursor: Any) -> Iterator[tuple[Sequence[Any], dict[str, Any]]]:
    return NumberedPages(vendor.ask, CHANGED_AT, SIZE).read(cursor)


@pytest.mark.parametrize("newest_first", [False, True])
def test_no_row_is_lost_among_rows_that_change_places_though_every_reading_is_broken_off(
    newest_first: bool,
) -> None:
    for seed in range(60):
        vendor = Vendor(seed, newest_first=newest_first)
        cursor, seen = None, {}
        for _ in range(400):
            for place, (rows, after) in enumerate(pages_of(vendor, cursor)):
                cursor = after
                seen |= {row["id"]: row for row in rows}
                if place == 2:
                    break
            else:
                break
        vendor.is_calm = True
        for rows, _ in pages_of(vendor, cursor):
            seen |= {row["id"]: row for row in rows}
        assert seen == vendor.rows


@pytest.mark.parametrize("count", [0, 3, SIZE, 3 * SIZE + 1])
def test_a_file_behind_http_that_knows_no_pages_is_read_once(count: int) -> None:
    archive = [{"id": n, "updated_at": 1000 + n} for n in range(count)]
    asked = []

    def ask(since: int | None, page: int) -> Sequence[dict[str, int]]:
        asked.append(page)
        return archive

    pages = NumberedPages(ask, CHANGED_AT, SIZE).read(None)
    assert {row["id"] for rows, _ in pages for row in rows} == set(range(count))
    assert len(asked) <= 3


def test_many_rows_of_one_moment_are_all_read() -> None:
    vendor = Vendor(1, newest_first=False)
    vendor.rows = {n: {"id": n, "updated_at": 500 if n < 17 else 501} for n in range(20)}
    vendor.is_calm = True
    assert {row["id"] for rows, _ in pages_of(vendor, None) for row in rows} == set(range(20))


def test_a_row_is_news_again_only_when_it_changed() -> None:
    row = {"id": 1, "updated_at": 100, "parts": 2}
    known = Known()
    assert known.take(1, 100, row)
    again = Known.kept(known.cursor)
    assert not again.take(1, 100, row)
    assert again.take(1, 100, {**row, "parts": 3})


@pytest.mark.parametrize("odd", [None, True, "", "soon", [], {}, "9" * 400, float("inf"), "2199-01-01"])
def test_an_odd_moment_is_none(odd: object) -> None:
    assert CHANGED_AT({"updated_at": odd}) is None


def test_a_429_without_retry_after_is_waited_out_by_the_servers_own_clock() -> None:
    response = Response()
    response.status_code = 429
    response.headers.update({"X-RateLimit-Reset": "1761955225", "Date": "Sat, 01 Nov 2025 00:00:05 GMT"})
    assert wait_for_reset(response) == 20
