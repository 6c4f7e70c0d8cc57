"""Code that changes, and the snapshot of it that the AI support answers from."""

from dataclasses import dataclass, field
from hashlib import sha1

import numpy as np

from simulator import catalogue
from simulator.draws import Bools, Draws, Ints, entity_keys
from simulator.scenario import to_date
from simulator.seasons import SATURDAY

CHANGE_HAZARD = 1 / 28  # a day and path, on working days
AT_WEEKENDS = 0.07  # of that
INDEX_EVERY_DAYS = 10  # the AI tier reads the code again
INDEX_SECOND = 3 * 3600
NOT_YET = 2**62


@dataclass
class Knowledge:
    """One path per feature. `log` holds (second, path, commit), one day ahead of the day lived."""

    draws: Draws
    first_day: int
    snapshot: int = 0  # second of the last reading
    log: list[tuple[int, int, str]] = field(default_factory=list)
    _ahead: int = 0  # days before this one have their commits

    def __post_init__(self) -> None:
        self._ahead = self.first_day
        self._outdated: Ints = np.full(len(catalogue.FEATURES), NOT_YET, dtype=np.int64)

    def step(self, day: int) -> None:
        """Commits of the day, and of the next: a conversation may run over midnight UTC."""
        for each in range(self._ahead, day + 2):
            self._commit(each)
        self._ahead = day + 2
        if (day - self.first_day) % INDEX_EVERY_DAYS == 0:
            self.snapshot = day * 86400 + INDEX_SECOND
        self._outdated[:] = NOT_YET
        for second, path, _ in reversed(self.log):
            if second <= self.snapshot:
                break
            self._outdated[path] = second

    def _commit(self, day: int) -> None:
        keys = entity_keys(len(catalogue.FEATURES))
        is_weekend = to_date(day).weekday() >= SATURDAY
        hazard = np.full(len(keys), CHANGE_HAZARD * (AT_WEEKENDS if is_weekend else 1.0))
        seconds = day * 86400 + 28800 + (36000 * self.draws.uniform("commit at", day, keys)).astype(np.int64)
        names = self.draws.bits("commit id", day, keys)
        changing = np.flatnonzero(self.draws.happens("commit", day, keys, hazard))
        for path in changing[np.argsort(seconds[changing], kind="stable")].tolist():
            commit = sha1(f"{names[path]}".encode(), usedforsecurity=False).hexdigest()
            self.log.append((int(seconds[path]), path, commit))

    def is_stale(self, feature: Ints, second: Ints) -> Bools:
        """Whether the code under an answer had changed between the snapshot and the answer."""
        return self._outdated[feature] < second
