"""Units that came again with far fewer events than they gave: taken for cut off, unless a person says
otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assets.sources.connector import ConnectorError
from assets.sources.load_log import RowCounts
from assets.sources.settings import variable

# So many of the refused units are named.
_NAMED = 5


class ShrunkExportError(ConnectorError):
    """Units came with far fewer events than stand of them: what stood is kept, everything else is loaded."""


class ShrunkUnitsError(Exception):
    """These units would lose too much."""

    def __init__(self, units: set[str]) -> None:
        super().__init__(f"{len(units)} units shrank")
        self.units = units


@dataclass
class ShrinkGuard:
    """Judges the units of one load that were read before; `refused`: those that may not take the place of
    what stands. With a `limit` of 0 all may.

    A unit that lost fewer events than `rows` is judged together with all that the load read again: many
    small ones may be cut off as well as a large one.
    """

    system: str
    limit: float = 0
    rows: int = 1
    refused: dict[str, tuple[int, int]] = field(default_factory=dict)
    _stood: int = 0
    _came: int = 0

    def judge(self, stands: Mapping[str, RowCounts], came: Mapping[str, RowCounts]) -> None:
        """By what units gave and would give now. Raises `ShrunkUnitsError` for those that are refused; the
        others have to be judged again without them."""
        losses = {unit: _loss(before, came[unit], self.limit) for unit, before in stands.items()}
        found = {unit for unit, lost in losses.items() if lost >= self.rows}
        stood = self._stood + sum(_events(before) for before in stands.values())
        are = self._came + sum(_events(came[unit]) for unit in stands)
        if not found and stood - are >= self.rows and are < stood * self.limit:
            found = {unit for unit, lost in losses.items() if lost}
        if found:
            self.refused |= {unit: (_events(came[unit]), _events(stands[unit])) for unit in found}
            raise ShrunkUnitsError(found)
        self._stood, self._came = stood, are

    def raise_for_refused(self) -> None:
        """Raises `ShrunkExportError` when a unit was refused."""
        if not self.refused:
            return
        named = [
            f"{unit} came with {came:,} events where {stand:,} stand"
            for unit, (came, stand) in list(self.refused.items())[:_NAMED]
        ]
        more = len(self.refused) - len(named)
        raise ShrunkExportError(
            f"{self.system}: {'; '.join(named)}{f'; and {more:,} more' if more else ''}: this looks cut off, "
            "so what stood is kept, and it is asked for again with the next load; if so many are really "
            f"gone, load once with {variable(self.system, 'shrink_limit')}=0"
        )


def _events(counts: RowCounts) -> int:
    return counts.rows_loaded + counts.rows_duplicate


def _loss(before: RowCounts, now: RowCounts, limit: float) -> int:
    """Events lost, where too many are; none where only repetitions went, or other units have the events."""
    is_cut = _events(now) < _events(before) * limit and now.rows_loaded < before.rows_loaded * limit
    return _events(before) - _events(now) if is_cut else 0
