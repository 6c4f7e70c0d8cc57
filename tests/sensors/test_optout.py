"""A customer says to a person that they want no more tips, and gets none."""

import pytest
from sqlalchemy import text

from sensors.ledger import Ledger
from tests.sensors.conftest import Publish, decision
from tests.sensors.published_stops import write_stops
from tests.sensors.terminal import Terminal
from warehouse.home import Home


@pytest.fixture
def terminal(home: Home) -> Terminal:
    return Terminal(home)


def test_who_was_opted_out_by_hand_gets_no_tip_that_was_decided_before(
    terminal: Terminal, publish: Publish, ledger: Ledger
) -> None:
    rows = [
        decision("tip", "usage_nudge", recipient="Kim@Northwind.io", message_kind="marketing"),
        decision("invoice", "renewal_reminder", recipient="kim@northwind.io", message_kind="service"),
        decision("other", "usage_nudge", recipient="bo@northwind.io", message_kind="marketing"),
    ]
    stops = [
        (row["action_id"], "unsubscribed", "suppress", row["recipient"], "opted out")
        for row in rows
        if row["message_kind"] == "marketing"
    ]
    write_stops(publish(rows), stops, on_news={"unsubscribed": "unsubscribe complaint"})
    done = terminal("optout", "kim@Northwind.IO", "--why", "wrote it to Ana", "--by", "ana")
    assert done.returncode == 0 and "kim@northwind.io gets no more marketing" in done.stdout
    # before the first decision for it enters the ledger, it may be a typing error
    assert "look whether it is spelled" in done.stdout
    assert "delivered 2 by email" in terminal("deliver").stdout
    assert {row["action_id"]: ledger.get(row["action_id"]).state for row in rows} == {
        "tip": "suppressed", "invoice": "delivered", "other": "delivered",
    }  # fmt: skip

    again = terminal("optout", "kim@northwind.io", "--why", "and again").stdout
    assert "by hand already" in again and "spelled" not in again
    query = text("select email, kind, action_id, detail from address_events")
    with ledger.reading() as connection:
        assert [tuple(row) for row in connection.execute(query)] == [
            ("kim@northwind.io", "unsubscribe", None, "ana noted it: wrote it to Ana")
        ]


def test_an_opt_out_needs_an_address_and_a_reason(terminal: Terminal, ledger: Ledger) -> None:
    odd = terminal("optout", "Kim Larsen", "--why", "x")
    assert odd.returncode == 1 and "'Kim Larsen' is no e-mail address" in odd.stderr
    assert terminal("optout", "kim@northwind.io", "--why", "").returncode == 2
    with ledger.reading() as connection:
        assert connection.scalar(text("select count(*) from address_events")) == 0
