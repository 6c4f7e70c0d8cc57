"""Delighted: the local server, archives behind HTTP and in a folder, and the shapes of the vendor's own SDK tests."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from conftest import Serve
from kept import Kept, load, rows

from assets.sources.api import GaveUpError, NotFoundError
from assets.sources.delighted import CONNECTOR, Settings
from simulator.vendors.faults import Fault
from simulator.vendors.server import VendorServer

SHAPES = Path(__file__).parents[3] / "../shared/data/delighted/sdk_shapes.json"


def settings_of(server: VendorServer, **given: Any) -> Settings:
    usual = {"api_key": "simulated-delighted", "page_size": 2}
    quick = {"backoff_seconds": 0.01, "timeout_seconds": 0.6}
    return Settings(base_url=server.url_of("delighted"), **{**usual, **quick, **given})


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder served as files, whatever is asked of it; and its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    folder = tmp_path / "archive"
    (folder / "v1").mkdir(parents=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield folder / "v1", f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def responses(count: int) -> list[dict[str, Any]]:
    return [
        {"id": str(n), "person": str(n), "survey_type": "nps", "score": n % 11, "created_at": 1_700_000_000 + n,
         "updated_at": None, "person_properties": {"customer_id": "acc_1"}}
        for n in range(count)
    ]  # fmt: skip


def test_a_load_holds_what_delighted_holds_and_the_next_only_what_is_new(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve()
    settings = settings_of(server)
    load(CONNECTOR, settings, tmp_path)
    query = "select count(*), sum(score), count(person_email) from raw_delighted.survey_responses"

    def held() -> list[dict[str, Any]]:
        return [row for row in server.view.rows("survey_responses") if row["kind"] == "nps"]

    told = held()
    scores = int(sum(row["score"] for row in told))
    assert rows(tmp_path, query) == [(len(told), scores, sum(bool(row["email"]) for row in told))]
    server.set_faults([Fault("delighted", kind, retry_after=0) for kind in ("truncated_body", "rate_limit")])
    server.advance(5)
    loads = load(CONNECTOR, settings, tmp_path)
    assert loads["survey_responses"].rows_loaded == len(held()) - len(told) > 0
    assert rows(tmp_path, query)[0][0] == len(held())
    before = len(server.journal.requests("delighted"))
    kept = Kept(CONNECTOR)
    kept.read(settings.model_copy(update={"page_size": 100}))
    assert len(server.journal.requests("delighted")) - before == 2
    assert {row[0] for row in rows(tmp_path, "select id from raw_delighted.people")} == set(
        kept.tables["people"]
    )


def test_an_import_killed_again_and_again_loses_and_doubles_nothing(serve: Serve) -> None:
    server = serve()
    server.advance(8)
    settings = settings_of(server)
    kept, whole = Kept(CONNECTOR), Kept(CONNECTOR)
    kept.read_though_killed_every(settings, rows=5)
    whole.read(settings)
    assert kept.tables == whole.tables


@pytest.mark.parametrize("count", [0, 1, 100, 250])
def test_an_archive_of_files_behind_http_is_read_whole(archive: tuple[Path, str], count: int) -> None:
    folder, address = archive
    (folder / "survey_responses.json").write_text(json.dumps(responses(count)))
    (folder / "people.json").write_text(json.dumps([{"id": "1", "email": "ada@example.com"}]))
    kept = Kept(CONNECTOR)
    kept.read(Settings(base_url=address))
    assert len(kept.tables["survey_responses"]) == count
    assert len(kept.tables["people"]) == 1


def test_a_folder_with_recorded_answers_is_loaded_and_a_second_time_gives_the_same(tmp_path: Path) -> None:
    if not SHAPES.exists():
        pytest.skip("the recorded shapes (../shared/data/delighted) are not beside the repository")
    shapes, folder = json.loads(SHAPES.read_text()), tmp_path / "export"
    folder.mkdir()
    (folder / "survey_responses-1.json").write_text(json.dumps(shapes["survey_responses"]))
    (folder / "survey_responses-2.jsonl").write_text("\n".join(map(json.dumps, responses(2))))
    (folder / "people.json").write_text(json.dumps(shapes["people"]))
    settings = Settings(export_folder=folder)
    query = "select id, person_id, person_email, score, account_id, created_at from raw_delighted.survey_responses order by id"
    first = load(CONNECTOR, settings, tmp_path)
    stands = rows(tmp_path, query)
    assert first["survey_responses"].rows_loaded == len(stands) == 6
    assert ("123", "456", "foo@bar.com", None, None, None) in stands
    assert [row[1:5] for row in stands if row[0] == "response_001"] == [("24248363", None, 9.0, "cust_12345")]
    load(CONNECTOR, settings, tmp_path)
    assert rows(tmp_path, query) == stands


def test_what_is_no_archive_is_said_so(archive: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = archive
    (folder / "survey_responses.json").write_text('{"data": []}')
    with pytest.raises(GaveUpError, match="no list"):
        Kept(CONNECTOR).read(Settings(base_url=address))
    with pytest.raises(NotFoundError, match="survey_responses"):
        Kept(CONNECTOR).read(Settings(export_folder=tmp_path / "nothing"))


def test_a_wrong_key_says_which_setting_to_correct_and_not_its_value(serve: Serve) -> None:
    findings = list(CONNECTOR.check(settings_of(serve(), api_key="wr0ng-key")))
    assert not any(each.is_fine for each in findings)
    assert all("TIERLINE_DELIGHTED_API_KEY" in each.detail for each in findings)
    assert not any("wr0ng-key" in each.detail for each in findings)


def test_a_line_of_an_archive_that_is_no_json_keeps_no_other_out(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    lines = ['{"id": "1", "email": "a@x.example"}', '{"id": "2", "email"', "", '{"id": "3", "name": NaN}']
    (tmp_path / "export" / "people.json").write_text("\n".join(lines))
    (tmp_path / "export" / "survey_responses.json").write_text("[]")
    load(CONNECTOR, settings_of(serve(), export_folder=tmp_path / "export"), tmp_path)
    assert rows(tmp_path, "select id from raw_delighted.people order by id") == [("1",), ("3",)]
    rejected = "select reason from raw_delighted._quarantine where source_table = 'people'"
    assert rows(tmp_path, rejected) == [("line 2 is no JSON",)]
