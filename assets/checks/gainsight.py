"""Suites for Gainsight's raw tables."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks.records import one_open_version
from assets.checks.rules import Bounds, between, in_order, key, not_in_future, required, rows_without

SCHEMA = "raw_gainsight"


def companies(bounds: Bounds) -> list[Expectation]:
    return [
        *one_open_version("gsid"),
        required("name"),
        between("arr", 0),
        between("mrr", 0),
        between("employees", 0),
        between("overall_score", 0, 100),
        rows_without(
            "select * from {batch} where parent_company_id is not null"
            f" and parent_company_id not in (select gsid from {SCHEMA}.companies)",
            "parent_company_id is a company, or empty",
        ),
        *not_in_future("modified_date", bounds),
    ]


def ctas(bounds: Bounds) -> list[Expectation]:
    return [
        *key("gsid"),
        required("company_id"),
        rows_without(
            f"select * from {{batch}} where exists (select 1 from {SCHEMA}.companies)"
            f" and company_id not in (select gsid from {SCHEMA}.companies)",
            "company_id is a company",
        ),
        in_order("created_date", "closed_date"),
        *not_in_future("modified_date", bounds),
    ]


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {"companies": companies, "ctas": ctas}
