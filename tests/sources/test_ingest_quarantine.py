"""What breaks a rule is kept apart with its file, its line and every reason;

nothing is dropped or made null.
"""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from drops import NOW, Drop

from assets.sources.drop.formats import FormatsError
from assets.sources.drop_folder import AccountsMissingError, DropFolderMissingError

Usage = Callable[..., list[tuple[int, str]]]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",2026-01-01,A1,login,,", "event_id is missing"),
        ("  ,2026-01-01,A1,login,,", "event_id is missing"),
        ("e1,,A1,login,,", "occurred_at is missing"),
        ("e1,yesterday,A1,login,,", "occurred_at 'yesterday' is not a timestamp"),
        ("e1,2026-02-30,A1,login,,", "occurred_at '2026-02-30' is not a timestamp"),
        ("e1,2026-13,A1,login,,", "occurred_at '2026-13' is not a timestamp"),
        ("e1,infinity,A1,login,,", "occurred_at 'infinity' is not a timestamp"),
        ("e1,epoch,A1,login,,", "occurred_at 'epoch' is not a timestamp"),
        ("e1,20260-01-01,A1,login,,", "occurred_at '20260-01-01' is not a timestamp"),
        ("e1,0001-01-01,A1,login,,", "occurred_at '0001-01-01' is not a timestamp"),
        ("e1,1767225600,A1,login,,", "occurred_at '1767225600' is not a timestamp"),
        ("e1,2026-03-03,A1,login,,", "occurred_at '2026-03-03' is in the future"),
        ("e1,2026-01-01,A9,login,,", "unknown account 'A9'"),
        ("e1,2026-01-01,,login,,", "needs one of account_id, user_id, email, domain"),
        ("e1,2026-01-01,A1,login,fax,", "channel 'fax' is not one of ui, api, mobile, integration"),
        ("e1,2026-01-01,A1,login,,-1", "quantity '-1' is less than 0"),
        ("e1,2026-01-01,A1,login,,nan", "quantity 'nan' is not a number"),
        ('e1,2026-01-01,A1,login,,"1,5"', "quantity '1,5' is not a number"),
        ("e1,2026-01-01,A1,login,", "the row has 5 fields, the header has 6"),
        ("e1,2026-01-01,A1,login,,1,", "the row has 7 fields, the header has 6"),
        (
            "e1,soon,A9,,fax,-2",
            (
                "occurred_at 'soon' is not a timestamp; event is missing; "
                "channel 'fax' is not one of ui, api, "
                "mobile, integration; quantity '-2' is less than 0; unknown account 'A9'"
            ),
        ),
    ],
)
def test_an_event_that_breaks_a_rule_is_rejected_with_every_reason(
    drop: Drop, usage: Usage, row: str, reason: str
) -> None:
    assert usage("ok,2026-01-01,A1,login,UI ,2", row) == [(3, reason)]
    assert drop.rows("select event_id, channel from raw_drop_folder.usage_events") == [("ok", "ui")]
    assert drop.rows('select "row", file from raw_drop_folder._quarantine') == [(row, "usage_events.csv")]


@pytest.mark.parametrize(
    ("table", "row", "reason"),
    [
        ("accounts", {"account_id": "A3", "name": "x", "arr": "-1"}, "arr '-1' is less than 0"),
        (
            "accounts",
            {"account_id": "A3", "name": "x", "employees": 1.5},
            "employees '1.5' is not a whole number",
        ),
        (
            "accounts",
            {"account_id": "A3", "name": "x", "status": "gone"},
            "status 'gone' is not one of active, churned",
        ),
        (
            "accounts",
            {"account_id": "A3", "name": "x", "wants_human": "maybe"},
            "wants_human 'maybe' is not true or false",
        ),
        ("accounts", {"account_id": "A3", "name": None, "domain": " "}, "name is missing"),
        ("users", {"user_id": "u", "account_id": "A9"}, "unknown account 'A9'"),
        (
            "survey_responses",
            {
                "response_id": "r",
                "account_id": "A1",
                "submitted_at": "2026-01-01",
                "kind": "nps",
                "score": 11,
            },
            "score '11' is not between 0 and 10 (nps)",
        ),
        (
            "survey_responses",
            {
                "response_id": "r",
                "account_id": "A1",
                "submitted_at": "2026-01-01",
                "kind": "CSAT",
                "score": 100.5,
            },
            "score '100.5' is not between 0 and 100 (csat)",
        ),
        (
            "subscriptions",
            {
                "subscription_id": "s",
                "account_id": "A1",
                "started_on": "2026-02-01",
                "ended_on": "2026-01-31",
                "mrr": 1,
            },
            "ended_on '2026-01-31' is before started_on '2026-02-01'",
        ),
        (
            "subscriptions",
            {"subscription_id": "s", "account_id": "A1", "started_on": "2026-02-01", "mrr": -1, "seats": -2},
            "mrr '-1' is less than 0; seats '-2' is less than 0",
        ),
        (
            "csm_activities",
            {
                "activity_id": "a",
                "csm_id": "c9",
                "account_id": "A9",
                "kind": "qbr",
                "started_at": "2026-01-01",
                "minutes": -5,
            },
            "minutes '-5' is less than 0; unknown account 'A9'; unknown csm 'c9'",
        ),
        (
            "usage_events",
            {
                "event_id": "e",
                "account_id": "A1",
                "occurred_at": "2026-01-01",
                "event": "x",
                "properties": "{oops",
            },
            "properties '{oops' is not valid JSON",
        ),
        (
            "tickets",
            {"ticket_id": "t", "requester_email": "me@gmail.com", "created_at": "2026-01-01", "csat": 101},
            (
                "csat '101' is more than 100; unknown account (no account has email 'me@gmail.com',"
                " no account has domain 'gmail.com')"
            ),
        ),
    ],
)
def test_every_table_has_its_rules(drop: Drop, table: str, row: dict[str, object], reason: str) -> None:
    drop.write(f"{table}.jsonl", json.dumps(row) + "\n")
    drop.load()
    assert drop.rejected(table) == [(1, reason)]


def test_an_unknown_csm_on_an_account_is_no_reason_to_reject_it(drop: Drop) -> None:
    drop.write("accounts.csv", "account_id,name,csm_id\nA1,Acme,nobody\n")
    assert drop.load()["accounts"].rows_loaded == 1


def test_lines_that_cannot_be_read_are_rejected_one_by_one(drop: Drop) -> None:
    drop.write(
        "users.jsonl",
        b'{"user_id":"u1","account_id":"A1"}\n{"user_id":\n\n[1]\n"x"\n{"user_id":"u\xff2","account_id":"A1"}\n'
        b'{"user_id":"u3","user_id":"u4","account_id":"A1"}\n{"user_id":"\\ud800","account_id":"A1"}\n',
    )
    drop.write("features.csv", b"feature,title\nf1,ok\nf2,caf\xe9\n")
    loads = drop.load()
    assert (loads["users"].rows_in, loads["users"].rows_loaded) == (7, 1)
    assert drop.rejected("users") == [
        (2, "the line is not valid JSON"),
        (4, "the line is not a JSON object"),
        (5, "the line is not a JSON object"),
        (6, "the line is not valid UTF-8"),
        (7, "the object has a key twice"),
        (8, "the line is not valid JSON"),
    ]
    assert drop.rejected("features") == [(3, "the line is not valid UTF-8")]
    assert drop.rows("select \"row\" from raw_drop_folder._quarantine where source_table = 'features'") == [
        ("f2,caf\\xe9",)
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("usage_events.csv.gz", gzip.compress(b"event_id,occurred_at\n" * 9999)[:-20], "cannot be read"),
        ("usage_events.csv.gz", b"this is not gzip", "cannot be read"),
        ("usage_events.jsonl.zst", b"this is not zstd", "cannot be read"),
        ("usage_events.parquet", b"PAR1 but not really", "not readable as Parquet"),
        (
            "usage_events.csv",
            b"event_id;event\ne1;x\n",
            "lacks occurred_at, one of account_id / user_id / email / domain",
        ),
        (
            "usage_events.csv",
            b"event_id,occurred_at,event\ne1,2026-01-01,x\n",
            "lacks one of account_id / user_id",
        ),
        ("usage_events.jsonl", b'{"id":1}\n', "lacks event_id, occurred_at"),
        ("usage_events.csv", b"\xff\xfe\xfd", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_counts_as_one_rejected_row_and_what_it_gave_before_stays(
    drop: Drop, name: str, content: bytes, reason: str
) -> None:
    good = "event_id,occurred_at,account_id,event\ne1,2026-01-01,A1,x\ne2,2026-01-01,A9,x\n"
    drop.write("usage_events.csv", good)
    drop.load()
    if name != "usage_events.csv":
        (drop.folder / "usage_events.csv").unlink()
    drop.write(name, content)
    expected = (3, 1, 0, 2)

    for _ in range(2):  # found bad again or left alone: the same account of it
        load = drop.load()["usage_events"]
        assert (load.rows_in, load.rows_loaded, load.rows_duplicate, load.rows_quarantined) == expected
    (line, told), *_ = drop.rows(
        "select line, reason from raw_drop_folder._quarantine"
        " where line is null and source_table = 'usage_events'"
    )
    assert line is None
    assert reason in told
    assert drop.rows("select event_id from raw_drop_folder.usage_events") == [("e1",)]


def test_a_link_that_leads_out_of_the_folder_is_not_followed(drop: Drop) -> None:
    secret = drop.folder.parent / "secret.csv"
    secret.write_text("user_id,account_id\nu1,A1\n")
    (drop.folder / "users.csv").symlink_to(secret)
    assert drop.load()["users"].rows_loaded == 0
    assert "leads out of the drop folder" in drop.rejected("users")[0][1]


def test_a_row_from_the_future_is_loaded_when_its_time_has_come(drop: Drop, usage: Usage) -> None:
    assert len(usage("e1,2026-03-05,A1,login,ui,1")) == 1
    assert drop.load()["usage_events"].files_read == 0
    load = drop.load(now=NOW + timedelta(days=3))["usage_events"]
    assert (load.files_read, load.rows_loaded, load.rows_quarantined) == (1, 1, 0)


def test_rejected_rows_are_exported_and_the_export_follows_what_stands(drop: Drop, usage: Usage) -> None:
    usage("e1,never,A1,login,ui,1")
    export = drop.quarantine / "drop_folder" / "usage_events.jsonl"
    (row,) = [json.loads(line) for line in export.read_text().splitlines()]
    assert row == {
        "file": "usage_events.csv",
        "line": 2,
        "reason": "occurred_at 'never' is not a timestamp",
        "row": "e1,never,A1,login,ui,1",
        "load_id": 1,
    }
    assert usage("e1,2026-01-01,A1,login,ui,1") == []
    assert not export.exists()
    assert list(export.parent.iterdir()) == []


def test_without_accounts_the_load_ends_with_a_named_error_and_changes_nothing(drop: Drop) -> None:
    drop.load()
    (drop.folder / "accounts.csv").unlink()
    with pytest.raises(AccountsMissingError, match=r"has no accounts: add accounts\.csv"):
        drop.load()
    assert drop.rows("select count(*) from raw_drop_folder.accounts") == [(2,)]
    drop.folder = drop.folder / "nowhere"
    with pytest.raises(DropFolderMissingError, match="there is no drop folder at"):
        drop.load()


@pytest.mark.parametrize(
    "text",
    [
        "[usage]\nx = 1",
        "[usage_events]\nevent = '%d'",
        "[default]\nencoding = 'klingon'",
        "[default]\ndate = 3",
        "= 1",
    ],
)
def test_a_formats_file_that_cannot_be_followed_is_an_error(drop: Drop, text: str) -> None:
    drop.write("formats.toml", text)
    with pytest.raises(FormatsError, match=r"formats\.toml"):
        drop.load()
