"""How a HubSpot object came to be what it is: the versions of its properties, the newest first.

Of a deal's stage the company knows every version. Of what else it holds the present value counts as the
first one; whatever a caller wrote came after it.
"""

from collections.abc import Sequence
from typing import Any

from simulator.vendors.view import Row

Valued = Sequence[tuple[str, str | None]]
PERSON, PROGRAM = "CRM_UI", "INTEGRATION"


def versions(row: Row, name: str, known: Valued, written: Valued) -> list[Row]:
    """Of one property of an object. `known`: when it came to which value, so far as the company tells;
    `written`: the same of callers. Both the oldest first; moments are text, as HubSpot gives them.
    """
    first: Row = row.get("_first") or row["properties"]
    own = known or [(row["createdAt"], first.get(name))]
    # who writes a property has taken it over
    steps = [(at, value, PERSON) for at, value in own if not written or at < written[0][0]]
    steps += [(at, value, PROGRAM) for at, value in written]
    steps.append((row["updatedAt"], row["properties"][name], PROGRAM))
    found: list[Row] = []
    for at, value, source in steps:
        # a value that was cleared is empty text
        if (value or "") != (found[-1]["value"] if found else ""):
            found.append({"value": value or "", "timestamp": at, **_by(row, source)})
    return found[::-1]


def _by(row: Row, source: str) -> dict[str, Any]:
    owner = row["properties"].get("hubspot_owner_id")
    if source == PROGRAM or not owner:
        return {"sourceType": source, "sourceId": "simulated"}
    number = int(owner) + 1
    return {"sourceType": source, "sourceId": f"userId:{number}", "updatedByUserId": number}
