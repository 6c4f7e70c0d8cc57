"""GitHub: commits per path. Runs alone: `python -m assets.sources.github --help`.

GET /repos/{owner}/{name}/commits?path=&sha=&since=  →  raw_github.code_commits
GET /repos/{owner}/{name}/commits/{sha}              →  the same, one row per file of a folder

https://docs.github.com/en/rest/commits/commits
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import HeaderLinkPaginator
from pydantic import SecretStr
from requests import Response

from assets.sources.api.client import ApiClient
from assets.sources.api.connector import ApiConnector
from assets.sources.code.history import Commit
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

SYSTEM = "github"
_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
# What GitHub asks for when it names no time itself.
_SECONDARY_LIMIT_SECONDS = 60.0


class GithubSettings(CodeHostSettings):
    """`token`: fine-grained, that may read the contents of the repositories; or a classic one with `repo`."""

    base_url: str = "https://api.github.com"
    token: SecretStr


class Github:
    """GitHub as a code host."""

    def __init__(self, settings: GithubSettings) -> None:
        self._page_size = settings.page_size
        auth = BearerTokenAuth(settings.token.get_secret_value())
        self._client = ApiClient(SYSTEM, settings, auth=auth, headers=_HEADERS, read_answer=limit_wait)

    def commits(self, listing: Listing, since: datetime | None) -> Iterator[Sequence[Commit]]:
        asked = {
            "path": listing.path.rstrip("/") or None,
            "sha": listing.branch,
            "since": since.strftime("%Y-%m-%dT%H:%M:%SZ") if since else None,
            "per_page": self._page_size,
        }
        for page in self._client.paginate(
            f"/repos/{listing.repository}/commits",
            params={name: value for name, value in asked.items() if value is not None},
            paginator=HeaderLinkPaginator(),
            data_selector="$",
        ):
            yield [_commit(each) for each in page]

    def files(self, listing: Listing, sha: str) -> Iterator[str | None]:
        for page in self._client.paginate(
            f"/repos/{listing.repository}/commits/{sha}",
            params={"per_page": self._page_size},
            paginator=HeaderLinkPaginator(),
            data_selector="$",
        ):
            for each in told_files(page, "files"):
                yield from renamed(said(each, "filename"), said(each, "previous_filename"))


def limit_wait(response: Response) -> float | None:
    """Seconds until a limit is lifted; GitHub tells of it by 403 as well as by 429."""
    if response.status_code not in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS):
        return None
    if response.headers.get("Retry-After", "").isdigit():
        return float(response.headers["Retry-After"])
    if response.headers.get("X-RateLimit-Remaining") == "0":
        reset = response.headers.get("X-RateLimit-Reset", "")
        return max(0.0, float(reset) - _now(response)) if reset.isdigit() else _SECONDARY_LIMIT_SECONDS
    return _SECONDARY_LIMIT_SECONDS if "rate limit" in response.text.lower() else None


def _now(response: Response) -> float:
    """The server's own time."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (KeyError, ValueError):
        return datetime.now(UTC).timestamp()


def _commit(payload: object) -> Commit:
    return Commit(
        sha=said(payload, "sha") or "",
        committed_at=said(payload, "commit", "committer", "date"),
        authored_at=said(payload, "commit", "author", "date"),
        title=title(said(payload, "commit", "message")),
    )


CONNECTOR = ApiConnector(
    SYSTEM,
    GithubSettings,
    (CODE_COMMITS,),
    lambda settings: [code_commits(Github(settings), settings)],
    lambda settings: check_listings(Github(settings), settings),
)

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
