"""Faults by configuration: which request of which vendor goes wrong, and how. Deterministic by seed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import blake2b

KINDS = (
    "rate_limit",  # 429 with Retry-After, nothing happens
    "server_error",  # `status`, nothing happens
    "server_error_after",  # the same, but it did happen
    "timeout_before",  # no answer within `seconds`, then the connection closes; nothing happened
    "timeout_after",  # the same, but it did happen
    "truncated_body",  # it happened; half of the answer arrives
    "duplicated_page",  # the page after this one is this one again
    "rows_change",  # once this page has been answered the company lives another day
    "list_ends",  # this page is the last, though more follow (Intercom)
)


class FaultError(ValueError):
    """A configured fault is impossible; the message says what to change."""


@dataclass(frozen=True)
class Fault:
    """Hits the requests of `vendor` whose method and path match (`*` as in file names): after the first
    `skip` of them, at most `times` (0: always), each with `probability`.
    """

    vendor: str
    kind: str
    path: str = "*"
    method: str = "*"
    skip: int = 0
    times: int = 1
    probability: float = 1.0
    status: int = 500
    retry_after: int = 1
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise FaultError(f"{self.kind!r} is no kind of fault; there are: {', '.join(KINDS)}")

    def matches(self, vendor: str, method: str, path: str) -> bool:
        return (
            self.vendor in ("*", vendor) and fnmatchcase(method, self.method) and fnmatchcase(path, self.path)
        )


class Faults:
    """Counts requests per fault, so that the same requests in the same order meet the same faults."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self._faults, self._seed = tuple(faults), seed
        self._seen: Counter[int] = Counter()
        self._hit: Counter[int] = Counter()

    def next(self, vendor: str, method: str, path: str) -> Fault | None:
        """The fault that this request meets, if any: the first configured one that applies."""
        found = None
        for number, fault in enumerate(self._faults):
            if not fault.matches(vendor, method, path):
                continue
            self._seen[number] += 1
            due = self._seen[number] > fault.skip and (not fault.times or self._hit[number] < fault.times)
            if found is None and due and self._draw(number) < fault.probability:
                self._hit[number] += 1
                found = fault
        return found

    def _draw(self, number: int) -> float:
        """In [0, 1), the same for the same fault and request number."""
        text = f"{self._seed}/{number}/{self._seen[number]}".encode()
        return int.from_bytes(blake2b(text, digest_size=6).digest(), "big") / float(1 << 48)
