"""GitHub, GitLab and Bitbucket read from the simulated company's code."""

import copy
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from requests import Response

from assets.sources import registry
from assets.sources.api.errors import CredentialsRefusedError, GaveUpError
from assets.sources.api.streams import Reading
from assets.sources.code.history import Commit
from assets.sources.code.hosting import CodeHostSettings, code_commits
from assets.sources.code.listing import Listing, ListingError, parse
from assets.sources.connector import Places, TableLoad
from assets.sources.github import limit_wait
from simulator.company import Company
from simulator.scenario import Scenario
from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings
from simulator.vendors.view import View

SEEN_UNTIL, END = date(2026, 10, 20), date(2026, 10, 31)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
HOSTS = ("github", "gitlab", "bitbucket")
UNLIMITED = {"limits": {name: {"requests": 0, "seconds": 1} for name in HOSTS}}


@dataclass
class Loaded:
    """A server, and the warehouse its hosts are loaded into."""

    server: VendorServer
    folder: Path

    def load(self, system: str, *listings: str, **given: Any) -> TableLoad:
        connector = registry.connector(system)
        settings = connector.settings_type(
            base_url=self.server.url_of(system),
            listings=list(listings) or ["product/core"],
            **{
                "token": f"simulated-{system}",
                "page_size": 10,
                "backoff_seconds": 0,
                "timeout_seconds": 0.5,
                **given,
            },
        )
        places = Places(self.folder / "state", self.folder / "quarantine")
        (done,) = connector.load(
            self.folder / "warehouse.duckdb", settings, places=places, now=NOW, tell=lambda words: None
        )
        return done

    def rows(self, system: str) -> set[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "warehouse.duckdb")) as connection:
            found = connection.execute(
                f"select repository, path, sha, committed_at from raw_{system}.code_commits"
            ).fetchall()
        assert len(found) == len(set(found))
        return set(found)

    @property
    def held(self) -> set[tuple[Any, ...]]:
        """What the company holds."""
        return {
            (row["repository"], row["path"], row["commit_sha"], row["committed_at"].replace(tzinfo=None))
            for row in self.server.view.rows("code_changes")
        }

    def asked(self, system: str) -> int:
        return len(self.server.journal.requests(system))


Serve = Callable[..., Loaded]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Path]:
    folder = tmp_path_factory.mktemp("lived")
    company = Company(Scenario(end=END, accounts=3, csms=1, months=2, seed=7))
    View(company, folder).live(SEEN_UNTIL)
    return company, folder


@pytest.fixture
def serve(lived: tuple[Company, Path], tmp_path: Path) -> Iterator[Serve]:
    company, folder = lived
    with ExitStack() as running:

        def start(*faults: dict[str, Any]) -> Loaded:
            shutil.copytree(folder, tmp_path / "server")
            server = VendorServer(
                copy.deepcopy(company),
                tmp_path / "server",
                Settings.of({**UNLIMITED, "faults": list(faults)}),
            )
            return Loaded(running.enter_context(server), tmp_path)

        yield start


@pytest.mark.parametrize("system", HOSTS)
def test_every_change_is_loaded_once_and_later_only_new_ones(serve: Serve, system: str) -> None:
    loaded = serve()
    first = loaded.load(system)
    assert loaded.rows(system) == loaded.held
    assert first.rows_in == len(loaded.held) > 50

    before = loaded.asked(system)
    again = loaded.load(system)
    assert (again.rows_in, again.rows_loaded) == (0, 0)
    # the recent pages only, and no commit's files
    assert loaded.asked(system) - before <= 5

    for _ in range(5):
        loaded.server.advance()
    news = loaded.load(system)
    assert loaded.rows(system) == loaded.held
    assert news.rows_in == len(loaded.held) - first.rows_in > 0


def test_one_file_costs_no_more_than_its_commits_and_a_folder_holds_its_files(serve: Serve) -> None:
    loaded = serve()
    path = sorted(path for _, path, *_ in loaded.held)[0]
    folder = sorted({path.rsplit("/", 1)[0] for _, path, *_ in loaded.held})[-1]
    loaded.load("gitlab", f"product/core:{path}", f"product/core@main:{folder}/")
    wanted = {row for row in loaded.held if row[1] == path or row[1].startswith(f"{folder}/")}
    assert loaded.rows("gitlab") == wanted
    of_files = sum(row[1].startswith(f"{folder}/") for row in wanted)
    assert sum("/diff" in each.path for each in loaded.server.journal.requests("gitlab")) == of_files


@pytest.mark.parametrize("system", ["github", "bitbucket"])
def test_what_goes_wrong_on_the_way_changes_no_row(serve: Serve, system: str) -> None:
    common = {"vendor": system, "path": "*/commits", "times": 1}
    loaded = serve(
        {**common, "kind": "rate_limit", "retry_after": 0},
        {**common, "kind": "server_error", "skip": 1},
        {**common, "kind": "truncated_body", "skip": 2},
        {**common, "kind": "duplicated_page", "skip": 3},
        {**common, "kind": "rows_change", "skip": 4},
        {"vendor": system, "path": "*/*", "kind": "timeout_before", "seconds": 0.6, "skip": 30, "times": 1},
    )
    loaded.load(system)
    loaded.load(system)
    assert loaded.rows(system) == loaded.held


def test_a_load_that_gives_up_goes_on_where_it_stopped(serve: Serve) -> None:
    loaded = serve(
        {"vendor": "github", "path": "*/commits/*", "kind": "server_error", "skip": 35, "times": 0}
    )
    with pytest.raises(GaveUpError, match=r"github could not be read"):
        loaded.load("github", max_attempts=2)
    kept = len(loaded.rows("github"))
    assert 0 < kept < len(loaded.held)
    loaded.server.set_faults([])
    before = loaded.asked("github")
    loaded.load("github")
    assert loaded.rows("github") == loaded.held
    of_files = [
        each for each in loaded.server.journal.requests("github")[before:] if "/commits/" in each.path
    ]
    assert len(of_files) == len(loaded.held) - kept


def test_a_repository_that_is_not_there_keeps_no_other_from_being_read(serve: Serve) -> None:
    loaded = serve()
    with pytest.raises(Exception, match="Not Found") as caught:
        loaded.load("github", "product/gone", "product/core")
    assert "check the base URL and the ids" in str(caught.value)
    assert loaded.rows("github") == loaded.held


def test_wrong_credentials_are_named_and_not_told(serve: Serve) -> None:
    loaded = serve()
    with pytest.raises(CredentialsRefusedError) as caught:
        loaded.load("github", token="s3cret-of-mine")
    for system in HOSTS:
        connector = registry.connector(system)
        settings = connector.settings_type(
            base_url=loaded.server.url_of(system), token="s3cret-of-mine", listings=["product/core"]
        )
        words = str([each.detail for each in connector.check(settings) if not each.is_fine])
        assert f"TIERLINE_{system.upper()}_TOKEN" in words
        assert "s3cret" not in words + str(caught.value)


def test_of_a_folders_commits_only_its_files_count_and_what_is_no_commit_is_set_aside() -> None:
    class Host:
        def commits(self, listing: Listing, since: datetime | None) -> Iterator[list[Commit]]:
            at = "2026-10-01T00:00:00Z"
            yield [Commit("a" * 40, at, at, "Move"), Commit("", None, None, None)]

        def files(self, listing: Listing, sha: str) -> Iterator[str]:
            yield from ("docs/a.md", "docs.md", "src/docs/a.md")

    settings = CodeHostSettings(base_url="https://code.example", listings=["acme/api:docs/"])
    (page,) = code_commits(Host(), settings).read(Reading(None, NOW, lambda words: None))
    assert [(row["path"], row["sha"]) for row in page.rows["code_commits"]] == [
        ("docs/a.md", "a" * 40),
        ("docs/", None),
    ]


def test_github_says_by_403_how_long_to_wait() -> None:
    def answer(status: int, body: str = "", **headers: str) -> Response:
        made = Response()
        made.status_code, made._content = status, body.encode()
        made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        return made

    date_of_answer = "Sun, 01 Nov 2026 00:00:00 GMT"
    reset = str(int(datetime(2026, 11, 1, 0, 0, 42, tzinfo=UTC).timestamp()))
    limited = answer(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=reset, Date=date_of_answer)
    assert limit_wait(limited) == 42
    assert limit_wait(answer(403, Retry_After="7")) == 7
    assert limit_wait(answer(429, '{"message": "You have exceeded a secondary rate limit"}')) == 60
    assert limit_wait(answer(403, '{"message": "Resource not accessible by personal access token"}')) is None
    assert limit_wait(answer(401)) is None


def test_check_looks_at_every_list_and_what_is_no_list_is_refused(serve: Serve) -> None:
    loaded = serve()
    connector = registry.connector("github")
    settings = connector.settings_type(
        base_url=loaded.server.url_of("github"),
        token="simulated-github",
        listings=["product/core", "product/gone"],
    )
    findings = {each.subject: each.is_fine for each in connector.check(settings)}
    assert findings["product/core:"] and not findings["product/gone:"]
    for text in ("core", "product/../core", "-o/core", "product/core@-x:README"):
        with pytest.raises(ListingError, match="is no repository"):
            parse(text)


def test_an_endlessly_repeated_page_ends_the_load(serve: Serve) -> None:
    loaded = serve({"vendor": "gitlab", "path": "*/commits", "kind": "duplicated_page", "times": 0})
    with pytest.raises(GaveUpError, match="the same page again and again"):
        loaded.load("gitlab")
