"""How HubSpot tells what an object belongs with: lines with types, a page of them at a time."""

from simulator.vendors.view import Row

INLINE_MOST, MOST = 100, 500  # in a list's row, and where associations are asked for
CATEGORY = "HUBSPOT_DEFINED"


def links(ids: list[str], after: str | None) -> tuple[list[Row], Row]:
    """A page of lines, and the paging beside it: nothing behind the last page."""
    begin = int(after or 0)
    kinds = [{"category": CATEGORY, "typeId": 1, "label": None}]
    lines = [{"toObjectId": int(each), "associationTypes": kinds} for each in ids[begin : begin + MOST]]
    return lines, _next(begin + MOST, ids)


def inline(ids: list[str], label: str) -> Row:
    """The first page, as a list's row holds it."""
    lines = [{"id": each, "type": label} for each in ids[:INLINE_MOST]]
    return {"results": lines, **_next(INLINE_MOST, ids)}


def default(number: str, to: str) -> Row:
    """What is told of an association that was made without naming its type."""
    spec = {"associationCategory": CATEGORY, "associationTypeId": 1}
    return {"from": {"id": number}, "to": {"id": to}, "associationSpec": spec}


def none(number: str, kind: str, other: str) -> Row:
    """What a batch tells of an object that belongs with none, known or not. `kind`, `other`: in singular."""
    context = {"fromObjectId": [number], "fromObjectType": [kind], "toObjectType": [other]}
    return {
        "status": "error", "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND", "context": context,
        "message": f"No {other} is associated with {kind} {number}.", "links": {}, "errors": [],
    }  # fmt: skip


def _next(begin: int, ids: list[str]) -> Row:
    return {"paging": {"next": {"after": str(begin)}}} if begin < len(ids) else {}
