"""Bitbucket Cloud: commits per path. Runs alone: `python -m assets.sources.bitbucket --help`.

GET /2.0/repositories/{workspace}/{name}/commits?path=&include=  →  raw_bitbucket.code_commits
GET /2.0/repositories/{workspace}/{name}/diffstat/{sha}          →  the same, one row per file

Bitbucket can't be asked for commits since a moment: pages are read, newest first, until one holds older
commits only. https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commits/
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from dlt.sources.helpers.rest_client.auth import BearerTokenAuth, HttpBasicAuth
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator
from pydantic import SecretStr

from assets.sources.api.client import ApiClient
from assets.sources.api.connector import ApiConnector
from assets.sources.code.history import Commit, epoch
from assets.sources.code.hosting import (
    CODE_COMMITS,
    CodeHostSettings,
    check_listings,
    code_commits,
    renamed,
    said,
    title,
    told_files,
)
from assets.sources.code.listing import Listing
from assets.sources.latest_changes import listed_in

SYSTEM = "bitbucket"
_PAGE_MOST = 100


class BitbucketSettings(CodeHostSettings):
    """`token`: a repository, project or workspace access token that may read repositories; or, with
    `username` (the account's e-mail address), an API token of a person.
    """

    base_url: str = "https://api.bitbucket.org"
    username: str = ""
    token: SecretStr


class Bitbucket:
    """Bitbucket as a code host."""

    def __init__(self, settings: BitbucketSettings) -> None:
        self._page_size = min(settings.page_size, _PAGE_MOST)
        token = settings.token.get_secret_value()
        auth = HttpBasicAuth(settings.username, token) if settings.username else BearerTokenAuth(token)
        self._client = ApiClient(SYSTEM, settings, auth=auth)

    def commits(self, listing: Listing, since: datetime | None) -> Iterator[Sequence[Commit]]:
        asked = {"path": listing.path or None, "include": listing.branch, "pagelen": self._page_size}
        for page in self._client.paginate(
            f"/2.0/repositories/{listing.repository}/commits",
            params={name: value for name, value in asked.items() if value is not None},
            paginator=JSONLinkPaginator(next_url_path="next"),
            data_selector="$",
        ):
            found = [_commit(each) for each in listed_in(page, "values", SYSTEM)]
            recent = [each for each in found if not since or epoch(each.committed_at) >= since.timestamp()]
            yield recent
            if not recent:
                return

    def files(self, listing: Listing, sha: str) -> Iterator[str | None]:
        for page in self._client.paginate(
            f"/2.0/repositories/{listing.repository}/diffstat/{sha}",
            params={"pagelen": self._page_size},
            paginator=JSONLinkPaginator(next_url_path="next"),
            data_selector="$",
        ):
            for each in told_files(page, "values"):
                yield from renamed(said(each, "new", "path"), said(each, "old", "path"))


def _commit(payload: object) -> Commit:
    return Commit(
        sha=said(payload, "hash") or "",
        committed_at=said(payload, "date"),
        authored_at=None,
        title=title(said(payload, "message")),
    )


CONNECTOR = ApiConnector(
    SYSTEM,
    BitbucketSettings,
    (CODE_COMMITS,),
    lambda settings: [code_commits(Bitbucket(settings), settings)],
    lambda settings: check_listings(Bitbucket(settings), settings),
)

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
