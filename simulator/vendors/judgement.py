"""What a customer-success tool makes of an account: a score from what it can see, never from the truth.

It looks at the last answers to surveys, at contacts and escalations with support, and at the renewal. It is
wrong as often as such scores are.
"""

from datetime import timedelta
from typing import Any

from simulator.vendors.view import Row, View

RECENT, SURVEYED = timedelta(days=45), timedelta(days=180)
TYPICAL, OF_NPS, OF_CONTACT, OF_ESCALATION, NEAR_RENEWAL = 78.0, 5.0, 2.5, 12.0, 6.0
GREEN_FROM, YELLOW_FROM = 70.0, 45.0


def scores(view: View) -> dict[str, float]:
    """0 to 100 by account, more is healthier; made once a day."""
    made: dict[str, float] = view.derived("judgement", lambda: _scores(view))
    return made


def colour(score: float) -> str:
    return "green" if score >= GREEN_FROM else "yellow" if score >= YELLOW_FROM else "red"


def _scores(view: View) -> dict[str, float]:
    now = view.day_end
    contacts: dict[str, float] = {}
    for ticket in view.rows("tickets"):
        if ticket["created_at"] >= now - RECENT and ticket["account_id"]:
            weight = OF_CONTACT + OF_ESCALATION * bool(ticket["is_escalated"])
            contacts[ticket["account_id"]] = contacts.get(ticket["account_id"], 0.0) + weight
    answers: dict[str, list[float]] = {}
    for answer in view.rows("survey_responses"):
        account = account_of(view, answer)
        if answer["kind"] == "nps" and answer["submitted_at"] >= now - SURVEYED and account:
            answers.setdefault(account, []).append(answer["score"])
    return {row["account_id"]: _score(row, contacts, answers, view) for row in view.rows("accounts")}


def _score(row: Row, contacts: dict[str, float], answers: dict[str, list[float]], view: View) -> float:
    key = row["account_id"]
    score = TYPICAL - min(contacts.get(key, 0.0), 40.0)
    if given := answers.get(key):
        score += OF_NPS * (sum(given) / len(given) - 7.0)
    if row["renewal_on"] is not None and row["renewal_on"] - view.today < RECENT:
        score -= NEAR_RENEWAL
    return round(min(max(score, 0.0), 100.0), 1)


def account_of(view: View, row: Row) -> str | None:
    """The account of a row that names it or a known person's address."""
    if row.get("account_id"):
        return str(row["account_id"])
    user: Any = view.by_email().get((row.get("email") or row.get("requester_email") or "").lower())
    return str(user["account_id"]) if user else None
