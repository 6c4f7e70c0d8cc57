"""Who is who: noise as configured, and a truth that knows whose every id is."""

import gzip
import json
from typing import Any

import httpx

from simulator.vendors.identities import Identities, Noise
from tests.simulator.vendors.conftest import Serve

ACCOUNTS = [{"account_id": f"acc_{n:05d}", "domain": f"company{n}.example"} for n in range(1, 2001)]
QUIET = {"external_id_missing": 0.0, "domain_missing": 0.0, "name_varies": 0.0, "email_case_varies": 0.0}


def test_wrong_ids_are_as_frequent_as_configured_and_never_stand_twice() -> None:
    identities = Identities(7, Noise(**QUIET, external_id_wrong=0.05))
    keys = [row["account_id"] for row in ACCOUNTS]
    known = [identities.external_id("zendesk", "organization", key) for key in keys]
    assert len(set(known)) == len(known)
    wrong = sum(own != key for own, key in zip(known, keys, strict=True))
    assert 0.03 < wrong / len(keys) < 0.07
    other = [identities.external_id("hubspot", "companies", key) for key in keys]
    assert known != other
    mistyped = Identities(7, Noise(**QUIET, external_id_wrong=0.0, external_id_mistyped=0.05))
    nobodys = {mistyped.external_id("zendesk", "organization", key) for key in keys} - set(keys)
    assert 0.03 < len(nobodys) / len(keys) < 0.07
    assert identities.external_id("zendesk", "ticket", "tic_0000001") == "tic_0000001"


def test_domains_are_wrong_missing_or_the_parents() -> None:
    noise = {**QUIET, "domain_missing": 0.04, "domain_wrong": 0.06, "domain_of_parent": 0.5}
    identities = Identities(7, Noise(**noise, external_id_wrong=0.0))
    shown = [identities.domain("zendesk", row, None) for row in ACCOUNTS]
    missing = sum(domain is None for domain in shown) / len(shown)
    wrong = sum(d not in (None, row["domain"]) for d, row in zip(shown, ACCOUNTS, strict=True)) / len(shown)
    assert (0.03 < missing < 0.05, 0.045 < wrong < 0.075) == (True, True)
    assert sum(domain == "mail.example" for domain in shown) > 20
    head, children = ACCOUNTS[0], ACCOUNTS[1:400]
    exact = Identities(7, Noise(**QUIET, external_id_wrong=0.0, domain_wrong=0.0))
    here = {row["account_id"] for row in children if exact.domain("zendesk", row, head) == head["domain"]}
    there = {row["account_id"] for row in children if exact.domain("hubspot", row, head) == head["domain"]}
    assert here == there
    assert 150 < len(here) < 250


def test_some_people_are_known_by_a_private_address() -> None:
    identities = Identities(7, Noise(**QUIET, email_free_mail=0.1))
    shown = [identities.email("hubspot", f"ana.{n}@company.example") for n in range(1000)]
    private = [address for address in shown if address and address.endswith("@mail.example")]
    assert 60 < len(private) == len(set(private)) < 140


def test_the_truth_knows_whose_every_id_in_the_usage_is(serve: Serve) -> None:
    server = serve(segment_archive=True)
    server.advance()
    days = {"from_date": "2026-09-01", "to_date": "2026-10-31"}
    export = server.url_of("mixpanel") + "/api/2.0/export"
    lines = httpx.get(export, params=days, auth=("simulated-mixpanel", "")).text.splitlines()
    seen: set[tuple[str, str, str]] = set()
    for line in lines:
        told: dict[str, Any] = json.loads(line)["properties"]
        company = told.get("company_id") or told.get("company_domain")
        seen.add(("mixpanel", "company" if company else "distinct_id", company or told["distinct_id"]))
    for file in (server.view.folder / "segment-logs").glob("*/*/*.gz"):
        for line in gzip.decompress(file.read_bytes()).splitlines():
            call = json.loads(line)
            named = {"user": call.get("userId"), "group": call.get("groupId") or call.get("context", {}).get("groupId"),
                     "anonymous": call.get("anonymousId")}  # fmt: skip
            seen |= {("segment", kind, value) for kind, value in named.items() if value}
    truth = {tuple(row[:3]): row[3] for row in server.identities.truth().iter_rows()}
    people = {row["user_id"] for row in server.view.rows("users")}
    owners = people | {row["account_id"] for row in server.view.rows("accounts")}
    assert len(seen) > 100
    assert [each for each in seen if truth.get(each) not in owners] == []
