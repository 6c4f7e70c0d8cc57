"""Local git repositories: commits and the files they changed. Runs alone:
`python -m assets.sources.git_repository --help`.

git log --name-only  →  raw_git_repository.code_commits

Nothing is fetched: whoever keeps the working copy or mirror up to date does that (`git fetch`, `git pull`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from assets.sources.api.connector import ApiConnector
from assets.sources.api.errors import ApiError
from assets.sources.api.settings import ApiSettings
from assets.sources.api.streams import Page, Reading, Stream
from assets.sources.code.hosting import CODE_COMMITS
from assets.sources.code.listing import Listing, parse
from assets.sources.code.local_git import ChangedFiles, LocalRepository

SYSTEM = "git_repository"


class GitRepositorySettings(ApiSettings):
    """`folders`: a repository's name → its folder (working copy or bare). `listings`: what to read of them,
    as `name[@branch][:path]`; everything on the branch that is checked out, if not given.
    """

    base_url: str = ""
    folders: dict[str, Path] = Field(min_length=1)
    listings: list[str] = Field(default_factory=list)

    @field_validator("listings")
    @classmethod
    def _are_listings(cls, given: list[str]) -> list[str]:
        for each in given:
            parse(each, segments=None)
        return given

    @property
    def parsed_listings(self) -> list[Listing]:
        return [parse(each, segments=None) for each in self.listings or self.folders]


@dataclass(frozen=True)
class _Head:
    """Up to which commit a list was read, and how often its history has been rewritten before."""

    sha: str | None = None
    number: int = 1


def _stream(settings: GitRepositorySettings) -> Stream:
    def read(reading: Reading) -> Iterator[Page]:
        cursor: dict[str, Any] = dict(reading.cursor or {})
        failures: list[ApiError] = []
        for listing in settings.parsed_listings:
            try:
                known = _Head(**cursor.get(listing.text, {}))
                for rows, head in _pages(listing, settings, reading, known):
                    cursor = {**cursor, listing.text: vars(head)}
                    yield Page({CODE_COMMITS.name: rows}, cursor)
            except ApiError as error:
                reading.tell(f"{listing.text}: {error}")
                failures.append(error)
        if failures:
            raise failures[0]

    return Stream("code_commits", (CODE_COMMITS.name,), read)


def _pages(
    listing: Listing, settings: GitRepositorySettings, reading: Reading, known: _Head
) -> Iterator[tuple[list[Mapping[str, Any]], _Head]]:
    folder = settings.folders.get(listing.repository)
    if folder is None:
        raise ApiError(f"TIERLINE_GIT_REPOSITORY_FOLDERS has no folder for {listing.repository!r}")
    repository = LocalRepository(folder)
    head = repository.head(listing.branch)
    if head is None or head == known.sha:
        return
    if known.sha and not repository.is_before(known.sha, head):
        reading.tell(f"{listing.text}: the history was rewritten; reading all of it again")
        known = _Head(None, known.number + 1)
    rows: list[Mapping[str, Any]] = []
    found = repository.commits(head, after=known.sha, path=listing.path)
    for position, commit in enumerate(found, start=1):
        if not _is_too_early(commit, settings):
            rows += _rows(listing, commit, known.number)
        if position % settings.page_size == 0:
            yield rows, _Head(commit.sha, known.number)
            rows = []
    yield rows, _Head(head, known.number)


def _is_too_early(commit: ChangedFiles, settings: GitRepositorySettings) -> bool:
    if settings.start_on is None:
        return False
    return datetime.fromisoformat(commit.committed_at).astimezone(UTC).date() < settings.start_on


def _rows(listing: Listing, commit: ChangedFiles, number: int) -> Iterator[Mapping[str, Any]]:
    for path in commit.paths:
        if listing.holds(path):
            yield {
                "repository": listing.repository,
                "listed": listing.text,
                "path": path,
                "sha": commit.sha,
                "committed_at": commit.committed_at,
                "authored_at": commit.authored_at,
                "title": commit.title,
                "history_number": number,
            }


CONNECTOR = ApiConnector(SYSTEM, GitRepositorySettings, (CODE_COMMITS,), lambda settings: [_stream(settings)])

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
