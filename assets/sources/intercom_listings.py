"""Intercom's whole listings, and whether they are whole: companies, and the contacts that there still are.

A listing that ends early looks like one in which the rest is gone. So it is held against the number of rows
that Intercom tells with it, and a contact that stood and is not listed any more is asked for by its id. What
was held so may be as short as it is (`Page.proven`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from assets.sources.api import ApiClient, GaveUpError, NotFoundError, Page, Reading
from assets.sources.latest_changes import Row, listed

SYSTEM = "intercom"
CONTACTS = "standing_contacts"
_SCROLL_ATTEMPTS = 3
# Rows may go while a listing is read: so many, or this share, may be missing of the number told.
_MISSING, _MISSING_SHARE = 3, 0.01
# Contacts asked for one by one; more are not gone by themselves between two loads.
MOST_ASKED = 300


class Count:
    """What has come of a listing, and the least number of rows that its pages told."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self._without_id = 0
        self._told: int | None = None

    def take(self, body: Mapping[str, Any], rows: Sequence[Row]) -> None:
        told = body.get("total_count")
        if type(told) is int:
            self._told = told if self._told is None else min(self._told, told)
        for row in rows:
            if number := row_id(row):
                self.ids.add(number)
            else:
                self._without_id += 1

    @property
    def is_whole(self) -> bool:
        """As many ids came as were told; an empty list, though it says so itself, shows nothing."""
        return self._told is not None and 0 < self._told <= len(self.ids)

    def is_of(self, stood: Collection[str]) -> bool:
        """Whether it is the list of what stood: one that shares nothing with it is another workspace's."""
        return not stood or not self.ids.isdisjoint(stood)

    def hold(self, what: str) -> None:
        """Raise `GaveUpError` if the listing is cut off."""
        came = len(self.ids) + self._without_id
        if self._told is not None and self._told - came > max(_MISSING, int(self._told * _MISSING_SHARE)):
            raise GaveUpError(
                f"intercom's list of {what} ended after {came:,} of {self._told:,}: it is cut off and not "
                "loaded; what stood stands, run again later"
            )


def companies(client: ApiClient, once: ApiClient, reading: Reading) -> Iterator[Page]:
    """One scroll over all. It cannot be taken up again after a failure: the page that was lost is gone. So it
    is begun anew, and rows that come twice are told apart by their key. `once` tries each request only once.
    """
    for restarts in range(_SCROLL_ATTEMPTS):
        count = Count()
        body = client.get("/companies/scroll").json()
        try:
            while True:
                rows = listed(body, "data", SYSTEM)
                count.take(body, rows)
                if not rows:
                    break
                yield Page({"companies": rows})
                body = once.get("/companies/scroll", params={"scroll_param": body.get("scroll_param")}).json()
            count.hold("companies")
            if count.is_whole and count.is_of(reading.standing("companies")):
                yield Page({}, proven=("companies",))
        except (GaveUpError, NotFoundError):
            if restarts == _SCROLL_ATTEMPTS - 1:
                raise
            reading.tell("companies: the scroll broke off; starting it again")
        else:
            return


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
    stood = set(reading.standing(CONTACTS))
    missing, proven = sorted(stood - count.ids), (CONTACTS,) if count.is_of(stood) else ()
    if len(missing) <= MOST_ASKED:
        # Without a warehouse none are known to be missing, and nobody was asked for.
        is_held = bool(missing) or count.is_whole
        yield Page({CONTACTS: list(_still_there(client, missing))}, proven=proven if is_held else ())
    elif count.is_whole:
        yield Page({}, proven=proven)
    elif not may_shrink:
        raise GaveUpError(
            f"{len(missing):,} contacts that stood are not in intercom's list, which is empty, shorter than "
            "it says or says no length: it is not loaded; if so many are gone, set shrink_limit to 0 for one "
            "load"
        )


def _still_there(client: ApiClient, missing: Sequence[str]) -> Iterator[Row]:
    """Contacts that are there though the list left them out: they changed places while it was read."""
    for number in missing:
        try:
            body = client.get(f"/contacts/{quote(number, safe='')}").json()
        except NotFoundError:
            continue  # merged, archived or deleted
        if row_id(body) == number:
            yield {"id": number}


def next_page(body: Mapping[str, Any], rows: Sequence[Row]) -> str | None:
    """Where the next page begins; None: this is the last."""
    pages = body.get("pages")
    place = pages.get("next") if isinstance(pages, Mapping) else None
    return place.get("starting_after") if rows and isinstance(place, Mapping) else None


def row_id(row: Row) -> str:
    """Empty for a row that has none."""
    number = row.get("id") if isinstance(row, Mapping) else None
    return str(number) if type(number) in (str, int) else ""
