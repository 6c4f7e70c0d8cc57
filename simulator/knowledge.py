"""Code that changes, and the snapshot of it that the AI support answers from."""

from dataclasses import dataclass, field
from hashlib import sha1

import numpy as np

from simulator import catalogue
from simulator.draws import Draws, Ints, entity_keys
from simulator.scenario import to_date
from simulator.seasons import SATURDAY

CHANGE_HAZARD = 1 / 38  # a day and path, on working days
INDEX_EVERY_DAYS = 10  # the AI tier reads the code again
INDEX_SECOND = 3 * 3600


@dataclass
class Knowledge:
    """One path per feature. `changed` is the second of the last change, `snapshot` that of the last
    reading."""

    draws: Draws
    first_day: int
    changed: Ints = field(default_factory=lambda: np.zeros(len(catalogue.FEATURES), dtype=np.int64))
    snapshot: int = 0
    log: list[tuple[int, str, str]] = field(default_factory=list)  # second, path, commit

    def step(self, day: int) -> None:
        if (day - self.first_day) % INDEX_EVERY_DAYS == 0:
            self.snapshot = day * 86400 + INDEX_SECOND
        keys = entity_keys(len(catalogue.FEATURES))
        weekend = to_date(day).weekday() >= SATURDAY
        hazard = np.full(len(keys), CHANGE_HAZARD * (0.1 if weekend else 1.35))
        seconds = day * 86400 + 28800 + (36000 * self.draws.uniform("commit at", day, keys)).astype(np.int64)
        for path in np.flatnonzero(self.draws.happens("commit", day, keys, hazard)):
            self.changed[path] = seconds[path]
            commit = sha1(
                f"{self.draws.bits('commit id', day, keys)[path]}".encode(), usedforsecurity=False
            ).hexdigest()
            self.log.append((int(seconds[path]), catalogue.FEATURES[path].path, commit))

    def is_stale(self, feature: Ints, second: Ints) -> np.ndarray:
        """Whether the code under an answer had changed since the snapshot when it was given."""
        changed = self.changed[feature]
        return (changed > self.snapshot) & (changed < second)
