"""Intercom's whole listings, and whether they are whole: companies, and the contacts that there still are.

A listing that ends early looks like one in which the rest is gone. So it is held against the number of rows
that Intercom tells: with the list of contacts, and of companies, whose scroll tells none, in another list.
And what stood and is not listed any more is asked for by its id. What was held so may be as short as it is
(`Page.proven`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from assets.sources.api import (
    ApiClient,
    GaveUpError,
    NotFoundError,
    Page,
    PermissionMissingError,
    Reading,
    RequestRefusedError,
    UnreachableError,
)
from assets.sources.latest_changes import Row, listed

SYSTEM = "intercom"
CONTACTS, COMPANIES = "standing_contacts", "companies"
_SCROLL_ATTEMPTS = 3
_MOST_REPEATED = 3
# Rows may go while a listing is read: so many, or this share, may be missing of the number told.
_MISSING, _MISSING_SHARE = 3, 0.01
# Rows asked for one by one; more are not gone by themselves between two loads. Companies without people may
# be missing of every scroll, and add up.
MOST_ASKED = {CONTACTS: 300, COMPANIES: 3_000}
# The list of companies ends there. Its number may, too: then it says only that there are no fewer.
_LIST_ENDS = 10_000


class Count:
    """What has come of a listing, and the least number of rows that it should have.

    `told`: a number told elsewhere; at `most` it may be cut off itself. `counts`: of which rows it is; None:
    of all.
    """

    def __init__(
        self,
        told: int | None = None,
        *,
        most: int | None = None,
        counts: Callable[[Row], bool] | None = None,
    ) -> None:
        self.ids: set[str] = set()
        self._counted: set[str] = set()
        self._without_id = self._came = self._repeated = 0
        self._told, self._most, self._counts = told, most, counts

    def take(self, body: Mapping[str, Any], rows: Sequence[Row]) -> None:
        told = body.get("total_count")
        if type(told) is int:
            self._told = told if self._told is None else min(self._told, told)
        for row in rows:
            if number := row_id(row):
                self.ids.add(number)
                if self._counts is None or self._counts(row):
                    self._counted.add(number)
            else:
                self._without_id += 1

    def see_that_it_moves_on(self, what: str) -> None:
        """Raise `GaveUpError` after some pages without a row that was not there before."""
        came = len(self.ids) + self._without_id
        self._repeated = self._repeated + 1 if came == self._came else 0
        self._came = came
        if self._repeated > _MOST_REPEATED:
            raise GaveUpError(f"intercom's list of {what} gives the same page again and again")

    @property
    def is_whole(self) -> bool:
        """As many ids came as were told, and some of those that the number leaves out: they are listed, then.
        An empty list, though it says so itself, shows nothing.
        """
        if self._told is None or self._told == self._most:
            return False
        if self._counts is not None and len(self.ids) == len(self._counted):
            return False
        return 0 < self._told <= len(self._counted)

    def is_of(self, stood: Collection[str]) -> bool:
        """Whether it is the list of what stood: one that shares nothing with it is another workspace's."""
        return not stood or not self.ids.isdisjoint(stood)

    def hold(self, what: str, *, otherwise: str = "") -> None:
        """Raise `GaveUpError` if the listing is cut off."""
        came = len(self.ids) + self._without_id
        if self._told is not None and self._told - came > max(_MISSING, int(self._told * _MISSING_SHARE)):
            raise GaveUpError(
                f"intercom's list of {what} ended after {came:,} of {self._told:,}: it is cut off and not "
                f"loaded; what stood stands, run again later{otherwise}"
            )


def companies(client: ApiClient, once: ApiClient, reading: Reading, *, may_shrink: bool) -> Iterator[Page]:
    """One scroll over all. It cannot be taken up again after a failure: the page that was lost is gone. So it
    is begun anew, and rows that come twice are told apart by their key. `once` tries each request only once;
    `may_shrink`: a person said that so many are gone.
    """
    for restarts in range(_SCROLL_ATTEMPTS):
        count = Count(_companies_told(client, reading), most=_LIST_ENDS, counts=_has_people)
        body = client.get("/companies/scroll").json()
        try:
            while True:
                rows = listed(body, "data", SYSTEM)
                count.take(body, rows)
                if not rows:
                    break
                yield Page({"companies": rows})
                count.see_that_it_moves_on("companies")
                body = once.get("/companies/scroll", params={"scroll_param": body.get("scroll_param")}).json()
            if not may_shrink:
                count.hold("companies", otherwise="; if there are no more, set shrink_limit to 0 for it")
        except (GaveUpError, NotFoundError):
            if restarts == _SCROLL_ATTEMPTS - 1:
                raise
            reading.tell("companies: the scroll broke off; starting it again")
        else:
            yield from _gone(client, count, reading, COMPANIES, path="/companies", may_shrink=may_shrink)
            return


def _companies_told(client: ApiClient, reading: Reading) -> int | None:
    """How many companies the list has, which leaves out those without people; None: Intercom does not say."""
    try:
        body = client.post("/companies/list", params={"per_page": 1}).json()
    except UnreachableError:
        raise
    except (GaveUpError, NotFoundError, PermissionMissingError, RequestRefusedError) as error:
        reading.tell(f"companies: how many there should be can't be learnt: {error}")
        return None
    told = body.get("total_count") if isinstance(body, Mapping) else None
    if type(told) is int:
        return told
    reading.tell("companies: how many there should be can't be learnt: intercom does not say")
    return None


def _has_people(row: Row) -> bool:
    """Where nothing else is said."""
    return not isinstance(row, Mapping) or row.get("user_count") != 0


def standing_contacts(
    client: ApiClient, reading: Reading, *, page_size: int, attempts: int, may_shrink: bool
) -> Iterator[Page]:
    """The ids of all contacts that there are. `attempts`: how often a page may lead to itself; `may_shrink`:
    a person said that so many are gone.
    """
    count, following, repeated = Count(), None, 0
    while True:
        page = {"per_page": page_size} | ({"starting_after": following} if following else {})
        body = client.get("/contacts", params=page).json()
        rows = listed(body, "data", SYSTEM)
        count.take(body, rows)
        ids = [{"id": row.get("id")} if isinstance(row, Mapping) else row for row in rows]
        yield Page({CONTACTS: ids})
        before, following = following, next_page(body, rows)
        if following is None:
            break
        repeated = repeated + 1 if following == before else 0
        if repeated > attempts:
            raise GaveUpError(f"intercom's next page of contacts is the same page, {repeated} times")
    count.hold("contacts")
    yield from _gone(client, count, reading, CONTACTS, path="/contacts", may_shrink=may_shrink)


def _gone(
    client: ApiClient, count: Count, reading: Reading, table: str, *, path: str, may_shrink: bool
) -> Iterator[Page]:
    """What stood and was not listed, but is there after all; and whether the rest is proven gone."""
    stood = set(reading.standing(table))
    missing, proven = sorted(stood - count.ids), (table,) if count.is_of(stood) else ()
    if len(missing) <= MOST_ASKED[table]:
        # Without a warehouse none are known to be missing, and nobody was asked for.
        is_held = bool(missing) or count.is_whole
        there = list(_still_there(client, path, missing))
        if table == CONTACTS:
            there = [{"id": row_id(row)} for row in there]
        yield Page({table: there}, proven=proven if is_held else ())
    elif count.is_whole:
        yield Page({}, proven=proven)
    elif not may_shrink:
        raise GaveUpError(
            f"{len(missing):,} {path[1:]} that stood are not in intercom's list, which is empty, shorter "
            "than intercom says, of a length it does not say or may leave some out: it is not loaded; if so "
            "many are gone, set shrink_limit to 0 for one load"
        )


def _still_there(client: ApiClient, path: str, missing: Sequence[str]) -> Iterator[Row]:
    """What is there though the list left it out: it changed places while that was read, or is not shown in it
    (a company without people).
    """
    for number in missing:
        try:
            body = client.get(f"{path}/{quote(number, safe='')}").json()
        except NotFoundError:
            continue  # merged, archived or deleted
        if row_id(body) == number:
            yield body


def next_page(body: Mapping[str, Any], rows: Sequence[Row]) -> str | None:
    """Where the next page begins; None: this is the last."""
    pages = body.get("pages")
    place = pages.get("next") if isinstance(pages, Mapping) else None
    return place.get("starting_after") if rows and isinstance(place, Mapping) else None


def row_id(row: Row) -> str:
    """Empty for a row that has none."""
    number = row.get("id") if isinstance(row, Mapping) else None
    return str(number) if type(number) in (str, int) else ""
