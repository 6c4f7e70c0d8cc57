"""Random numbers that depend only on what they are for.

Every draw is a hash of (seed, stream name, day, entity, k). It does not matter in which order, in which
batches or next to which other accounts it is drawn, so two runs that differ in one delivered action differ
only in what that action touches: *common random numbers*. The hash is SplitMix64 (Steele, Lea, Flood: "Fast
splittable pseudorandom number generators", OOPSLA 2014) started at a BLAKE2 digest of the stream.
"""

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_1, _SHIFT_2, _SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)
_TO_53_BITS = np.uint64(11)
_K_STEP = 0xD1342543DE82EF95
_TO_UNIT = 2.0**-53
_NORMAL_FROM = 30.0  # mean above which a Poisson count is drawn as a rounded normal


def entity_keys(count: int) -> Keys:
    return np.arange(count, dtype=np.uint64)


class Draws:
    """All random numbers of one company. Stateless: calling twice gives the same numbers."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def _start(self, stream: str, day: int, k: int) -> np.uint64:
        digest = blake2b(f"{self._seed}/{stream}/{day}".encode(), digest_size=8).digest()
        return np.uint64((int.from_bytes(digest, "little") + k * _K_STEP) % 2**64)

    def bits(self, stream: str, day: int, keys: Keys, k: int = 0) -> Keys:
        """64 random bits per key."""
        x = keys * _GOLDEN  # arrays of whole numbers overflow silently
        x += self._start(stream, day, k)
        shifted = x >> _SHIFT_1
        x ^= shifted
        x *= _MIX_1
        x ^= np.right_shift(x, _SHIFT_2, out=shifted)
        x *= _MIX_2
        x ^= np.right_shift(x, _SHIFT_3, out=shifted)
        return x

    def uniform(self, stream: str, day: int, keys: Keys, k: int = 0) -> Floats:
        """In [0, 1)."""
        bits = self.bits(stream, day, keys, k)
        bits >>= _TO_53_BITS
        uniform: Floats = bits.astype(np.float64)
        uniform *= _TO_UNIT
        return uniform

    def normal(self, stream: str, day: int, keys: Keys, k: int = 0) -> Floats:
        """Standard normal (Box-Muller)."""
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(stream, day, keys, 2 * k)))
        normal: Floats = radius * np.cos(2.0 * np.pi * self.uniform(stream, day, keys, 2 * k + 1))
        return normal

    def exponential(self, stream: str, day: int, keys: Keys, k: int = 0) -> Floats:
        """With mean 1."""
        return -np.log1p(-self.uniform(stream, day, keys, k))

    def happens(self, stream: str, day: int, keys: Keys, hazard: Floats) -> Bools:
        """Whether an event with this hazard (per day) happens today."""
        return self.exponential(stream, day, keys) < hazard

    def pick(self, stream: str, day: int, keys: Keys, weights: Floats, k: int = 0) -> Ints:
        """An index per key, with one-dimensional weights."""
        edges = np.cumsum(weights) / np.sum(weights)
        found = np.searchsorted(edges, self.uniform(stream, day, keys, k), side="right")
        return np.minimum(found, len(weights) - 1).astype(np.int64)

    def poisson(self, stream: str, day: int, keys: Keys, mean: Floats) -> Ints:
        """Counts; exact by inversion for small means, a rounded normal for large ones."""
        mean = np.broadcast_to(np.asarray(mean, dtype=np.float64), keys.shape)
        counts = np.zeros(keys.shape, dtype=np.int64)
        large = mean > _NORMAL_FROM
        if large.any():
            z = self.normal(stream, day, keys[large], 1)
            counts[large] = np.maximum(np.rint(mean[large] + np.sqrt(mean[large]) * z), 0).astype(np.int64)
        left = np.flatnonzero(~large)
        u = self.uniform(stream, day, keys[left])
        term = np.exp(-mean[left])
        total = term.copy()
        step = 0
        while True:
            above = u >= total
            left, u, term, total = left[above], u[above], term[above], total[above]
            if not len(left) or step > 4 * _NORMAL_FROM:
                return counts
            step += 1
            counts[left] += 1
            term = term * mean[left] / step
            total = total + term
