"""What callers wrote to a vendor: objects they created, fields they changed, requests they may repeat."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from simulator.vendors.message import Answer

Row = dict[str, Any]


class Written:
    """Per vendor. Objects are the vendor's own, by kind and vendor id. `version` counts writes."""

    def __init__(self) -> None:
        self._created: dict[str, dict[str, Row]] = {}
        self._changed: dict[tuple[str, str], tuple[Row, datetime]] = {}
        self._steps: dict[tuple[str, str], list[tuple[Row, datetime]]] = {}
        self._answered: dict[str, tuple[bytes, Answer]] = {}
        self.version = 0

    def create(self, kind: str, vendor_id: str | int, row: Row) -> Row:
        self.version += 1
        self._created.setdefault(kind, {})[str(vendor_id)] = row
        return row

    def created(self, kind: str) -> list[Row]:
        return list(self._created.get(kind, {}).values())

    def count(self, kind: str) -> int:
        return len(self._created.get(kind, {}))

    def change(self, kind: str, vendor_id: str | int, fields: Row, at: datetime) -> None:
        self.version += 1
        before, _ = self._changed.get((kind, str(vendor_id)), ({}, at))
        self._changed[kind, str(vendor_id)] = ({**before, **fields}, at)
        self._steps.setdefault((kind, str(vendor_id)), []).append((fields, at))

    def changes(self, kind: str, vendor_id: str | int) -> tuple[Row, datetime | None]:
        """Fields changed so far, and when last."""
        return self._changed.get((kind, str(vendor_id)), ({}, None))

    def steps(self, kind: str, vendor_id: str | int) -> list[tuple[Row, datetime]]:
        """The fields of every change and when it was made, the oldest first."""
        return self._steps.get((kind, str(vendor_id)), [])

    def once(self, key: str | None, body: bytes, act: Callable[[], Answer]) -> tuple[Answer, bool | None]:
        """`act`'s answer, and whether it was given before under this key (None: so, for another body)."""
        if key is None:
            return act(), False
        if key in self._answered:
            known, answer = self._answered[key]
            return answer, True if known == body else None
        answer = act()
        self._answered[key] = (body, answer)
        return answer, False
