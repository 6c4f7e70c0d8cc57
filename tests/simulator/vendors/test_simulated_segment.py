"""Segment's archive: files by source and day, and their listing by HTTP."""

import gzip
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import polars as pl

DAY = date(2026, 10, 20)
OPEN = {"authorization": "Bearer simulated-segment"}


def calls(folder: Path, source: str = "*") -> list[dict[str, Any]]:
    files = sorted((folder / "segment-logs").glob(f"{source}/*/*.gz"))
    return [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


def events(server: Any, days: pl.Expr | None = None) -> pl.DataFrame:
    return pl.read_ipc(server.view.folder / "usage" / "*.arrow")


def test_every_event_stands_in_the_archive_once_and_people_and_groups_are_told(serve: Any) -> None:
    server = serve(segment_archive=True)
    server.advance()
    found = calls(server.view.folder)
    shown = {each["messageId"]: each for each in found if each["type"] in ("track", "page", "screen")}
    own = events(server)
    assert sum(each["type"] in ("track", "page", "screen") for each in found) == len(shown) == own.height
    for row in own.sample(200, seed=1).iter_rows(named=True):
        call = shown[row["event_id"]]
        assert call.get("event", call.get("name")) == row["event"]
        viewed = {"ui": "page", "mobile": "screen"}.get(row["channel"])
        assert call["type"] == (viewed if viewed and row["event"] == "session_started" else "track")
        assert call["properties"]["quantity"] == row["quantity"]
        assert call["properties"].get("feature") == row["feature"]
        if row["user_id"]:
            assert call["userId"] == row["user_id"]
        if row["account_id"]:
            assert call["context"]["groupId"] == row["account_id"]
    kinds = Counter(each["type"] for each in found)
    assert kinds["group"] == len(server.view.rows("accounts"))
    assert kinds["identify"] == len(server.view.rows("users"))
    groups = {each["groupId"]: each["traits"] for each in found if each["type"] == "group"}
    assert all(server.view.row("accounts", key)["plan"] == traits["plan"] for key, traits in groups.items())


def test_servers_write_milliseconds_and_browsers_write_iso_text(serve: Any) -> None:
    server = serve(segment_archive=True)
    server.advance()
    assert {type(each["sentAt"]) for each in calls(server.view.folder, "server")} == {int}
    assert {type(each["sentAt"]) for each in calls(server.view.folder, "web")} == {str}


def test_the_archive_can_be_read_by_http_folder_by_folder(serve: Any, http: httpx.Client) -> None:
    server = serve()  # nothing is written before somebody asks
    assert not (server.view.folder / "segment-logs").exists()
    url = server.url_of("segment")
    assert http.get(f"{url}/segment-logs/").status_code == 401
    sources = http.get(f"{url}/segment-logs/", headers=OPEN).text
    assert 'href="server/"' in sources
    assert 'href="web/"' in sources
    day = int((DAY - date(1970, 1, 1)).total_seconds() * 1000)
    assert f'href="{day}/"' in http.get(f"{url}/segment-logs/web/", headers=OPEN).text
    assert 'href="1.gz"' in http.get(f"{url}/segment-logs/web/{day}/", headers=OPEN).text
    file = http.get(f"{url}/segment-logs/web/{day}/1.gz", headers=OPEN)
    assert all(
        json.loads(line)["receivedAt"][:10] == str(DAY) for line in gzip.decompress(file.content).splitlines()
    )
    assert http.get(f"{url}/segment-logs/web/{day}/2.gz", headers=OPEN).status_code == 404


def test_with_a_split_the_archive_holds_the_channels_that_are_segments(serve: Any) -> None:
    server = serve(split="one_of_each")
    server.advance()
    channels = {
        each["properties"]["channel"] for each in calls(server.view.folder) if each["type"] == "track"
    }
    assert channels == {"api", "integration"}
