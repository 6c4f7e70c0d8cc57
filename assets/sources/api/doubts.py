"""What cannot be believed of a reading: listings that are cut off, rows that came spoilt, another format."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from assets.sources.api.errors import ShrunkListingError
from assets.sources.api.judging import Judge, Verdict
from assets.sources.api.tables import Table

# The rows of these keys as they stand, in the form of a verdict's good ones.
Standing = Callable[[Table, Sequence[str]], pa.Table | None]


def with_standing(table: Table, verdict: Verdict, standing: Standing) -> Verdict:
    """A rejected row of a whole listing says that there is one: what stands of it stays as it is."""
    if not table.is_whole or not verdict.spoilt:
        return verdict
    kept = standing(table, verdict.spoilt)
    return verdict if kept is None else replace(verdict, loaded=pa.concat_tables([verdict.loaded, kept]))


def shrunk(
    table: Table, verdict: Verdict | None, state: Mapping[str, Any], limit: float, *, is_proven: bool
) -> ShrunkListingError | None:
    """None: the listing may take the place of what stands. `is_proven`: the stream says that it is whole."""
    stands = int(state.get("stands", {}).get(table.name, 0))
    if verdict is None or not table.is_whole or verdict.loaded.num_rows >= stands * limit:
        return None
    good, quarantined = verdict.counts.rows_loaded, verdict.counts.rows_quarantined
    # A rejected row without a key may be any of those that stand.
    if is_proven and quarantined <= len(verdict.spoilt):
        return None
    return ShrunkListingError(
        f"{table.name} came with {good} good rows ({quarantined} were rejected) where {stands} stand: "
        "this looks truncated and is not loaded; if so many are gone, set shrink_limit to 0 for one load"
    )


def drift(table: Table, judge: Judge, verdict: Verdict, limit: float) -> str | None:
    """In words that so much of what changed was rejected that it has to be read again, once the format is as
    before, or known here.
    """
    rejected, came = verdict.counts.rows_quarantined, judge.rows_in - judge.rows_taken_up
    if table.is_whole or rejected <= came * limit:
        return None
    return (
        f"{table.name}: {rejected:,} of {came:,} rows were rejected: this looks like another format of the "
        "vendor's, and the next load reads them again"
    )
