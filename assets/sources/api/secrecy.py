"""Secrets kept out of what people read: messages, logs, representations."""

import base64
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

HIDDEN = "***"
# A shorter "secret" is a word like any other: hiding it would only garble the message.
_SHORTEST = 4


class Scrubber:
    """Replaces secrets, also as vendors echo them: base64, percent-encoded."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            if len(secret) >= _SHORTEST:
                encoded = base64.b64encode(secret.encode()).decode()
                forms |= {secret, quote(secret, safe=""), encoded, encoded.rstrip("=")}
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text

    def __repr__(self) -> str:
        return f"Scrubber({len(self._forms)} forms)"


def shown_url(url: str) -> str:
    """Where a request went, without its query, which may hold keys."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
