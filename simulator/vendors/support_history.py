"""What happened to a support contact, in order, and who wrote it; each vendor shows it in its own way."""

from dataclasses import dataclass
from datetime import datetime

from simulator.vendors.view import Row, View

ANSWER_BOT, AGENTS = "answer-bot", ("agent-1", "agent-2", "agent-3")


@dataclass(frozen=True)
class Moment:
    """`actor` is an id of the vendor who shows it. A comment, a change of status, or both."""

    at: datetime
    actor: int
    comment: str | None = None
    is_public: bool = True
    status: str | None = None


def moments(ticket: Row, conversation: Row | None, *, requester: int, bot: int, agent: int) -> list[Moment]:
    """From the company's ticket, and the AI tier's conversation if it answered first."""
    first, human = ticket["first_response_at"], ticket["first_human_response_at"]
    found = [Moment(ticket["created_at"], requester, ticket["subject"], status="new")]
    if first is not None and (human is None or first < human):
        answer = conversation["answer"] if conversation else "Thanks, we are looking into it."
        found.append(Moment(first, bot, answer, status="open"))
        if conversation and conversation["escalated_at"] is not None:
            note = f"Escalated: {conversation['escalation_reason']}"
            found.append(Moment(conversation["escalated_at"], bot, note, is_public=False))
    if human is not None:
        found.append(Moment(human, agent, "Thank you for writing, here is what to do.", status="open"))
    if ticket["solved_at"] is not None:
        by_bot = ticket["handled_by"] == "ai"
        closing = conversation["resolution"] if conversation else None
        found.append(Moment(ticket["solved_at"], bot if by_bot else agent, closing, status="solved"))
    if ticket["reopened_at"] is not None:
        found.append(Moment(ticket["reopened_at"], requester, "This happens again.", status="open"))
    return sorted(found, key=lambda moment: moment.at)


def conversations_by_ticket(view: View) -> dict[str, Row]:
    """The AI tier's conversations by the ticket that each of them is."""
    made: dict[str, Row] = view.derived(
        "conversations by ticket",
        lambda: {each["ticket_id"]: each for each in view.rows("ai_conversations")},
    )
    return made


def requester(view: View, ticket: Row) -> str:
    """`user_id` of who wrote, or a key of its own for somebody who is nobody's user."""
    user = view.by_email().get((ticket["requester_email"] or "").lower())
    return user["user_id"] if user else f"requester:{ticket['requester_email'] or ticket['ticket_id']}"


def strangers(view: View) -> dict[str, Row]:
    """First ticket of every requester who is nobody's user, by key."""
    found: dict[str, Row] = {}
    for ticket in view.rows("tickets"):
        key = requester(view, ticket)
        if key.startswith("requester:"):
            found.setdefault(key, ticket)
    return found


def agent(view: View, ticket: Row) -> str:
    """Who works on it: the AI tier's bot, the account's CSM, or one of the desk."""
    if ticket["handled_by"] == "ai":
        return ANSWER_BOT
    account = view.row("accounts", ticket["account_id"]) if ticket["handled_by"] == "csm" else None
    if account is not None:
        return str(account["csm_id"])
    return AGENTS[sum(ticket["ticket_id"].encode()) % len(AGENTS)]
