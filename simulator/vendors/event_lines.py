"""A day's usage events as lines of text, all at once: what rows share is spelled once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

DAY_SECONDS = 86_400
TEXT = pa.large_string()  # a day's lines are more than a short string's offsets hold
CLOCK = pa.array([f"{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}" for at in range(DAY_SECONDS)], TEXT)


class Spelled:
    """Remembers what `spell` made of values it has seen; a day asks again for most of the last one's."""

    def __init__(self, spell: Callable[..., str]) -> None:
        self._spell = spell
        self._known: dict[tuple[Any, ...], str] = {}

    def __call__(self, *values: Any) -> str:
        text = self._known.get(values)
        if text is None:
            text = self._known[values] = self._spell(*values)
        return text


def dictionary(events: pa.Table, column: str) -> pa.DictionaryArray:
    """A text column as codes and the texts they stand for."""
    whole = events.column(column).combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    return whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()


def of_channels(events: pa.Table, channels: Sequence[str]) -> pa.Table:
    """The events of these channels; the very same table when that is all of them."""
    column = dictionary(events, "channel")
    known = [name in channels for name in column.dictionary.to_pylist()]
    here = np.array(known, dtype=bool)[column.indices.to_numpy()] if len(events) else np.zeros(0, dtype=bool)
    return events if here.all() else events.take(np.flatnonzero(here))


def first_of(events: pa.Table, spells: Mapping[str, Callable[[str], str]]) -> pa.Array:
    """Per row the text of the first of these columns that is not null, spelled by its function."""
    texts = []
    for name, spell in spells.items():
        column = dictionary(events, name)
        used = pc.unique(column.indices.drop_null())  # a filtered day still knows everybody
        if len(used):
            spelled = pa.array([spell(value) for value in column.dictionary.take(used).to_pylist()], TEXT)
            place = np.zeros(len(column.dictionary), dtype=np.int32)
            place[used.to_numpy()] = np.arange(len(used), dtype=np.int32)
            texts.append(_decoded(pa.array(place).take(column.indices), spelled))
    return pc.coalesce(*texts) if texts else pa.array([], TEXT)


def together(events: pa.Table, columns: Sequence[str], spell: Callable[..., str | None]) -> pa.Array:
    """Per row `spell(*values)` of these columns (None where null), spelled once per distinct combination.

    Null where it gives None.
    """
    own = [dictionary(events, name) for name in columns]
    code = np.zeros(len(events), dtype=np.int64)
    for column in own:
        unknown = len(column.dictionary)
        code = code * (unknown + 1) + column.indices.fill_null(unknown).to_numpy(zero_copy_only=False)
    distinct, place = np.unique(code, return_inverse=True)
    values: list[list[Any]] = []
    for column in reversed(own):
        texts = [*column.dictionary.to_pylist(), None]
        distinct, number = np.divmod(distinct, len(texts))
        values.insert(0, [texts[each] for each in number.tolist()])
    spelled = pa.array([spell(*each) for each in zip(*values, strict=True)], TEXT)
    return _decoded(pa.array(place.astype(np.int32)), spelled)


def _decoded(indices: pa.Array, values: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(indices, values).dictionary_decode()


def seconds(events: pa.Table) -> np.ndarray:
    """Seconds since 1970 of every event."""
    moments = events.column("occurred_at").combine_chunks()
    whole: np.ndarray = pc.cast(moments, pa.int64()).to_numpy(zero_copy_only=False) // 1_000_000
    return whole


def clock(events: pa.Table) -> pa.Array:
    """`12:34:56` of every event."""
    return CLOCK.take(pa.array(seconds(events) % DAY_SECONDS))


def text(numbers: np.ndarray) -> pa.Array:
    return pc.cast(pa.array(numbers), TEXT)


def lines(*parts: pa.Array | str) -> bytes:
    """The parts of every row put together, each row with its line feed."""
    written = [
        pa.scalar(part, TEXT) if isinstance(part, str) else part.cast(TEXT) for part in (*parts, "\n", "")
    ]
    rows = pc.binary_join_element_wise(*written)
    return rows.buffers()[2].to_pybytes() if len(rows) else b""
