"""Which suite belongs to which raw table. Importing this imports Great Expectations, which takes seconds."""

from collections.abc import Callable

from great_expectations.core import ExpectationSuite
from great_expectations.expectations.expectation import Expectation

from assets.checks import accounts, csms, revenue, support, usage
from assets.checks.rules import Bounds, accounted_for

RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {
    "accounts": accounts.accounts,
    "users": accounts.users,
    "usage_events": usage.usage_events,
    "features": usage.features,
    "tickets": support.tickets,
    "ai_conversations": support.ai_conversations,
    "survey_responses": support.survey_responses,
    "subscriptions": revenue.subscriptions,
    "opportunities": revenue.opportunities,
    "csms": csms.csms,
    "csm_activities": csms.csm_activities,
    "code_changes": usage.code_changes,
}


def rows_suite(table: str, bounds: Bounds) -> ExpectationSuite:
    """The rules about a raw table's rows."""
    return ExpectationSuite(name=table, expectations=RULES[table](bounds))


def account_suite(table: str, bounds: Bounds) -> ExpectationSuite:
    """The rules about where a raw table's rows went; the same for every table."""
    return ExpectationSuite(name=f"{table}_account", expectations=accounted_for(bounds))
