"""GitLab: commits per path. Runs alone: `python -m assets.sources.gitlab --help`.

GET /api/v4/projects/{project}/repository/commits?path=&ref_name=&since=  →  raw_gitlab.code_commits
GET /api/v4/projects/{project}/repository/commits/{sha}/diff              →  the same, one row per file

https://docs.gitlab.com/api/commits/
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar
from urllib.parse import quote

from dlt.sources.helpers.rest_client.auth import APIKeyAuth
from dlt.sources.helpers.rest_client.paginators import HeaderLinkPaginator
from pydantic import SecretStr

from assets.sources.api.client import ApiClient
from assets.sources.api.connector import ApiConnector
from assets.sources.api.payloads import OddRowError
from assets.sources.code.history import Commit
from assets.sources.code.hosting import (
    CODE_COMMITS,
    CodeHostSettings,
    check_listings,
    code_commits,
    renamed,
    said,
    title,
)
from assets.sources.code.listing import Listing

SYSTEM = "gitlab"


class GitlabSettings(CodeHostSettings):
    """`token`: a personal, group or project access token with the scope `read_api` (or `read_repository`)."""

    repository_segments: ClassVar[int | None] = None

    base_url: str = "https://gitlab.com"
    token: SecretStr


class Gitlab:
    """GitLab as a code host; projects are named with all their groups (`acme/platform/api`)."""

    def __init__(self, settings: GitlabSettings) -> None:
        self._page_size = settings.page_size
        auth = APIKeyAuth(name="PRIVATE-TOKEN", api_key=settings.token.get_secret_value(), location="header")
        self._client = ApiClient(SYSTEM, settings, auth=auth)

    def commits(self, listing: Listing, since: datetime | None) -> Iterator[Sequence[Commit]]:
        asked = {
            "path": listing.path.rstrip("/") or None,
            "ref_name": listing.branch,
            "since": since.strftime("%Y-%m-%dT%H:%M:%SZ") if since else None,
            "per_page": self._page_size,
        }
        for page in self._client.paginate(
            _address(listing),
            params={name: value for name, value in asked.items() if value is not None},
            paginator=HeaderLinkPaginator(),
            data_selector="$",
        ):
            yield [_commit(each) for each in page]

    def files(self, listing: Listing, sha: str) -> Iterator[str | None]:
        for page in self._client.paginate(
            f"{_address(listing)}/{sha}/diff",
            params={"per_page": self._page_size},
            paginator=HeaderLinkPaginator(),
            data_selector="$",
        ):
            changed = [(said(each, "new_path"), said(each, "old_path")) for each in page]
            if changed and not any(new or old for new, old in changed):
                raise OddRowError("no list of changed files")
            for paths in changed:
                yield from renamed(*paths)


def _address(listing: Listing) -> str:
    return f"/api/v4/projects/{quote(listing.repository, safe='')}/repository/commits"


def _commit(payload: object) -> Commit:
    return Commit(
        sha=said(payload, "id") or "",
        committed_at=said(payload, "committed_date"),
        authored_at=said(payload, "authored_date"),
        title=title(said(payload, "title") or said(payload, "message")),
    )


CONNECTOR = ApiConnector(
    SYSTEM,
    GitlabSettings,
    (CODE_COMMITS,),
    lambda settings: [code_commits(Gitlab(settings), settings)],
    lambda settings: check_listings(Gitlab(settings), settings),
)

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
