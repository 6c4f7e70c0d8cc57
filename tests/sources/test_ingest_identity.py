"""Rows find their account through users, addresses and domains, and find another one when those change."""

from drops import Drop

HEADER = "event_id,occurred_at,event,user_id,email,domain\n"


def resolved(drop: Drop) -> list[tuple[str, str, str]]:
    return drop.rows(
        "select event_id, account_id, _resolved_by"
        " from raw_drop_folder.usage_events where not _is_duplicate order by 1"
    )


def test_an_event_finds_its_account_by_user_then_address_then_domain(drop: Drop) -> None:
    drop.write("users.csv", "user_id,account_id,email\nu1,A1,Ann@Elsewhere.org\nu2,A2,bob@acme.com\n")
    drop.write(
        "usage_events.csv",
        HEADER
        + "e1,2026-01-01,x,u1,bob@acme.com,\n"  # the user's id is the strongest
        + "e2,2026-01-01,x,,ANN@elsewhere.ORG ,\n"
        + "e3,2026-01-01,x,,bob@acme.com,\n"  # a known address beats its domain
        + "e4,2026-01-01,x,,new@acme.com,\n"
        + "e5,2026-01-01,x,u9,new@beta.io,\n"  # an unknown user with a known domain
        + "e6,2026-01-01,x,,,https://www.Beta.io/pricing\n"
        + "e7,2026-01-01,x,,carl@gmail.com,\n"
        + "e8,2026-01-01,x,u9,,\n",
    )
    drop.load()
    assert resolved(drop) == [
        ("e1", "A1", "user_id"),
        ("e2", "A1", "email"),
        ("e3", "A2", "email"),
        ("e4", "A1", "domain"),
        ("e5", "A2", "domain"),
        ("e6", "A2", "domain"),
    ]
    assert drop.rejected("usage_events") == [
        (8, "unknown account (no account has email 'carl@gmail.com', no account has domain 'gmail.com')"),
        (9, "unknown account (no account has user_id 'u9')"),
    ]


def test_a_mail_providers_domain_is_nobodys_even_when_an_account_claims_it(drop: Drop) -> None:
    drop.write("accounts.csv", "account_id,name,domain\nA1,Acme,gmail.com\n")
    drop.write("tickets.csv", "ticket_id,requester_email,created_at\nt1,someone@gmail.com,2026-01-01\n")
    assert drop.load()["tickets"].rows_quarantined == 1


def test_what_fits_several_accounts_resolves_to_none(drop: Drop) -> None:
    drop.write("accounts.csv", "account_id,name,domain\nA1,Acme,acme.com\nA2,Acme Ltd,ACME.com\n")
    drop.write("users.csv", "user_id,account_id,email\nu1,A1,x@y.org\nu2,A2,X@y.org\n")
    drop.write(
        "survey_responses.csv",
        "response_id,email,submitted_at,kind,score\nr1,a@acme.com,2026-01-01,nps,1\nr2,x@y.org,2026-01-01,nps,1\n",
    )
    drop.load()
    assert [reason for _, reason in drop.rejected("survey_responses")] == [
        "unknown account (no account has email 'a@acme.com', several accounts have domain 'acme.com')",
        "unknown account (several accounts have email 'x@y.org', no account has domain 'y.org')",
    ]


def test_an_unknown_account_id_is_not_overruled_by_an_address(drop: Drop) -> None:
    drop.write(
        "tickets.csv", "ticket_id,account_id,requester_email,created_at\nt1,A9,a@acme.com,2026-01-01\n"
    )
    drop.load()
    assert drop.rejected("tickets") == [(2, "unknown account 'A9'")]


def test_rows_of_an_unknown_account_load_when_it_appears_and_only_their_file_is_read(drop: Drop) -> None:
    drop.write("usage_events/1.csv", "event_id,occurred_at,event,account_id\ne1,2026-01-01,x,A3\n")
    drop.write("usage_events/2.csv", "event_id,occurred_at,event,account_id\ne2,2026-01-01,x,A1\n")
    drop.write("usage_events/3.csv", "event_id,occurred_at,event,account_id\ne3,2026-01-01,x,A99\n")
    drop.load()
    drop.write("accounts.csv", "account_id,name\nA1,Acme\nA2,Beta\nA3,Gamma\n")
    load = drop.load()["usage_events"]
    assert drop.files_read == ["accounts.csv", "usage_events/1.csv"]
    assert (load.files_read, load.rows_loaded, load.rows_quarantined) == (1, 2, 1)
    assert drop.changes("usage_events") == {("A3", "2026-01-01")}


def test_rows_follow_a_user_to_another_account_and_a_removed_account_takes_its_rows_along(drop: Drop) -> None:
    drop.write("users.csv", "user_id,account_id,email\nu1,A1,a@x.org\nu2,A2,b@x.org\n")
    drop.write("usage_events.csv", HEADER + "e1,2026-01-01,x,u1,,\ne2,2026-01-02,x,u2,,\n")
    drop.load()
    drop.write("users.csv", "user_id,account_id,email\nu1,A2,a@x.org\nu2,A2,b@x.org\n")
    drop.load()
    assert resolved(drop) == [("e1", "A2", "user_id"), ("e2", "A2", "user_id")]
    assert drop.changes("usage_events") == {("A1", "2026-01-01"), ("A2", "2026-01-01")}

    drop.write("accounts.csv", "account_id,name\nA1,Acme\n")
    loads = drop.load()
    assert loads["users"].rows_quarantined == loads["usage_events"].rows_quarantined == 2
    assert resolved(drop) == []


def test_activities_of_a_csm_load_when_the_csm_appears(drop: Drop) -> None:
    drop.write("csm_activities.csv", "activity_id,csm_id,kind,started_at,minutes\na1,c1,QBR,2026-01-01,30\n")
    drop.load()
    assert drop.rejected("csm_activities") == [(2, "unknown csm 'c1'")]
    drop.write("csms.csv", "csm_id,name\nc1,Kim\n")
    load = drop.load()["csm_activities"]
    assert (load.files_read, load.rows_loaded, load.rows_quarantined) == (1, 1, 0)


def test_a_folder_without_accounts_adds_to_what_other_systems_hold(drop: Drop) -> None:
    (drop.folder / "accounts.csv").unlink()
    drop.write(
        "subscriptions.csv", "subscription_id,account_id,started_on,mrr\ns1,known elsewhere,2026-01-01,10\n"
    )
    drop.write(
        "tickets.csv", "ticket_id,requester_email,created_at\nt1,ana@example.com,2026-01-02\nt2,,2026-01-02\n"
    )
    loads = drop.load(has_other_systems=True)
    assert loads["subscriptions"].rows_loaded == 1
    assert (loads["tickets"].rows_loaded, loads["tickets"].rows_quarantined) == (1, 1)
    assert drop.rows("select ticket_id, account_id, requester_email from raw_drop_folder.tickets") == [
        ("t1", None, "ana@example.com")
    ]
