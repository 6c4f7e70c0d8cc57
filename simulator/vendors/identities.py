"""Who is who at each vendor: its own ids, and what it happens to know of ours. The mapping is the truth's."""

from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

import polars as pl

from simulator.names import FREE_MAIL
from simulator.vendors.view import Row

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TRUTH = {"vendor": pl.String, "object": pl.String, "vendor_id": pl.String, "company_id": pl.String}


@dataclass(frozen=True)
class Noise:
    """Shares of a vendor's rows. Each vendor draws its own, but for `domain_of_parent`: subsidiaries that
    work under their parent's domain do so everywhere. A wrong external id is that of a neighbour, who has
    this one's; a mistyped one is nobody's.
    """

    external_id_missing: float = 0.05
    external_id_wrong: float = 0.01
    external_id_mistyped: float = 0.0
    domain_missing: float = 0.04
    domain_wrong: float = 0.02
    domain_of_parent: float = 0.5
    name_varies: float = 0.10
    email_case_varies: float = 0.03
    email_free_mail: float = 0.02


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

    def base62(self, vendor: str, kind: str, prefix: str, key: str, *, digits: int) -> str:
        """An id of digits and letters behind a prefix."""
        rest = self._hash(vendor, kind, key) ** 3
        letters = ""
        for _ in range(digits):
            rest, digit = divmod(rest, 62)
            letters += BASE62[digit]
        self._keys[vendor, kind, prefix + letters] = key
        return prefix + letters

    def key(self, vendor: str, kind: str, vendor_id: str | int) -> str | None:
        """Our key of an id that was given out."""
        return self._keys.get((vendor, kind, str(vendor_id)))

    def external_id(self, vendor: str, kind: str, key: str) -> str | None:
        """The product's own id as the vendor knows it."""
        if self.share(vendor, kind, key, "external id") < self._noise.external_id_missing:
            return None
        if self.share(vendor, kind, key, "mistyped id") < self._noise.external_id_mistyped:
            return key + key[-1]
        twin = _neighbour(key)
        first = min(key, twin)  # both or none are wrong: external ids are unique
        return twin if self.share(vendor, kind, first, "wrong id") < self._noise.external_id_wrong else key

    def domain(self, vendor: str, account: Row, parent: Row | None) -> str | None:
        """The company's web domain as somebody typed it; wrong ones are an old one or a mail provider's."""
        key, domain = account["account_id"], account["domain"]
        if parent is not None and self.share(key, "parent's domain") < self._noise.domain_of_parent:
            domain = parent["domain"] or domain
        drawn = self.share(vendor, key, "domain")
        if drawn < self._noise.domain_missing:
            return None
        if domain and drawn < self._noise.domain_missing + self._noise.domain_wrong:
            return FREE_MAIL if self._hash(vendor, key, "which") % 2 else f"get-{domain}"
        return str(domain) if domain else None

    def name(self, vendor: str, account_id: str, name: str) -> str:
        """As its people typed it: mostly right, sometimes in capitals or without the legal form."""
        if self.share(vendor, account_id, "name") >= self._noise.name_varies:
            return name
        short = name.rsplit(" ", 1)[0]
        return short if self._hash(vendor, account_id, "how") % 2 else name.upper()

    def email(self, vendor: str, email: str | None) -> str | None:
        """As the vendor has it: sometimes in capitals, sometimes a private address."""
        if email and self.share(vendor, email, "case") < self._noise.email_case_varies:
            return email.title()
        if email and self.share(vendor, email, "private") < self._noise.email_free_mail:
            return f"{email.partition('@')[0]}.{self._hash(email) % 10_000}@{FREE_MAIL}"
        return email

    def truth(self) -> pl.DataFrame:
        """One row per id given out: vendor, object, vendor_id, company_id (account_id, user_id …)."""
        rows = [(*given, key) for given, key in sorted(self._keys.items())]
        return pl.DataFrame(rows, schema=TRUTH, orient="row")


def _neighbour(key: str) -> str:
    """Of accounts and users: the next number's, whose neighbour is this one. Others stand alone."""
    head, _, number = key.rpartition("_")
    if not key.startswith(("acc_", "usr_")) or not number.isdigit():
        return key
    other = int(number) + 1 if int(number) % 2 else int(number) - 1
    return f"{head}_{other:0{len(number)}d}"
