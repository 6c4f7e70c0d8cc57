"""Gainsight, ChurnZero and Totango: pages, changes, versions, refusals."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from platforms import SECRET, USER, Platforms

from assets.sources import registry
from assets.sources.api.errors import ApiError, RequestRefusedError
from assets.sources.connector import Places
from assets.sources.gainsight import COMPANIES, COMPANY_FIELDS

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS: dict[str, dict[str, Any]] = {
    "gainsight": {"access_key": SECRET},
    "churnzero": {"username": USER, "api_key": SECRET},
    "totango": {"app_token": SECRET},
}


def company(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "Gsid": f"1P02{number:03}",
        "Name": f"Company {number}",
        "Industry": "Retail",
        "ARR": 1000.5 * number,
        "MRR": None,
        "LifecycleStage": None,
        "Stage": "Customer",
        "Status": "Active",
        "CSMName": "Ana Ruiz",
        "Employees": 40 + number,
        "OriginalContractDate": "2024-03-01",
        "RenewalDate": 1_800_000_000_000,
        "CurrScoreId": "1I00A",
        "OverallScore": 70.0 + number,
        "SfdcAccountId": f"001{number:03}",
        "ParentCompanyId": None,
        "CreatedDate": "2024-03-01T00:00:00.000Z",
        "ModifiedDate": "2026-11-20T10:00:00.000Z",
        **changes,
    }


def cta(number: int, modified_on: str = "2026-11-20", **changes: Any) -> dict[str, Any]:
    return {
        "Gsid": f"1S01{number:03}",
        "Name": "Usage fell",
        "CompanyId": "1P02001",
        "TypeId__gr.Name": "Risk",
        "ReasonId__gr": {"Name": "Low usage"},
        "StatusId__gr.Name": "New",
        "OwnerId": "1P01A",
        "OwnerId__gr.Name": "Ana Ruiz",
        "OwnerId__gr.Email": "ana@vendor.example",
        "DueDate": "2026-11-30",
        "IsClosed": False,
        "ModifiedDate": f"{modified_on}T10:00:00Z",
        **changes,
    }


def account(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "Id": number,
        "AccountExternalId": f"acc-{number}",
        "Name": f"Account {number}",
        "IsActive": True,
        "TotalContractAmount": 1200.0,
        "NextRenewalDate": "2027-01-01T00:00:00Z",
        "PrimaryChurnScoreValue": 20.0,
        "TenureInDays": 100,
        **changes,
    }


def task(number: int, second: int, **changes: Any) -> dict[str, Any]:
    at = f"2026-11-20T10:00:{second:02}Z"
    return {"Id": number, "Subject": "Call", "AccountId": 1, "ObjectLastModifiedDate": at, **changes}


@dataclass
class Loaded:
    platforms: Platforms
    folder: Path

    def settings(self, system: str, **given: Any) -> Any:
        base_url = self.platforms.url + ("/public/v1" if system == "churnzero" else "")
        return registry.connector(system).settings_type(
            **{"base_url": base_url, "page_size": 3, "backoff_seconds": 0, **SETTINGS[system], **given}
        )

    def load(self, system: str, now: datetime = NOW, **given: Any) -> dict[str, tuple[int, int, int]]:
        """(loaded, duplicate, quarantined) by table."""
        places = Places(self.folder / "state", self.folder / "quarantine")
        loads = registry.connector(system).load(
            self.folder / "w.duckdb",
            self.settings(system, **given),
            places=places,
            now=now,
            tell=lambda words: None,
        )
        return {each.table: (each.rows_loaded, each.rows_duplicate, each.rows_quarantined) for each in loads}

    def stored(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "w.duckdb")) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Loaded]:
    entities = ("Account", "UserAccount", "Contact", "Task", "ChurnScore", "ChurnScoreCalculation")
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in (*entities, "Company", "Cta", "accounts", "users")
    }
    with Platforms(rows) as platforms:
        yield Loaded(platforms, tmp_path)


def test_gainsight_keeps_versions_of_companies_and_sees_those_that_go(loaded: Loaded) -> None:
    rows = loaded.platforms.rows
    rows["Company"] = [company(number) for number in range(7)]
    loaded.load("gainsight")
    assert loaded.stored(
        "select gsid, overall_score, employees, renewal_date::varchar, sfdc_account_id, extra"
        " from raw_gainsight.companies order by 1 limit 2"
    ) == [
        ("1P02000", 70.0, 40, "2027-01-15", "001000", None),
        ("1P02001", 71.0, 41, "2027-01-15", "001001", None),
    ]

    rows["Company"][1] |= {"OverallScore": 41.0}
    del rows["Company"][6]
    loaded.load("gainsight", NOW + DAY)
    assert loaded.stored(
        "select overall_score, _dlt_valid_to is null from raw_gainsight.companies where gsid = '1P02001' order by 1"
    ) == [(41.0, True), (71.0, False)]
    (open_ones,) = loaded.stored("select count(*) from raw_gainsight.companies where _dlt_valid_to is null")
    assert open_ones == (6,)


def test_gainsight_reads_calls_to_action_by_day_of_change(loaded: Loaded) -> None:
    rows = loaded.platforms.rows
    rows["Company"] = [company(1)]
    rows["Cta"] = [cta(number) for number in range(7)]
    assert loaded.load("gainsight")["ctas"] == (7, 0, 0)
    assert loaded.stored(
        "select distinct reason_name, type_name, owner_email, due_date::varchar from raw_gainsight.ctas"
    ) == [("Low usage", "Risk", "ana@vendor.example", "2026-11-30")]
    rows["Cta"][2] |= {
        "IsClosed": True,
        "StatusId__gr.Name": "Closed Success",
        "ModifiedDate": "2026-11-23T08:00:00Z",
    }
    assert loaded.load("gainsight", NOW + DAY)["ctas"][0] == 1
    assert loaded.stored("select gsid from raw_gainsight.ctas where is_closed") == [("1S01002",)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"error": {"message": "no access"}}, "no access"),
        ({"result": False, "errorDesc": "no licence", "data": None}, "no licence"),
        ({"result": True, "data": {"error": "no access"}}, "something else than a list"),
        ([], "no JSON object"),
        (None, "no JSON object"),
        ("no access", "no JSON object"),
    ],
)
def test_gainsights_answer_without_rows_is_no_empty_list(loaded: Loaded, answer: Any, words: str) -> None:
    loaded.platforms.rows["Company"] = [company(1)]
    loaded.platforms.rows["Cta"] = [cta(number, "2026-06-01") for number in range(5)]
    loaded.platforms.answers = [(200, answer), (200, answer)]
    with pytest.raises(ApiError, match=words):
        loaded.load("gainsight")
    loaded.platforms.answers = [(200, answer), (200, answer)]
    settings = loaded.settings("gainsight")
    assert not any(each.is_fine for each in registry.connector("gainsight").check(settings))
    loaded.platforms.answers = []
    found = loaded.load("gainsight")
    assert (found["companies"], found["ctas"]) == ((1, 0, 0), (5, 0, 0))


def test_gainsights_fields_may_have_other_names(loaded: Loaded) -> None:
    loaded.platforms.rows["Company"] = [company(1, Score__gc="82.5", Csm__gr={"Email": "ana@vendor.example"})]
    fields = {
        "overall_score": "Score__gc",
        "csm_email": "Csm__gr.Email",
        "industry": "",
        "region": "Region__gc",
    }
    with pytest.raises(
        RequestRefusedError, match=r"Field Csm__gr\.Email does not exist; correct TIERLINE_GAINSIGHT_COMPANY"
    ):
        loaded.load("gainsight", company_fields=fields)
    loaded.platforms.rows["Company"] = [
        company(1, Score__gc="82.5", Region__gc="EU", **{"Csm__gr.Email": "a@b.example"})
    ]
    loaded.load("gainsight", company_fields=fields)
    assert loaded.stored(
        "select overall_score, csm_email, industry, extra::varchar from raw_gainsight.companies"
    ) == [(82.5, "a@b.example", None, '{"region":"EU"}')]


def test_gainsights_page_names_the_fields_that_are_read_by_default() -> None:
    page = (Path(__file__).parents[3] / "docs/sources/gainsight.md").read_text()
    told = page.partition("By default:")[2].partition(". ")[0]
    assert re.findall(r"`(\w+)`", told) == list(COMPANY_FIELDS.values())
    assert "ExternalId" not in page, "the object has no such field of its own"
    without = [each.name for each in COMPANIES.columns if each.name not in COMPANY_FIELDS]
    configured = page.partition("TIERLINE_GAINSIGHT_COMPANY_FIELDS={")[2].partition("}")[0]
    assert all(f'"{name}"' in configured for name in without), "how to fill what is empty by default"


def test_churnzero_pages_by_moment_without_losing_what_shares_one(loaded: Loaded) -> None:
    rows = loaded.platforms.rows
    rows["Account"] = [account(number) for number in range(1, 9)]
    # eight tasks of one second fill more than two pages
    rows["Task"] = [task(number, min(number, 5)) for number in range(12)]
    assert loaded.load("churnzero")["tasks"][0] == 12
    assert loaded.stored("select count(*), count(distinct id) from raw_churnzero.tasks") == [(12, 12)]
    assert loaded.load("churnzero")["tasks"][0] == 0
    rows["Task"][3] |= {
        "CompletedDate": "2026-11-21T08:00:00Z",
        "ObjectLastModifiedDate": "2026-11-21T08:00:00Z",
    }
    rows["Task"].append({"Id": 99, "Name": "Call", "ObjectLastModifiedDate": "2026-11-21T08:00:01Z"})
    assert loaded.load("churnzero")["tasks"][0] == 2
    assert loaded.stored("select subject from raw_churnzero.tasks where id = '99'") == [("Call",)]


def test_churnzero_keeps_versions_of_scores_but_not_of_tenure(loaded: Loaded) -> None:
    rows = loaded.platforms.rows
    rows["Account"] = [account(number) for number in range(1, 9)]
    loaded.load("churnzero")
    for each in rows["Account"]:
        each["TenureInDays"] += 1
    rows["Account"][0]["PrimaryChurnScoreValue"] = 65.0
    loaded.load("churnzero", NOW + DAY)
    assert loaded.stored("select count(*) from raw_churnzero.accounts") == [(9,)]
    assert loaded.stored(
        "select external_id, primary_churn_score_value from raw_churnzero.accounts where id = '1' order by 2"
    ) == [("acc-1", 20.0), ("acc-1", 65.0)]


def test_a_list_that_changes_while_it_is_read_is_read_again(loaded: Loaded) -> None:
    rows = loaded.platforms.rows
    rows["Account"] = [account(number) for number in range(1, 9)]

    def lose_one(request: Any) -> None:
        if request.query.get("$skip") == "2" and len(rows["Account"]) == 8:
            del rows["Account"][0]

    loaded.platforms.before = lose_one
    loaded.load("churnzero")
    stored = loaded.stored("select id from raw_churnzero.accounts order by 1")
    assert stored == [(str(number),) for number in range(2, 9)]


def test_totango_asks_for_fields_and_names_them(loaded: Loaded) -> None:
    rows = loaded.platforms.rows
    rows["accounts"] = [
        {
            "name": f"acc-{number}",
            "display_name": f"Account {number}",
            "last_activity_time": 1_790_000_000_000 + number,
            "health": "green",
            "score": 55,
            "status_group": "paying",
            "Success Manager": "Ana Ruiz",
            "ACV": 1200,
            "Contract Renewal Date": 1_800_000_000_000,
        }
        for number in range(7)
    ]
    rows["users"] = [
        {
            "name": "ana@c.example",
            "display_name": "Ana",
            "Email": "ana@c.example",
            "identifier": f"acc-{number}",
        }
        for number in range(2)
    ]
    fields = {"contract_value": {"type": "number_attribute", "attribute": "ACV"}}
    assert loaded.load("totango", account_fields=fields) == {"accounts": (7, 0, 0), "users": (2, 0, 0)}
    assert loaded.stored(
        "select display_name, health, engagement_score, contract_value, contract_renewal_date::varchar"
        " from raw_totango.accounts where name = 'acc-3'"
    ) == [("Account 3", "green", 55.0, 1200.0, "2027-01-15")]
    for each in rows["accounts"]:
        each["last_activity_time"] += 86_400_000
    rows["accounts"][3]["health"] = "red"
    loaded.load("totango", NOW + DAY, account_fields=fields)
    assert loaded.stored("select count(*) from raw_totango.accounts") == [(8,)]


def test_totango_shows_ten_thousand_and_no_more(loaded: Loaded) -> None:
    loaded.platforms.rows["total"] = [12_345]  # type: ignore[list-item]
    with pytest.raises(ApiError, match="narrow TIERLINE_TOTANGO_TERMS"):
        loaded.load("totango")


def test_what_passes_is_tried_again_and_what_changed_its_type_is_set_aside(loaded: Loaded) -> None:
    rows = loaded.platforms.rows
    rows["Account"] = [account(1, TotalContractAmount="much"), account(2)]
    loaded.platforms.answers = [(500, {}), (429, {"error": "slow down"}), (503, {})]
    assert loaded.load("churnzero")["accounts"] == (1, 0, 1)
    (reason,) = loaded.stored("select reason from raw_churnzero._quarantine")
    assert "total_contract_amount" in reason[0]
    loaded.platforms.answers = [(500, {})] * 99
    with pytest.raises(ApiError, match="run again later"):
        loaded.load("churnzero", max_attempts=2)
