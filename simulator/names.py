"""Identifiers, names and e-mail addresses of users and accounts, as text; grown with the people."""

import unicodedata

import numpy as np
import pyarrow as pa

from simulator import directory
from simulator.draws import Bools, Draws, Ints
from simulator.people import ORDINALS, People
from simulator.portfolio import Portfolio

FREE_MAIL = "mail.example"  # people of accounts whose own domain is not known
EMAIL_MISSING = 0.03
_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "'": "", "Ş": "S", "ş": "s"})


def _ascii(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    return "".join(letter for letter in folded if not unicodedata.combining(letter)).lower()


class Names:
    """`grow` after people joined; rows are those of the people."""

    def __init__(self, portfolio: Portfolio, people: People, draws: Draws) -> None:
        self._portfolio, self._people, self._draws = portfolio, people, draws
        self._folded = [
            [_ascii(name) for name in names] for names in (directory.GIVEN_NAMES, directory.FAMILY_NAMES)
        ]
        self.account_ids = portfolio.account_ids()
        self._accounts = pa.array(self.account_ids)
        self._domains = pa.array([domain or "" for domain in portfolio.domains])
        self.has_domain: Bools = np.array([domain is not None for domain in portfolio.domains], dtype=bool)
        self.user_ids: list[str] = []
        self.full_names: list[str] = []
        self.emails: list[str | None] = []
        self._user_array = pa.array([], type=pa.string())
        self._email_array = pa.array([], type=pa.string())
        self._has_email: Bools = np.zeros(0, dtype=bool)

    def grow(self) -> None:
        people, old = self._people, len(self.user_ids)
        keys = people.keys[old:]
        if not len(keys):
            return
        given = self._draws.pick("given name", 0, keys, np.ones(len(directory.GIVEN_NAMES))).tolist()
        family = self._draws.pick("family name", 0, keys, np.ones(len(directory.FAMILY_NAMES))).tolist()
        missing = (self._draws.uniform("email", 0, keys) < EMAIL_MISSING).tolist()
        for number, key in enumerate(keys.tolist()):
            account, ordinal = divmod(key, int(ORDINALS))
            first, last = given[number], family[number]
            self.user_ids.append(f"usr_{account + 1:05d}_{ordinal + 1:04d}")
            self.full_names.append(f"{directory.GIVEN_NAMES[first]} {directory.FAMILY_NAMES[last]}")
            domain = self._portfolio.domains[account]
            tail = f"{ordinal or ''}@{domain}" if domain else f".{account + 1}.{ordinal}@{FREE_MAIL}"
            address = f"{self._folded[0][first]}.{self._folded[1][last]}{tail}"
            self.emails.append(None if missing[number] else address)
        new_emails = pa.array([email or "" for email in self.emails[old:]], type=pa.string())
        self._user_array = pa.concat_arrays([self._user_array, pa.array(self.user_ids[old:])])
        self._email_array = pa.concat_arrays([self._email_array, new_emails])
        self._has_email = np.concatenate([self._has_email, ~np.array(missing, dtype=bool)])

    def has_email(self, rows: Ints) -> Bools:
        known: Bools = self._has_email[rows]
        return known

    def accounts_of(self, accounts: Ints) -> pa.Array:
        return self._accounts.take(pa.array(accounts))

    def domains_of(self, accounts: Ints) -> pa.Array:
        return self._domains.take(pa.array(accounts))

    def users_of(self, rows: Ints) -> pa.Array:
        return self._user_array.take(pa.array(rows))

    def emails_of(self, rows: Ints) -> pa.Array:
        return self._email_array.take(pa.array(rows))
