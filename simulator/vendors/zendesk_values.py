"""What Zendesk takes as a ticket's attributes, and how it refuses others: 422 `RecordInvalid`."""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.vendors.message import Answer

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("urgent", "high", "normal", "low")
TYPES = ("problem", "incident", "question", "task")
Fits = Callable[[Any], bool]


def _is_id(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0)


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _one_of(*words: str) -> Fits:
    return lambda value: value is None or (isinstance(value, str) and value in words)


def _is_list_of(kind: type) -> Fits:
    return lambda value: isinstance(value, list) and all(isinstance(each, kind) for each in value)


TICKET: Mapping[str, Fits] = {
    **dict.fromkeys(
        ("requester_id", "submitter_id", "assignee_id", "organization_id", "group_id", "problem_id"), _is_id
    ),
    **dict.fromkeys(("subject", "external_id", "recipient"), _is_text),
    "status": _one_of(*STATUSES),
    "priority": _one_of(*PRIORITIES),
    "type": _one_of(*TYPES),
    "tags": _is_list_of(str),
    "custom_fields": _is_list_of(dict),
}
COMMENT: Mapping[str, Fits] = {
    **dict.fromkeys(("body", "html_body"), _is_text),
    "author_id": _is_id,
    "public": lambda value: isinstance(value, bool),
}


def refused(ticket: Mapping[str, Any], comment: Any) -> Answer | None:
    """The refusal of a ticket's attributes and its comment, if there is anything to refuse."""
    wrong = [name for name, fits in TICKET.items() if name in ticket and not fits(ticket[name])]
    if comment is not None and not isinstance(comment, Mapping):
        wrong.append("comment")
    elif comment:
        wrong += [name for name, fits in COMMENT.items() if name in comment and not fits(comment[name])]
    if not wrong:
        return None
    titles = {name: name.removesuffix("_id").replace("_", " ").capitalize() for name in wrong}
    return invalid({name: (f"{title} is invalid", "InvalidValue") for name, title in titles.items()})


def invalid(wrong: Mapping[str, tuple[str, str]]) -> Answer:
    """By attribute what is said of it, and the kind of error."""
    details = {name: [{"description": text, "error": kind}] for name, (text, kind) in wrong.items()}
    told = {"error": "RecordInvalid", "description": "Record validation errors", "details": details}
    return Answer.json(told, 422)
