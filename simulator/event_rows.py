"""Usage events as Arrow tables in the drop folder's columns."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from simulator import catalogue
from simulator.draws import Bools, Ints
from simulator.names import Names
from simulator.usage import NO_FEATURE, PROBE, Batch

BOT_AGENT = '{"user_agent": "UptimeProbe/2.1 (bot)"}'
SCHEMA = pa.schema(
    [
        ("event_id", pa.string()),
        ("occurred_at", pa.timestamp("us")),
        ("account_id", pa.dictionary(pa.int32(), pa.string())),
        ("user_id", pa.dictionary(pa.int32(), pa.string())),
        ("email", pa.dictionary(pa.int32(), pa.string())),
        ("domain", pa.dictionary(pa.int32(), pa.string())),
        ("event", pa.dictionary(pa.int32(), pa.string())),
        ("feature", pa.dictionary(pa.int32(), pa.string())),
        ("channel", pa.dictionary(pa.int32(), pa.string())),
        ("quantity", pa.int32()),
        ("properties", pa.dictionary(pa.int32(), pa.string())),
    ]
)
ID_DIGITS = 9  # of an event's number within its day
FEATURE_NAMES = pa.array([feature.name for feature in catalogue.FEATURES])
EVENT_NAMES = pa.array(
    [name for feature in catalogue.FEATURES for name in feature.events] + ["session_started", "page_probed"]
)


def _dictionary(index: Ints, values: pa.Array, is_null: Bools) -> pa.DictionaryArray:
    codes = pa.array(index.astype(np.int32), mask=is_null)
    return pa.DictionaryArray.from_arrays(codes, values)


def _named(index: Ints, here: Bools, name: Callable[[Ints], pa.Array]) -> pa.DictionaryArray:
    """Text for the rows that are `here`, null for the others; the dictionary holds what is used and no more.

    Values that are not used would be written all the same, and an empty one among them even makes Arrow's
    dictionary page end in bytes nobody set.
    """
    used = np.zeros(int(index.max(initial=0)) + 1, dtype=bool)
    used[index[here]] = True
    number = np.cumsum(used) - 1
    codes = np.where(here, number[index], 0)
    return _dictionary(codes, name(np.flatnonzero(used)), ~here)


def _event_ids(day: int, count: int) -> pa.Array:
    """`e20421-000000000` and so on, as bytes beside each other."""
    head = np.frombuffer(f"e{day:05d}-".encode(), dtype=np.uint8)
    width = len(head) + ID_DIGITS
    text = np.empty((count, width), dtype=np.uint8)
    text[:, : len(head)] = head
    left = np.arange(count, dtype=np.int32)
    for place in range(width - 1, len(head) - 1, -1):
        left, digit = np.divmod(left, 10)
        text[:, place] = digit + ord("0")
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text))


def table(rows: Batch, day: int, names: Names) -> pa.Table:
    """An Arrow table of the contract's columns. Event ids are the day and the number within it."""
    person = rows.who >= 0
    email_known = np.zeros(len(rows), dtype=bool)
    email_known[person] = names.has_email(rows.who[person])
    by_email = person & (rows.channel == catalogue.MOBILE) & email_known
    by_user = person & ~by_email
    by_domain = ~person & (rows.channel == catalogue.INTEGRATION) & names.has_domain[rows.account]
    by_account = ~person & ~by_domain
    user = np.where(person, rows.who, 0)
    nothing = np.zeros(len(rows), dtype=np.int64)
    return pa.Table.from_arrays(
        [
            _event_ids(day, len(rows)),
            pa.array(rows.second * 1_000_000, type=pa.timestamp("us")),
            _named(rows.account, by_account, names.accounts_of),
            _named(user, by_user, names.users_of),
            _named(user, by_email, names.emails_of),
            _named(rows.account, by_domain, names.domains_of),
            _dictionary(rows.event, EVENT_NAMES, nothing > 0),
            _dictionary(np.minimum(rows.feature, NO_FEATURE - 1), FEATURE_NAMES, rows.feature == NO_FEATURE),
            _dictionary(rows.channel, pa.array(catalogue.CHANNELS), nothing > 0),
            pa.array(rows.quantity.astype(np.int32)),
            _dictionary(nothing, pa.array([BOT_AGENT]), rows.event != PROBE),
        ],
        schema=SCHEMA,
    )
