"""Secrets kept out of what people read: messages, logs, representations."""

import base64
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote, urlsplit

HIDDEN = "***"
# A shorter "secret" is a word like any other: hiding it would only garble the message.
_SHORTEST = 4


class Scrubber:
    """Replaces secrets, also as vendors and proxies echo them: percent-encoded, escaped, within base64."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets: set[str] = set()
        self._forms: list[str] = []
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """One more, such as a token that a login gave."""
        if len(secret) >= _SHORTEST and secret not in self._secrets:
            self._secrets.add(secret)
            forms = {each for form in _forms(secret) for each in (form, form.replace("/", "\\/"))}
            # The longest first: it may hold the others.
            self._forms = sorted({*self._forms, *forms}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text

    def body(self, content: bytes) -> bytes:
        """The same for a body that is yet to be read."""
        for form in self._forms:
            content = content.replace(form.encode(), HIDDEN.encode())
        return content

    def __repr__(self) -> str:
        return f"Scrubber({len(self._secrets)} secrets)"


def _forms(secret: str) -> Iterator[str]:
    # What is base64 itself is also written without its end.
    yield from (secret, secret.rstrip("="), quote(secret, safe=""), json.dumps(secret)[1:-1])
    for content in {secret.encode(), secret.encode("latin-1", "replace")}:
        for form in _within_base64(content):
            yield from (form, form.replace("+", "-").replace("/", "_"))


def _within_base64(content: bytes) -> Iterator[str]:
    """As base64, alone or as part of something longer (`user:secret`): the characters it alone decides."""
    alone = base64.b64encode(content).decode()
    yield from (alone, alone.rstrip("="))
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + content).decode().rstrip("=")
        is_shared = (before + len(content)) % 3 != 0
        yield encoded[(0, 2, 3)[before] : len(encoded) - is_shared]


def shown_url(url: str) -> str:
    """Where a request went, without user and password, and without its query, which may hold keys."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{shown_host(url)}{parts.path}"


def shown_host(url: str) -> str:
    """Host and port."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()
