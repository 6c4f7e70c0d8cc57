"""What was delivered, as the company receives it: read from an outbox folder or from a table of actions."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from simulator.draws import Ints

MESSAGE = "message"
ALERT = "alert"  # goes to staff, the customer notices nothing
STAFF_CHANNELS = ("slack",)
MORNING = 7 * 3600  # UTC


class DeliveredError(ValueError):
    """A delivered action that can't be understood; the message says which key is missing."""


@dataclass(frozen=True)
class Delivered:
    """Actions in the order of delivery. `kinds`: the effect's kind, `message` for a play that has none of
    its own; `second`: when it was delivered (since 1970)."""

    ids: list[str]
    account: Ints
    kinds: list[str]
    second: Ints

    @classmethod
    def nothing(cls) -> "Delivered":
        return cls([], np.zeros(0, dtype=np.int64), [], np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.ids)

    def on(self, day: int) -> "Delivered":
        """The same, delivered on the day or the day before. A sender whose clock is not the company's (a real
        pipeline that runs through simulated days) counts as delivering in the morning."""
        begin = day * 86400
        is_near = (self.second >= begin - 86400) & (self.second < begin + 86400)
        return replace(self, second=np.where(is_near, self.second, begin + MORNING))


def _moment(value: Any, action_id: str) -> int:
    if isinstance(value, str):
        value = datetime.fromisoformat(value.replace("Z", "+00:00"))
    if not isinstance(value, datetime):
        raise DeliveredError(f"action {action_id} has no readable delivered_at: {value!r}")
    return int((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp())


def _field(row: Mapping[str, Any], *names: str) -> Any:
    """The first of `names` in the row, or in an object nested in it."""
    for name in names:
        if row.get(name) is not None:
            return row[name]
    for value in row.values():
        if isinstance(value, Mapping) and (found := _field(value, *names)) is not None:
            return found
    return None


def _kind(row: Mapping[str, Any], plays: Mapping[str, str]) -> str:
    kind = plays.get(str(_field(row, "play_id")))
    if kind is not None:
        return kind
    return ALERT if _field(row, "channel") in STAFF_CHANNELS or _field(row, "mode") == "human" else MESSAGE


def read(rows: Iterable[Mapping[str, Any]], account_ids: list[str], plays: Mapping[str, str]) -> Delivered:
    """`rows` need action_id, account_id, play_id and delivered_at; channel and mode are used where given.

    Accounts the company does not know are left out (a message to a stranger has no effect here). Raises
    DeliveredError.
    """
    number = {account_id: index for index, account_id in enumerate(account_ids)}
    found: list[tuple[int, str, int, str]] = []
    for row in rows:
        action_id, account_id = _field(row, "action_id"), _field(row, "account_id")
        if action_id is None or account_id is None:
            raise DeliveredError(f"a delivered action needs action_id and account_id: {dict(row)!r}")
        if account_id in number:
            second = _moment(_field(row, "delivered_at", "sent_at", "at"), str(action_id))
            found.append((second, str(action_id), number[account_id], _kind(row, plays)))
    found.sort()
    once = {action_id: (second, account, kind) for second, action_id, account, kind in found}
    return Delivered(
        list(once),
        np.array([account for _, account, _ in once.values()], dtype=np.int64),
        [kind for *_, kind in once.values()],
        np.array([second for second, *_ in once.values()], dtype=np.int64),
    )


def read_frame(frame: pl.DataFrame, account_ids: list[str], plays: Mapping[str, str]) -> Delivered:
    return read(frame.iter_rows(named=True), account_ids, plays)


class Outbox:
    """Follows the JSON lines that appear in an outbox folder, each once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._offsets: dict[Path, int] = {}

    def new(self) -> list[dict[str, Any]]:
        """Complete lines that were not there the last time."""
        rows: list[dict[str, Any]] = []
        for path in sorted(self._folder.glob("*.jsonl")):
            with path.open("rb") as file:
                file.seek(self._offsets.get(path, 0))
                fresh = file.read()
            complete = fresh[: fresh.rfind(b"\n") + 1]
            self._offsets[path] = self._offsets.get(path, 0) + len(complete)
            rows.extend(json.loads(line) for line in complete.splitlines() if line.strip())
        return rows
