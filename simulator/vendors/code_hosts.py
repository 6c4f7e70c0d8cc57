"""GitHub, GitLab, Bitbucket: commits that touched a path, newest first.

Follows the three vendors' documented list endpoints and their ways of paging: GitHub by `Link`, GitLab by
`X-Next-Page` and `Link`, Bitbucket by `next` in the body (and no `since`).
"""

from datetime import UTC, datetime
from urllib.parse import urlencode

from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.rate_limits import Limit
from simulator.vendors.vendor import Vendor, basic, iso, route
from simulator.vendors.view import Row

PAGE, PAGE_MOST = 30, 100
AUTHOR = {"name": "Dev", "email": "dev@vendor.example"}


class CodeHost(Vendor):
    """What the three share: the commits. Subclasses say how they show them."""

    name = ""

    def commits(self, repository: str, request: Request) -> list[Row]:
        """One row per commit, newest first, held to `path` (a file or a folder), `since` and `until`."""
        rows = [row for row in self.view.rows("code_changes") if row["repository"] == repository]
        if not rows:
            raise RefusedError(self.not_found())
        if path := request.one("path"):
            rows = [r for r in rows if r["path"] == path or r["path"].startswith(path.rstrip("/") + "/")]
        since, until = self._moment(request, "since"), self._moment(request, "until")
        rows = [
            r
            for r in rows
            if (not since or r["committed_at"] >= since) and (not until or r["committed_at"] <= until)
        ]
        once = {row["commit_sha"]: row for row in rows}
        return sorted(once.values(), key=lambda row: (row["committed_at"], row["commit_sha"]), reverse=True)

    def paths(self, repository: str, request: Request) -> list[str]:
        """The files that the commit in the address changed."""
        rows = [row for row in self.view.rows("code_changes") if row["repository"] == repository]
        found = [row["path"] for row in rows if row["commit_sha"] == request.variables["sha"]]
        if not found:
            raise RefusedError(self.not_found())
        return sorted(found)

    def _moment(self, request: Request, name: str) -> datetime | None:
        given = request.one(name)
        try:
            moment = datetime.fromisoformat(given.replace(" ", "+")) if given else None
        except ValueError:
            raise RefusedError(Answer.json({"message": f"{name} is invalid"}, 400)) from None
        return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None

    def page(
        self, rows: list[Row], request: Request, size_name: str = "per_page"
    ) -> tuple[list[Row], str | None, int]:
        """The page's rows, the address of the next page, and its number."""
        size, page = request.number(size_name, PAGE, most=PAGE_MOST), max(request.number("page", 1), 1)
        following = page if request.repeats_page else page + 1
        given = {name: values[0] for name, values in request.query.items()}
        query = urlencode({**given, "page": following, size_name: size})
        more = page * size < len(rows) or request.repeats_page
        link = f"{request.base_url}{request.path}?{query}" if more else None
        return rows[(page - 1) * size : page * size], link, following


class Github(CodeHost):
    name = "github"
    limits = {"*": Limit(5000, 3600)}  # noqa: RUF012 -- never changed

    def authorise(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("token ").removeprefix("Bearer ")
        if token != self.secret:
            raise RefusedError(self._error(401, "Bad credentials"))

    def unreadable(self, problem: str) -> Answer:
        return self._error(400, problem)

    def _error(self, status: int, message: str) -> Answer:
        return Answer.json(
            {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)},
            status,
        )

    def not_found(self) -> Answer:
        return self._error(404, "Not Found")

    def too_many(self, retry_after: int) -> Answer:
        answer = self._error(429, "You have exceeded a secondary rate limit.")
        return Answer(429, answer.body, {**answer.headers, "Retry-After": str(retry_after)})

    def rate_headers(self, limit: Limit, left: int) -> dict[str, str]:
        return {"X-RateLimit-Limit": str(limit.requests), "X-RateLimit-Remaining": str(left)}

    @route("GET", "/repos/{owner}/{repository}/commits")
    def list_commits(self, request: Request) -> Answer:
        repository = f"{request.variables['owner']}/{request.variables['repository']}"
        rows, link, _ = self.page(self.commits(repository, request), request)
        shown = [self._shown(repository, row, request) for row in rows]
        return Answer.json(shown, headers={"Link": f'<{link}>; rel="next"'} if link else {})

    @route("GET", "/repos/{owner}/{repository}/commits/{sha}")
    def get_commit(self, request: Request) -> Answer:
        repository = f"{request.variables['owner']}/{request.variables['repository']}"
        paths = self.paths(repository, request)
        (row,) = [r for r in self.commits(repository, request) if r["commit_sha"] == request.variables["sha"]]
        files = [{"filename": path, "status": "modified", "changes": 2} for path in paths]
        return Answer.json(self._shown(repository, row, request) | {"files": files})

    def _shown(self, repository: str, row: Row, request: Request) -> Row:
        signed = {**AUTHOR, "date": iso(row["committed_at"])}
        url = f"{request.base_url}/repos/{repository}/commits/{row['commit_sha']}"
        commit = {"author": signed, "committer": signed, "message": f"Change {row['path']}", "url": url}
        return {"sha": row["commit_sha"], "url": url, "commit": commit, "parents": []}


class Gitlab(CodeHost):
    name = "gitlab"
    limits = {"*": Limit(2000, 60)}  # noqa: RUF012 -- never changed

    def authorise(self, request: Request) -> None:
        if self.secret not in (request.headers.get("private-token"), request.bearer()):
            raise RefusedError(Answer.json({"message": "401 Unauthorized"}, 401))

    def not_found(self) -> Answer:
        return Answer.json({"message": "404 Project Not Found"}, 404)

    @route("GET", "/api/v4/projects/{project}/repository/commits")
    def list_commits(self, request: Request) -> Answer:
        rows, link, following = self.page(self.commits(request.variables["project"], request), request)
        shown = []
        for row in rows:
            at, sha, title = iso(row["committed_at"]), row["commit_sha"], f"Change {row['path']}"
            who = {
                f"{role}_{name}": value for role in ("author", "committer") for name, value in AUTHOR.items()
            }
            dates = {"created_at": at, "authored_date": at, "committed_date": at}
            shown.append({"id": sha, "short_id": sha[:8], "title": title, "message": title, **who, **dates})
        paging = {"X-Next-Page": str(following) if link else ""}
        return Answer.json(shown, headers=paging | ({"Link": f'<{link}>; rel="next"'} if link else {}))

    @route("GET", "/api/v4/projects/{project}/repository/commits/{sha}/diff")
    def get_diff(self, request: Request) -> Answer:
        paths = self.paths(request.variables["project"], request)
        return Answer.json([{"old_path": path, "new_path": path, "diff": "@@ -1 +1 @@"} for path in paths])


class Bitbucket(CodeHost):
    name = "bitbucket"
    limits = {"*": Limit(1000, 3600)}  # noqa: RUF012 -- never changed

    def authorise(self, request: Request) -> None:
        """A bearer token, or an app password."""
        given = basic(request)
        if request.bearer() != self.secret and (given is None or given[1] != self.secret):
            error = {"message": "Token is invalid, expired, or not supported for this endpoint."}
            raise RefusedError(Answer.json({"type": "error", "error": error}, 401))

    def not_found(self) -> Answer:
        return Answer.json({"type": "error", "error": {"message": "Repository not found"}}, 404)

    @route("GET", "/2.0/repositories/{workspace}/{repository}/commits")
    def list_commits(self, request: Request) -> Answer:
        repository = f"{request.variables['workspace']}/{request.variables['repository']}"
        rows, link, _ = self.page(self.commits(repository, request), request, "pagelen")
        shown = [
            {"type": "commit", "hash": row["commit_sha"], "date": iso(row["committed_at"]),
             "message": f"Change {row['path']}\n", "author": {"raw": f"{AUTHOR['name']} <{AUTHOR['email']}>"}}
            for row in rows
        ]  # fmt: skip
        size = request.number("pagelen", PAGE, most=PAGE_MOST)
        return Answer.json({"values": shown, "pagelen": size, **({"next": link} if link else {})})

    @route("GET", "/2.0/repositories/{workspace}/{repository}/diffstat/{sha}")
    def get_diffstat(self, request: Request) -> Answer:
        paths = self.paths(f"{request.variables['workspace']}/{request.variables['repository']}", request)
        values = [
            {"type": "diffstat", "status": "modified", "old": {"path": path}, "new": {"path": path}}
            for path in paths
        ]
        return Answer.json({"values": values, "pagelen": len(values), "page": 1, "size": len(values)})
