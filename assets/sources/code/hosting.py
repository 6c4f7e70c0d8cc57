"""What every code host is read as: one table of commits and the files they changed, one stream.

repository@branch:path in the settings  →  raw_<system>.code_commits, a row per file changed by a commit

A list of one file needs no more than its commits; of a folder or a whole repository, the files of each new
commit are asked for too (a request each).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar, Protocol

from pydantic import Field, field_validator

from assets.sources.api.connector import attempt
from assets.sources.api.errors import ApiError, CredentialsRefusedError, GaveUpError, NotFoundError
from assets.sources.api.payloads import OddRowError, Payload, Spoilt
from assets.sources.api.settings import ApiSettings
from assets.sources.api.streams import Page, Reading, Stream
from assets.sources.api.tables import Table, at, identifier, text, whole_number
from assets.sources.code.history import Commit, History, HistoryReader
from assets.sources.code.listing import Listing, parse
from assets.sources.connector import Finding

# A host may repeat a page; one that does nothing else never ends.
_MOST_REPEATED_PAGES = 5

CODE_COMMITS = Table(
    "code_commits",
    key=("listed", "path", "sha"),
    columns=(
        identifier("repository", required=True),
        identifier("listed", required=True),
        text("path", required=True),
        identifier("sha", required=True),
        at("committed_at", required=True),
        at("authored_at"),
        text("title"),
        whole_number("history_number", required=True, minimum=1),
    ),
)


class CodeHostSettings(ApiSettings):
    """`listings`: what to read, as `owner/name[@branch][:path]`; a path ending in / is a folder, none is all.
    `overlap_days`: how far back commits may turn up after later ones were seen (long-lived branches).
    """

    repository_segments: ClassVar[int | None] = 2

    listings: list[str] = Field(min_length=1)
    overlap_days: int = Field(default=30, ge=1)
    # A row may have cost a request: what came is kept more often than elsewhere.
    package_rows: int = Field(default=2_000, ge=1)

    @field_validator("listings")
    @classmethod
    def _are_listings(cls, given: list[str]) -> list[str]:
        for each in given:
            parse(each, segments=cls.repository_segments)
        return given

    @property
    def parsed_listings(self) -> list[Listing]:
        return [parse(each, segments=self.repository_segments) for each in self.listings]


class CodeHost(Protocol):
    """What a vendor's connector has to know how to do."""

    def commits(self, listing: Listing, since: datetime | None) -> Iterator[Sequence[Commit]]:
        """Pages of a list's commits, newest first; not older than `since` where the host can tell."""
        ...

    def files(self, listing: Listing, sha: str) -> Iterator[str | None]:
        """Paths a commit changed; of a renamed file both. None: of one that is told of, but not by name."""
        ...


def code_commits(host: CodeHost, settings: CodeHostSettings) -> Stream:
    """All lists, one after the other; what fails in one keeps no other from being read."""

    def read(reading: Reading) -> Iterator[Page]:
        cursor: dict[str, Any] = dict(reading.cursor or {})
        failures: list[ApiError] = []
        for listing in settings.parsed_listings:
            try:
                for rows, history in _pages(
                    host, listing, settings, reading, History.of(cursor.get(listing.text))
                ):
                    cursor = {**cursor, listing.text: history.state}
                    yield Page({CODE_COMMITS.name: rows}, cursor)
            except CredentialsRefusedError:
                raise
            except ApiError as error:
                reading.tell(f"{listing.text}: {error}")
                failures.append(error)
        if failures:
            raise failures[0]

    return Stream("code_commits", (CODE_COMMITS.name,), read)


def check_listings(host: CodeHost, settings: CodeHostSettings) -> Iterator[Finding]:
    """Whether the commits of each list can be read."""
    for listing in settings.parsed_listings:
        yield attempt(listing.text, lambda: next(_commits(host, listing, None), None))  # noqa: B023


def _pages(
    host: CodeHost, listing: Listing, settings: CodeHostSettings, reading: Reading, known: History
) -> Iterator[tuple[list[Payload | Spoilt], History]]:
    start = datetime.combine(settings.start_on, time.min, UTC) if settings.start_on else None

    def tell(words: str) -> None:
        reading.tell(f"{listing.text}: {words}")

    reader = HistoryReader(known, timedelta(days=settings.overlap_days), start, reading.now, tell)
    rows: list[Payload | Spoilt] = []
    found = reader.commits(lambda since: _listed(host, listing, since))
    for position, commit in enumerate(found, start=1):
        rows += _rows(host, listing, commit, reader.number)
        if position % settings.page_size == 0:
            yield rows, reader.history
            rows = []
    yield rows, reader.history


def _commits(host: CodeHost, listing: Listing, since: datetime | None) -> Iterator[Sequence[Commit]]:
    """Pages; one on which nothing is a commit is none: an error that came with 200."""
    for page in host.commits(listing, since):
        if page and not any(commit.sha for commit in page):
            raise GaveUpError(
                f"{listing.text}: the host answered with something that is no list of commits; check the "
                "base URL, or run again later"
            )
        yield page


def _listed(host: CodeHost, listing: Listing, since: datetime | None) -> Iterator[Commit]:
    met: set[str] = set()
    repeated = 0
    for page in _commits(host, listing, since):
        shas = {commit.sha for commit in page}
        repeated = repeated + 1 if shas <= met else 0
        if repeated > _MOST_REPEATED_PAGES:
            raise GaveUpError(
                f"{listing.text}: the host gives the same page again and again; run again later"
            )
        met |= shas
        yield from page


def _rows(host: CodeHost, listing: Listing, commit: Commit, number: int) -> Iterator[Payload | Spoilt]:
    row = {
        "repository": listing.repository,
        "listed": listing.text,
        "sha": commit.sha or None,
        "committed_at": commit.committed_at,
        "authored_at": commit.authored_at,
        "title": commit.title,
        "history_number": number,
    }
    if listing.is_file or not commit.sha:
        yield {**row, "path": listing.path or "/"}
        return
    try:
        for path in host.files(listing, commit.sha):
            if path is None or listing.holds(path):
                yield {**row, "path": path}
    except (NotFoundError, OddRowError):
        yield Spoilt(row, "nothing is told of the commit's files")


def told_files(page: Sequence[object], name: str) -> Sequence[object]:
    """The changed files on a page that is one object. Raises `OddRowError` where it tells of none."""
    body = page[0] if page else None
    files = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(files, list):
        raise OddRowError(name)
    return files


def renamed(*paths: str | None) -> list[str | None]:
    """The paths of a changed file, each once."""
    return list(dict.fromkeys(filter(None, paths))) or [None]


def said(payload: object, *path: str) -> str | None:
    """The text at a path of a payload, None where there is none."""
    for part in path:
        payload = payload.get(part) if isinstance(payload, Mapping) else None
    return payload if isinstance(payload, str) else None


def title(message: str | None) -> str | None:
    """A commit message's first line."""
    return message.strip().partition("\n")[0] if message else None
