"""Which suite belongs to which raw table. Importing this imports Great Expectations, which takes seconds.

A system's suites are in `assets/checks/<system>.py`: `RULES`, by table. The drop folder's are by subject.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

from great_expectations.core import ExpectationSuite
from great_expectations.expectations.expectation import Expectation

from assets.checks import accounts, csms, revenue, support, usage
from assets.checks.rules import Bounds, accounted_for, loads_accounted_for

DROP_FOLDER = "drop_folder"
Rules = Callable[[Bounds], list[Expectation]]

RULES: dict[str, Rules] = {
    "accounts": accounts.accounts,
    "users": accounts.users,
    "usage_events": usage.usage_events,
    "features": usage.features,
    "tickets": support.tickets,
    "ai_conversations": support.ai_conversations,
    "survey_responses": support.survey_responses,
    "subscriptions": revenue.subscriptions,
    "invoices": revenue.invoices,
    "opportunities": revenue.opportunities,
    "renewal_forecasts": revenue.renewal_forecasts,
    "csms": csms.csms,
    "csm_activities": csms.csm_activities,
    "code_changes": usage.code_changes,
}


def rules_of(system: str) -> Mapping[str, Rules]:
    """The rules about the rows of each of a system's tables."""
    if system == DROP_FOLDER:
        return RULES
    found: Mapping[str, Rules] = import_module(f"assets.checks.{system}").RULES
    return found


def rows_suite(system: str, table: str, bounds: Bounds) -> ExpectationSuite:
    """The rules about a raw table's rows."""
    return ExpectationSuite(name=f"{system}_{table}", expectations=rules_of(system)[table](bounds))


def account_suite(system: str, table: str, bounds: Bounds) -> ExpectationSuite:
    """The rules about where a raw table's rows went; the same for every table."""
    rules = accounted_for if system == DROP_FOLDER else loads_accounted_for
    return ExpectationSuite(name=f"{system}_{table}_account", expectations=rules(bounds))
