"""Zipchat against the local server, and what a vendor's answers may do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from kept import NOW, Kept, load, rows

from assets.sources import zipchat
from assets.sources.api import NotFoundError
from assets.sources.api.judging import Judge
from assets.sources.zipchat import CONNECTOR, LEADS, Settings, _with_account
from simulator.vendors.faults import Fault
from simulator.vendors.server import VendorServer

PATH = "/api/integrations/backend_api/v1"
ONE = f"{PATH}/chats/1/conversations/*"


def settings_of(server: VendorServer, **given: Any) -> Settings:
    usual = {"api_key": "simulated-zipchat", "chat_ids": ["1"], "page_size": 4}
    quick = {"backoff_seconds": 0.01, "timeout_seconds": 0.6}
    return Settings(base_url=server.url_of("zipchat") + PATH, **{**usual, **quick, **given})


def truth(settings: Settings) -> Kept:
    whole = Kept(CONNECTOR)
    whole.read(settings)
    return whole


def fetched(server: VendorServer) -> int:
    """Conversations that were asked for one by one."""
    return sum(r.path.count("/conversations/") for r in server.journal.requests("zipchat"))


def test_a_load_holds_what_zipchat_holds_and_the_next_only_what_changed(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    settings = settings_of(server)
    load(CONNECTOR, settings, tmp_path)
    told = server.view.rows("ai_conversations")
    ((count, escalated, begun),) = rows(
        tmp_path, "select count(*), count(last_escalated_at), min(created_at) from raw_zipchat.conversations"
    )
    assert count == len(told) > 0
    assert escalated == sum(row["escalated_at"] is not None for row in told) > 0
    assert begun == min(row["started_at"] for row in told).replace(tzinfo=None)
    silent = "select count(*) from raw_zipchat.conversations where id not in (select conversation_id from raw_zipchat.messages)"
    assert rows(tmp_path, silent) == [(0,)]

    asked = fetched(server)
    server.advance(5)
    server.set_faults(
        [Fault("zipchat", "truncated_body", times=1), Fault("zipchat", "rate_limit", retry_after=0)]
    )
    loads = load(CONNECTOR, settings, tmp_path)
    changed = loads["conversations"].rows_loaded
    assert 0 < changed < len(server.view.rows("ai_conversations"))
    assert fetched(server) - asked <= changed + 2
    expected = truth(settings)
    for table in CONNECTOR.table_names:
        ids = {row[0] for row in rows(tmp_path, f"select id from raw_zipchat.{table}")}
        assert ids == set(expected.tables[table]), table


def test_an_unchanged_chat_costs_no_conversation(serve: Serve) -> None:
    server = serve()
    settings = settings_of(server, page_size=100)
    kept = Kept(CONNECTOR)
    kept.read(settings)
    before, asked = len(server.journal.requests("zipchat")), fetched(server)
    kept.read(settings)
    assert len(server.journal.requests("zipchat")) - before == 1
    assert fetched(server) == asked


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "server_error", "path": ONE, "times": 3, "skip": 2},
        {"kind": "rate_limit", "path": ONE, "times": 2, "retry_after": 0},
        {"kind": "truncated_body", "times": 3},
        {"kind": "timeout_after", "path": ONE, "seconds": 0.8},
    ],
    ids=lambda fault: fault["kind"],
)
def test_whatever_goes_wrong_the_rows_are_the_same(serve: Serve, fault: dict[str, Any]) -> None:
    server = serve()
    settings = settings_of(server)
    expected = truth(settings)
    server.set_faults([Fault("zipchat", **fault)])
    kept = Kept(CONNECTOR)
    kept.read(settings)
    assert kept.tables == expected.tables


def test_conversations_that_go_on_while_one_reads_are_all_there_after_the_next_reading(serve: Serve) -> None:
    server = serve(
        faults=[{"vendor": "zipchat", "kind": "rows_change", "path": "*/conversations", "times": 3}]
    )
    settings = settings_of(server)
    kept = Kept(CONNECTOR)
    kept.read(settings)
    kept.read(settings)
    assert kept.tables == truth(settings).tables


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_reading_killed_again_and_again_loses_and_doubles_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, newest_first: bool
) -> None:
    settings = settings_of(serve(), page_size=2)
    expected = truth(settings)
    if newest_first:

        def turned_round(
            client: Any, settings: Any, chat: str, since: int | None, page: int
        ) -> Sequence[Any]:
            everything = settings.model_copy(update={"page_size": 100})
            found = listed(client, everything, chat, since, 1)[::-1]
            return found[(page - 1) * settings.page_size : page * settings.page_size]

        listed = zipchat._listed
        monkeypatch.setattr(zipchat, "_listed", turned_round)
    kept = Kept(CONNECTOR)
    kept.read_though_killed_every(settings, rows=5)
    assert kept.tables == expected.tables


def test_a_wrong_key_says_which_setting_to_correct_and_not_its_value(serve: Serve) -> None:
    (finding,) = CONNECTOR.check(settings_of(serve(), api_key="zc-wr0ng"))
    assert not finding.is_fine
    assert "TIERLINE_ZIPCHAT_API_KEY" in finding.detail
    assert "zc-wr0ng" not in finding.detail


def test_an_unknown_chat_is_named(serve: Serve) -> None:
    with pytest.raises(NotFoundError, match="chats/77"):
        Kept(CONNECTOR).read(settings_of(serve(), chat_ids=["77"]))


def test_a_lead_names_its_account_where_the_widget_was_told(serve: Serve) -> None:
    lead = {"id": 5, "email": "ada@example.com", "additional_attributes": {"tenant": "acc_7"}}
    judge = Judge(LEADS, NOW.replace(tzinfo=None))
    judge.add([_with_account(lead, settings_of(serve(), account_attribute="tenant")), {"email": "no id"}])
    verdict = judge.verdict()
    judge.close()
    assert [row["account_id"] for row in verdict.loaded.to_pylist()] == ["acc_7"]
    assert [row["reason"] for row in verdict.rejected.to_pylist()] == ["id is missing"]
