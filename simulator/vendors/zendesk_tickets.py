"""A Zendesk ticket's comments, events and metrics, made from what happened to it."""

from datetime import datetime
from typing import Any

from simulator.vendors.support_history import Moment
from simulator.vendors.vendor import iso
from simulator.vendors.view import Row


def comments(ticket_id: int, happened: list[Moment]) -> list[Row]:
    spoken = [(number, each) for number, each in enumerate(happened) if each.comment]
    return [
        {
            "id": ticket_id * 100 + number, "type": "Comment", "author_id": each.actor, "body": each.comment,
            "html_body": f'<div class="zd-comment"><p>{each.comment}</p></div>', "plain_body": each.comment,
            "public": each.is_public, "attachments": [], "audit_id": ticket_id * 100 + 50 + number,
            "via": _via(), "created_at": iso(each.at), "metadata": {"system": {}, "custom": {}},
        }
        for number, each in spoken
    ]  # fmt: skip


def events(ticket_id: int, happened: list[Moment], *, with_comments: bool) -> list[Row]:
    """One audit per moment; comment bodies only when asked for."""
    rows: list[Row] = []
    status = None
    for number, each in enumerate(happened):
        children: list[Row] = []
        audit = ticket_id * 100 + 50 + number
        if each.status and each.status != status:
            kind = "Create" if number == 0 else "Change"
            change = {"id": audit * 10, "via": "Web form", "event_type": kind, "status": each.status}
            children.append({**change, **({"previous_value": status} if status else {})})
            status = each.status
        if each.comment:
            body = {"body": each.comment, "author_id": each.actor} if with_comments else {}
            said = {"comment_present": True, "comment_public": each.is_public}
            children.append(
                {"id": audit * 10 + 1, "via": "Web form", "event_type": "Comment", **said, **body}
            )
        rows.append(
            {
                "id": audit, "ticket_id": ticket_id, "timestamp": int(each.at.timestamp()),
                "created_at": iso(each.at), "updater_id": each.actor, "via": "Web form",
                "system": {}, "metadata": {}, "event_type": "Audit", "child_events": children,
            }
        )  # fmt: skip
    return rows


def metric_events(ticket_id: int, ticket: Row) -> list[Row]:
    """The clocks of first reply and of waiting: started, stopped, started again."""
    steps = [
        ("reply_time", "activate", ticket["created_at"]),
        ("requester_wait_time", "activate", ticket["created_at"]),
    ]
    if ticket["first_response_at"]:
        steps.append(("reply_time", "fulfill", ticket["first_response_at"]))
    if ticket["solved_at"]:
        steps.append(("requester_wait_time", "fulfill", ticket["solved_at"]))
    if ticket["reopened_at"]:
        steps.append(("requester_wait_time", "activate", ticket["reopened_at"]))
    return [
        {
            "id": ticket_id * 10 + number, "ticket_id": ticket_id, "metric": metric,
            "instance_id": 2 if at == ticket["reopened_at"] else 1, "type": kind, "time": iso(at),
        }
        for number, (metric, kind, at) in enumerate(steps)
    ]  # fmt: skip


def metrics(url: str, ticket_id: int, ticket: Row, happened: list[Moment], *, requester: int) -> Row:
    """Without a schedule Zendesk's business minutes are calendar minutes."""
    begun, first, solved = ticket["created_at"], ticket["first_response_at"], ticket["solved_at"]
    agents = [each for each in happened if each.actor != requester and each.comment and each.is_public]
    last_comment = max(each.at for each in happened if each.comment)
    seconds = int((first - begun).total_seconds()) if first else None
    return {
        "url": f"{url}/api/v2/ticket_metrics/{ticket_id + 7}.json", "id": ticket_id + 7,
        "ticket_id": ticket_id,
        "created_at": iso(begun), "updated_at": iso(ticket["updated_at"]), "group_stations": 1,
        "assignee_stations": 1, "reopens": int(ticket["reopened_at"] is not None), "replies": len(agents),
        "assignee_updated_at": iso(begun), "requester_updated_at": iso(begun),
        "status_updated_at": iso(ticket["updated_at"]), "custom_status_updated_at": iso(ticket["updated_at"]),
        "initially_assigned_at": iso(begun), "assigned_at": iso(begun), "solved_at": iso(solved),
        "latest_comment_added_at": iso(last_comment),
        "reply_time_in_minutes": _minutes(begun, first),
        "reply_time_in_seconds": {"calendar": seconds},
        "first_resolution_time_in_minutes": _minutes(begun, solved),
        "full_resolution_time_in_minutes": _minutes(begun, solved),
        "agent_wait_time_in_minutes": {"calendar": 0, "business": 0},
        "requester_wait_time_in_minutes": _minutes(begun, solved),
        "on_hold_time_in_minutes": {"calendar": 0, "business": 0},
    }  # fmt: skip


def _minutes(begun: datetime, ended: datetime | None) -> dict[str, int | None]:
    minutes = int((ended - begun).total_seconds() // 60) if ended else None
    return {"calendar": minutes, "business": minutes}


def _via() -> dict[str, Any]:
    return {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}}
