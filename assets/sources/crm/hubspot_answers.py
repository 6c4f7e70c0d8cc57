"""What HubSpot's answers tell: a record's id, where a next page begins, which records one belongs with.

Shapes: CRM API v3 (objects) and v4 (associations), https://developers.hubspot.com/docs.
"""

from collections.abc import Iterable, Mapping
from typing import Any

# (id, whether it is the main one)
Links = list[tuple[str, bool]]
# None: what was told of a record's associations cannot be read.
Ids = dict[str, Links | None]
# By which types of association contacts, deals and tickets name their main company, in v4 and in v3.
_PRIMARY = frozenset({"1", "5", "26", "contact_to_company", "deal_to_company", "ticket_to_company"})


def record_id(record: Any) -> str:
    """Empty for a record that has none."""
    number = record.get("id") if isinstance(record, Mapping) else None
    return str(number) if type(number) in (str, int) else ""


def next_page(body: Any) -> str | None:
    """Where the next page begins, of a list or of a record's associations."""
    for name in ("paging", "next", "after"):
        body = body.get(name) if isinstance(body, Mapping) else None
    return str(body) if body else None


def inline(record: Mapping[str, Any], other: str) -> Links | None:
    """Those of type `other` that a list's row names: it has a line for each type of an association."""
    told = _told(record, other)
    if told and not isinstance(told, Mapping):
        return None
    return _links(told.get("results") if told else None, "id", "type")


def is_cut_off(record: Mapping[str, Any], other: str) -> bool:
    """Whether a list's row names only the first of them."""
    return next_page(_told(record, other)) is not None


def batch(
    body: Mapping[str, Any], results: Iterable[Any], asked: Iterable[str]
) -> tuple[Ids, dict[str, str]]:
    """Of a batch of associations those told of, and where the next page begins of those that have one.

    Records without any are named among the errors (`OBJECT_NOT_FOUND`), or not at all. What else stands
    there, and an answer that does not say of which record it tells, leaves those unreadable it may be about.
    """
    found: Ids = {}
    following = {}
    is_clear = True
    for each in results:
        number = record_id(each.get("from")) if isinstance(each, Mapping) else ""
        if not number:
            is_clear = False
            continue
        links = _links(each.get("to"), "toObjectId", "associationTypes")
        found[number] = joined(found.get(number, []), links)
        if after := next_page(each):
            following[number] = after
    refused = _refused(body.get("errors"))
    if refused is None or not is_clear:
        refused = [each for each in asked if each not in found]
    return {**found, **dict.fromkeys(refused)}, following


def joined(first: Links | None, more: Links | None) -> Links | None:
    """Two pages of one record's; None where one cannot be read."""
    if first is None or more is None:
        return None
    known = dict(first)
    return list({**known, **{each: is_main or known.get(each, False) for each, is_main in more}}.items())


def _told(record: Mapping[str, Any], other: str) -> Any:
    """What a list's row says of those it belongs with, as it came."""
    told = record.get("associations")
    return told.get(other) if isinstance(told, Mapping) else told


def _refused(errors: Any) -> list[str] | None:
    """Ids of records about which a batch was told nothing but an error; None: of any."""
    refused: list[str] = []
    for each in errors if isinstance(errors, list) else []:
        if not isinstance(each, Mapping) or each.get("category") == "OBJECT_NOT_FOUND":
            continue
        context = each.get("context")
        ids = context.get("fromObjectId") if isinstance(context, Mapping) else None
        if not isinstance(ids, list) or not ids:
            return None
        refused += map(str, ids)
    return refused


def _links(told: Any, number_name: str, types_name: str) -> Links | None:
    if told and not isinstance(told, list):
        return None
    found: dict[str, bool] = {}
    for each in told or []:
        number = each.get(number_name) if isinstance(each, Mapping) else None
        if type(number) not in (str, int):
            return None
        found[str(number)] = found.get(str(number), False) or _is_primary(each.get(types_name))
    return list(found.items())


def _is_primary(told: Any) -> bool:
    """`told`: a type's name, or types with their numbers."""
    types = (
        [each.get("typeId") for each in told if isinstance(each, Mapping)]
        if isinstance(told, list)
        else [told]
    )
    return any(str(each) in _PRIMARY for each in types)
