"""Who is who at each vendor: its own ids, and what it happens to know of ours. The mapping is the truth's."""

from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

import polars as pl

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TRUTH = {"vendor": pl.String, "object": pl.String, "vendor_id": pl.String, "company_id": pl.String}


@dataclass(frozen=True)
class Noise:
    """Shares of a vendor's rows. Each vendor draws its own."""

    external_id_missing: float = 0.06
    domain_missing: float = 0.05
    name_varies: float = 0.10
    email_case_varies: float = 0.03


class Identities:
    """Ids are hashes, so they are the same whatever is asked first; what was given out is remembered."""

    def __init__(self, seed: int, noise: Noise) -> None:
        self._seed, self._noise = seed, noise
        self._keys: dict[tuple[str, str, str], str] = {}

    def _hash(self, *parts: str) -> int:
        text = "/".join((str(self._seed), *parts)).encode()
        return int.from_bytes(blake2b(text, digest_size=12).digest(), "big")

    def share(self, *parts: str) -> float:
        """A number in [0, 1) that is the same for the same parts."""
        return (self._hash(*parts) >> 48) / float(1 << 48)

    def number(self, vendor: str, kind: str, key: str, *, digits: int = 13) -> int:
        """A whole number of so many digits."""
        first = int(10 ** (digits - 1))
        value = first + self._hash(vendor, kind, key) % (9 * first)
        self._keys[vendor, kind, str(value)] = key
        return value

    def hexadecimal(self, vendor: str, kind: str, key: str) -> str:
        """24 hexadecimal digits."""
        value = f"{self._hash(vendor, kind, key):024x}"
        self._keys[vendor, kind, value] = key
        return value

    def uuid(self, vendor: str, kind: str, key: str) -> str:
        digest = blake2b(f"{self._seed}/{vendor}/{kind}/{key}".encode(), digest_size=16).digest()
        value = str(UUID(bytes=digest, version=4))
        self._keys[vendor, kind, value] = key
        return value

    def salesforce_id(self, kind: str, prefix: str, key: str) -> str:
        """18 characters: the object's prefix, 12 of the record, 3 that tell upper case from lower."""
        rest, letters = self._hash("salesforce", kind, key), ""
        for _ in range(10):
            rest, digit = divmod(rest, 62)
            letters += BASE62[digit]
        plain = f"{prefix}Qy{letters}"
        check = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
        suffix = "".join(
            check[
                sum(1 << place for place, letter in enumerate(plain[start : start + 5]) if letter.isupper())
            ]
            for start in (0, 5, 10)
        )
        self._keys["salesforce", kind, plain + suffix] = key
        return plain + suffix

    def remember(self, vendor: str, kind: str, vendor_id: str, key: str) -> None:
        """An id that is not made here: the product's own, as a vendor got it."""
        self._keys[vendor, kind, vendor_id] = key

    def key(self, vendor: str, kind: str, vendor_id: str | int) -> str | None:
        """Our key of an id that was given out."""
        return self._keys.get((vendor, kind, str(vendor_id)))

    def external_id(self, vendor: str, kind: str, key: str) -> str | None:
        missing = self.share(vendor, kind, key, "external id") < self._noise.external_id_missing
        return None if missing else key

    def domain(self, vendor: str, account_id: str, domain: str | None) -> str | None:
        missing = self.share(vendor, account_id, "domain") < self._noise.domain_missing
        return None if missing else domain

    def name(self, vendor: str, account_id: str, name: str) -> str:
        """As its people typed it: mostly right, sometimes in capitals or without the legal form."""
        if self.share(vendor, account_id, "name") >= self._noise.name_varies:
            return name
        short = name.rsplit(" ", 1)[0]
        return short if self._hash(vendor, account_id, "how") % 2 else name.upper()

    def email(self, vendor: str, email: str | None) -> str | None:
        if email and self.share(vendor, email, "case") < self._noise.email_case_varies:
            return email.title()
        return email

    def truth(self) -> pl.DataFrame:
        """One row per id given out: vendor, object, vendor_id, company_id (account_id, user_id …)."""
        rows = [(*given, key) for given, key in sorted(self._keys.items())]
        return pl.DataFrame(rows, schema=TRUTH, orient="row")
